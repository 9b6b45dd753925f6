/* SPDX-License-Identifier: MIT
 *
 * Packed matrices: every weight in its panel and lane, zeros in what is rounded up. */
#include "core/networks/pack.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>

Test(pack, every_weight_has_its_place) {
    for (size_t panel = 1; panel <= 32; panel *= 4)
        for (size_t outputs = 1; outputs <= 40; outputs += 13) {
            enum { INPUTS = 5 };
            float matrix[40 * INPUTS], bias[40];
            for (size_t i = 0; i < 40 * INPUTS; i++)
                matrix[i] = (float)(i + 1);
            for (size_t o = 0; o < 40; o++)
                bias[o] = -(float)(o + 1);
            struct packed packed;
            cr_assert_eq(pack_matrix(&packed, matrix, bias, outputs, INPUTS, panel, NULL),
                         STATUS_OK);
            cr_assert_eq(packed.panels, (outputs + panel - 1) / panel);
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
