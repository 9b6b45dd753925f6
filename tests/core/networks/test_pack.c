/* SPDX-License-Identifier: MIT
 *
 * Packed matrices: every weight in its panel and lane, zeros in what is rounded up; or as a table
 * arranges them. */
#include "core/networks/pack.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>

Test(pack, every_weight_has_its_place) {
    for (size_t panel = 1; panel <= 32; panel *= 4) {
        const struct kernels kernels = {.panel = panel};
        for (size_t outputs = 1; outputs <= 40; outputs += 13) {
            enum { STRETCHES = 2, LENGTH = 3, INPUTS = STRETCHES * LENGTH };
            float matrix[40 * INPUTS], bias[40];
            for (size_t i = 0; i < 40 * INPUTS; i++)
                matrix[i] = (float)(i + 1);
            for (size_t o = 0; o < 40; o++)
                bias[o] = -(float)(o + 1);
            struct packed packed;
            cr_assert_eq(
                pack_matrix(&packed, matrix, bias, outputs, STRETCHES, LENGTH, &kernels, NULL),
                STATUS_OK);
            cr_assert_eq(packed.panels, (outputs + panel - 1) / panel);
            cr_assert_eq(packed.size, packed.panels * panel * INPUTS);
            cr_assert_eq((uintptr_t)packed.weights % 64, 0);
            for (size_t o = 0; o < packed.panels * panel; o++) {
                cr_assert_eq(packed.bias[o], o < outputs ? bias[o] : 0.0F);
                for (size_t k = 0; k < INPUTS; k++)
                    cr_assert_eq(packed.weights[(o / panel * INPUTS + k) * panel + o % panel],
                                 o < outputs ? matrix[o * INPUTS + k] : 0.0F);
            }
            packed_free(&packed);
            cr_assert_null(packed.weights);
        }
    }
}

/* A form of its own: length and width first, then the weights backwards. */
static size_t arranged(size_t stretches, size_t length, size_t width) {
    return stretches * length * width + 2;
}

static void arrange(const float *weights, size_t stretches, size_t length, size_t width,
                    float *to) {
    *to++ = (float)length;
    *to++ = (float)width;
    for (size_t i = stretches * length * width; i-- > 0;)
        *to++ = weights[i];
}

Test(pack, each_panel_is_arranged_as_the_table_wants_it) {
    enum { OUTPUTS = 3, STRETCHES = 2, LENGTH = 3, P = 2, ONE = STRETCHES * LENGTH * P + 2 };
    const struct kernels kernels = {.panel = P, .arrange = arrange, .arranged = arranged};
    float matrix[OUTPUTS * STRETCHES * LENGTH];
    struct packed packed;
    for (size_t i = 0; i < OUTPUTS * STRETCHES * LENGTH; i++)
        matrix[i] = (float)(i + 1);
    cr_assert_eq(pack_matrix(&packed, matrix, NULL, OUTPUTS, STRETCHES, LENGTH, &kernels, NULL),
                 STATUS_OK);
    cr_assert_eq(packed.size, 2 * ONE);
    const float expected[] = {3, 2, 12, 6,  11, 5,  10, 4,  9, 3,  8, 2,  7, 1,
                              3, 2, 0,  18, 0,  17, 0,  16, 0, 15, 0, 14, 0, 13};
    for (size_t i = 0; i < packed.size; i++)
        cr_expect_eq(packed.weights[i], expected[i], "%zu: %g", i, (double)packed.weights[i]);
    packed_free(&packed);
}

Test(pack, too_much_memory_is_a_failure) {
    struct failure why = {0};
    cr_expect_null(floats_new(SIZE_MAX / 3, &why));
    cr_expect_eq(why.code, STATUS_NO_MEMORY);
}

Test(pack, rounding_up) {
    cr_expect_eq(round_up(0, 8), 0);
    cr_expect_eq(round_up(1, 8), 8);
    cr_expect_eq(round_up(8, 8), 8);
    cr_expect_eq(round_up(33, 32), 64);
}
