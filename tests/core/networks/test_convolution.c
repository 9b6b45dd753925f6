/* SPDX-License-Identifier: MIT
 *
 * One convolution at a time against the float64 one: strides, both schools of padding, odd and
 * even sizes, part of the rows; and which rows a change can reach, by changing them. */
#include "tests/core/networks/reference.h"

#include "core/networks/convolution.h"

enum { IN = 5, OUT = 6, W = 9 };

struct bench {
    struct convolution c;
    struct weights *weights;
    struct convolution_scratch list;
    float *x, *y;
    struct reference r;
    struct ref_map input, truth;
};

static struct bench bench_new(const struct kernels *kernels, size_t rows, size_t stride,
                              bool same) {
    struct bench b = {.weights = weights_new(NULL)};
    seeded_convolution(b.weights, 11, "conv", "bn", OUT, IN);
    b.c = (struct convolution){.kernels = kernels, .stride = stride};
    b.c.before = ref_before(rows, stride, same, &b.c.out.R);
    b.c.in = (struct map_shape){rows, W, IN};
    b.c.out.W = stride == 1 ? W : (W + 1) / 2;
    b.c.out.C = round_up(OUT, kernels->panel);
    struct failure why = {0};
    cr_assert(convolution_pack(&b.c, b.weights, "conv", "bn", IN, OUT, 1.0, &why) == STATUS_OK,
              "%s", why.text);
    cr_assert(convolution_scratch_new(&b.list, rows * W, b.c.in.C, kernels->panel, &why) ==
              STATUS_OK);
    b.x = floats_new(map_size(&b.c.in), NULL);
    b.y = floats_new(map_size(&b.c.out), NULL);
    double *plain = malloc(rows * W * IN * sizeof *plain);
    for (size_t i = 0; i < rows * W * IN; i++) {
        float v = (float)(seeded_bits(5, i) >> 40) * 0x1p-23F - 1.0F;
        plain[i] = (double)v;
        b.x[(i / (W * IN) + 1) * map_row(&b.c.in) + IN + i % (W * IN)] = v;
    }
    b.r = (struct reference){.weights = b.weights};
    b.input = (struct ref_map){rows, W, IN, plain};
    b.truth = ref_norm(&b.r, "bn", "y", ref_convolution(&b.r, "conv", "raw", b.input, stride, same),
                       NULL);
    return b;
}

static void bench_free(struct bench *b) {
    convolution_free(&b->c);
    weights_free(b->weights);
    reference_free(&b->r);
    convolution_scratch_free(&b->list);
    free(b->x), free(b->y);
    free((double *)b->input.values);
}

static float output(const struct bench *b, size_t r, size_t w, size_t c) {
    return b->y[(r + 1) * map_row(&b->c.out) + (w + 1) * b->c.out.C + c];
}

Test(convolution, agrees_with_float64) {
    for (const struct kernels *const *level = golden_levels(); *level != NULL; level++)
        for (size_t rows = 3; rows <= 14; rows++)
            for (size_t n = 0; n < 3; n++) {
                bool same = n == 2;
                struct bench b = bench_new(*level, rows, n == 0 ? 1 : 2, same);
                cr_assert_eq(b.c.out.R, b.truth.R);
                cr_assert_eq(b.c.out.W, b.truth.W);
                struct row_range all = {0, b.c.out.R};
                convolution_run(&b.c, &b.list, b.x, NULL, b.y, &all, 1);
                for (size_t i = 0; i < b.truth.R * b.truth.W * OUT; i++) {
                    size_t r = i / (b.truth.W * OUT), w = i / OUT % b.truth.W, c = i % OUT;
                    cr_assert(fabs((double)output(&b, r, w, c) - b.truth.values[i]) < 4e-6,
                              "%s: %zu rows, case %zu, at %zu %zu %zu", (*level)->name, rows, n, r,
                              w, c);
                }
                bench_free(&b);
            }
}

/* Only the rows of the range are written. */
Test(convolution, touches_no_other_row) {
    struct bench b = bench_new(kernels_best(), 10, 1, false);
    for (size_t i = 0; i < map_size(&b.c.out); i++)
        b.y[i] = -7;
    struct row_range some = {3, 6};
    convolution_run(&b.c, &b.list, b.x, NULL, b.y, &some, 1);
    for (size_t r = 0; r < 12; r++)
        for (size_t i = 0; i < map_row(&b.c.out); i++) {
            bool inside = r >= 4 && r < 7 && i >= b.c.out.C && i < (W + 1) * b.c.out.C;
            cr_assert_eq(b.y[r * map_row(&b.c.out) + i] == -7.0F, !inside);
        }
    bench_free(&b);
}

/* The rows whose output changes when one input row does are those of `reach`, and no others
 * change: found by changing it. */
Test(convolution, reach_is_where_changes_show) {
    for (size_t rows = 5; rows <= 12; rows++)
        for (size_t n = 0; n < 3; n++)
            for (size_t changed = 0; changed < rows; changed++) {
                struct bench b = bench_new(&kernels_scalar, rows, n == 0 ? 1 : 2, n == 2);
                struct row_range all = {0, b.c.out.R};
                convolution_run(&b.c, &b.list, b.x, NULL, b.y, &all, 1);
                float *before = floats_new(map_size(&b.c.out), NULL);
                memcpy(before, b.y, map_size(&b.c.out) * sizeof *before);
                for (size_t i = 0; i < W * IN; i++)
                    b.x[(changed + 1) * map_row(&b.c.in) + IN + i] += 3.0F;
                convolution_run(&b.c, &b.list, b.x, NULL, b.y, &all, 1);
                struct row_range reach =
                    convolution_reach(&b.c, (struct row_range){changed, changed + 1});
                for (size_t r = 0; r < b.c.out.R; r++) {
                    bool differs = memcmp(before + (r + 1) * map_row(&b.c.out),
                                          b.y + (r + 1) * map_row(&b.c.out),
                                          map_row(&b.c.out) * sizeof(float)) != 0;
                    cr_assert_eq(differs, r >= reach.begin && r < reach.end,
                                 "%zu rows, case %zu, row %zu changed, output row %zu", rows, n,
                                 changed, r);
                }
                free(before);
                bench_free(&b);
            }
}
