/* SPDX-License-Identifier: MIT
 *
 * Winograd's convolutions against the float64 sum, for every vector width: all shapes of maps and
 * tiles, several windows, additions in place; and the bits of an output, which must not depend
 * on the rows that are computed beside it. */
#include "tests/core/networks/reference.h"

#include "core/networks/winograd.h"

extern const struct kernels kernels_lanes_4, kernels_lanes_8, kernels_lanes_16, kernels_tiles_3;

static const struct kernels *level(size_t n) {
    const struct kernels *const all[] = {
        &kernels_lanes_4,    &kernels_lanes_8,      &kernels_lanes_16,  &kernels_tiles_3,
        kernels_for("avx2"), kernels_for("avx512"), kernels_for("amx"), kernels_for("neon")};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] != NULL && n-- == 0)
            return all[i];
    return NULL;
}

enum { IN = 7, OUT = 5, WINDOWS = 3 };

struct bench {
    struct convolution c;
    struct weights *weights;
    struct convolution_scratch scratch;
    float *x, *add, *y;
    struct map_shape plain; /* of one window without borders, IN channels */
};

static struct bench bench_new(const struct kernels *kernels, size_t R, size_t W, size_t tile_rows) {
    struct bench b = {.weights = weights_new(NULL), .plain = {R, W, IN}};
    seeded_convolution(b.weights, 21, "conv", "bn", OUT, IN);
    struct map_shape in = {R, W, round_up(IN, kernels->panel)};
    struct map_shape out = {R, W, round_up(OUT, kernels->panel)};
    b.c = (struct convolution){
        .kernels = kernels, .stride = 1, .tile_rows = tile_rows, .before = 1, .in = in, .out = out};
    struct failure why = {0};
    cr_assert(convolution_pack(&b.c, b.weights, "conv", "bn", IN, OUT, 1.0, &why) == STATUS_OK,
              "%s", why.text);
    cr_assert_eq(b.c.tile_rows, tile_rows);
    cr_assert(convolution_scratch_new(&b.scratch, WINDOWS * R * W, in.C, kernels->panel, &why) ==
              STATUS_OK);
    b.x = floats_new(WINDOWS * map_size(&in) + map_slack(&in), NULL);
    b.add = floats_new(WINDOWS * map_size(&out), NULL);
    b.y = floats_new(WINDOWS * map_size(&out), NULL);
    for (size_t i = 0; i < WINDOWS * R * W; i++) {
        size_t m = i / (R * W), r = i / W % R, w = i % W;
        float *x = b.x + m * map_size(&in) + (r + 1) * map_row(&in) + (w + 1) * in.C;
        float *add = b.add + m * map_size(&out) + (r + 1) * map_row(&out) + (w + 1) * out.C;
        for (size_t k = 0; k < IN; k++)
            x[k] = (float)(seeded_bits(6, i * IN + k) >> 40) * 0x1p-23F - 1.0F;
        for (size_t k = 0; k < OUT; k++)
            add[k] = (float)(seeded_bits(8, i * OUT + k) >> 40) * 0x1p-23F - 1.0F;
    }
    return b;
}

static void bench_free(struct bench *b) {
    convolution_free(&b->c);
    convolution_scratch_free(&b->scratch);
    weights_free(b->weights);
    free(b->x), free(b->add), free(b->y);
}

/* ---- float64, and how far from it float32 may be ------------------------------------------------
 */

/* One axis of the transforms: inputs to points, kernel taps to points, points to outputs, for
 * tiles of 2, 3 and 4 outputs. */
static const struct {
    double in[6][6], taps[6][3], out[4][6];
} axes[5] = {
    [2] = {.in = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}},
           .taps = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}},
           .out = {{1, 1, 1, 0}, {0, 1, -1, -1}}},
    [3] = {.in = {{2, -1, -2, 1}, {0, -2, -1, 1}, {0, 2, -3, 1}, {0, -1, 0, 1}, {0, 2, -1, -2, 1}},
           .taps = {{0.5, 0, 0},
                    {-0.5, -0.5, -0.5},
                    {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                    {1.0 / 6, 1.0 / 3, 2.0 / 3},
                    {0, 0, 1}},
           .out = {{1, 1, 1, 1, 0}, {0, 1, -1, 2, 0}, {0, 1, 1, 4, 1}}},
    [4] = {.in = {{4, 0, -5, 0, 1},
                  {0, -4, -4, 1, 1},
                  {0, 4, -4, -1, 1},
                  {0, -2, -1, 2, 1},
                  {0, 2, -1, -2, 1},
                  {0, 4, 0, -5, 0, 1}},
           .taps = {{0.25, 0, 0},
                    {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                    {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                    {1.0 / 24, 1.0 / 12, 1.0 / 6},
                    {1.0 / 24, -1.0 / 12, 1.0 / 6},
                    {0, 0, 1}},
           .out = {{1, 1, 1, 1, 1, 0},
                   {0, 1, -1, 2, -2, 0},
                   {0, 1, 1, 4, 4, 0},
                   {0, 1, -1, 8, -8, 1}}},
};

/* The bound below rests on these being the transforms of a convolution. */
Test(winograd, the_transforms_are_those_of_a_convolution) {
    for (size_t m = 2; m <= 4; m++)
        for (size_t tap = 0; tap < 3; tap++)
            for (size_t input = 0; input < m + 2; input++)
                for (size_t output = 0; output < m; output++) {
                    double sum = 0;
                    for (size_t n = 0; n < m + 2; n++)
                        sum += axes[m].out[output][n] * axes[m].in[n][input] * axes[m].taps[n][tap];
                    cr_expect(fabs(sum - (input == output + tap)) < 1e-15);
                }
}

/* The roundings that a term meets on its way to an output, counted in kernels_shared.h with every
 * operation rounded (fused ones round less): along columns and rows of the inputs, a folded tap
 * and its point, the sum over channels, along rows and columns of the outputs, bias and addition.
 */
static double roundings(size_t tile_rows) {
    return 3 + (tile_rows == 2 ? 1 : 3) + 2 + (IN + 1) + (tile_rows == 2 ? 2 : 3) + 3 + 2;
}

static double at(const struct bench *b, size_t m, long r, long w, size_t k) {
    const struct map_shape *in = &b->c.in;
    bool inside = r >= 0 && w >= 0 && r < (long)in->R && w < (long)in->W;
    size_t place = (size_t)(r + 1) * map_row(in) + (size_t)(w + 1) * in->C + k;
    return inside ? (double)b->x[m * map_size(in) + place] : 0;
}

/* The sum of the sizes of all terms of output (r, w), channel o of window m, as they are between
 * the transforms; `points` (IN, rows + 2, 5) has the sizes of the kernel's points. */
static double terms(const struct bench *b, const double *points, size_t m, size_t r, size_t w) {
    size_t rows = b->c.tile_rows, p = r % rows, q = w % 3;
    double sum = 0;
    for (size_t k = 0; k < IN; k++)
        for (size_t i = 0; i < rows + 2; i++)
            for (size_t j = 0; j < 5; j++) {
                double value = 0;
                for (size_t y = 0; y < rows + 2; y++)
                    for (size_t x = 0; x < 5; x++)
                        value += fabs(axes[rows].in[i][y] * axes[3].in[j][x] *
                                      at(b, m, (long)(r - p + y) - 1, (long)(w - q + x) - 1, k));
                sum += fabs(axes[rows].out[p][i] * axes[3].out[q][j]) * value *
                       points[(k * (rows + 2) + i) * 5 + j];
            }
    return sum;
}

/* (OUT, IN, rows + 2, 5): sizes of the points of the folded kernel; bias (OUT) likewise. */
static double *sizes_of_points(const struct bench *b, double *bias) {
    const float *kernel = weights_find(b->weights, "conv.weight")->values;
    const float *own = weights_find(b->weights, "conv.bias")->values;
    const float *gamma = weights_find(b->weights, "bn.weight")->values;
    const float *beta = weights_find(b->weights, "bn.bias")->values;
    const float *mean = weights_find(b->weights, "bn.running_mean")->values;
    const float *variance = weights_find(b->weights, "bn.running_var")->values;
    size_t rows = b->c.tile_rows, n = 0;
    double *points = calloc(OUT * IN * (rows + 2) * 5, sizeof *points);
    for (size_t o = 0; o < OUT; o++) {
        double scale = fabs((double)gamma[o] / sqrt((double)variance[o] + 1e-3));
        bias[o] = scale * (fabs((double)own[o]) + fabs((double)mean[o])) + fabs((double)beta[o]);
        for (size_t k = 0; k < IN; k++)
            for (size_t i = 0; i < rows + 2; i++)
                for (size_t j = 0; j < 5; j++, n++)
                    for (size_t tap = 0; tap < 9; tap++)
                        points[n] +=
                            scale * fabs(axes[rows].taps[i][tap / 3] * axes[3].taps[j][tap % 3] *
                                         (double)kernel[(o * IN + k) * 9 + tap]);
    }
    return points;
}

/* truth and bound, (WINDOWS, R * W, OUT).  The bound is that of any order of roundings: gamma_n
 * times the sum of the sizes of all terms (Higham, "Accuracy and Stability of Numerical
 * Algorithms", 3.1). */
static void float64(const struct bench *b, bool with_add, double *truth, double *bound) {
    const struct map_shape *in = &b->c.in, *out = &b->c.out;
    size_t R = in->R, W = in->W;
    double bias[OUT], *points = sizes_of_points(b, bias), nu = roundings(b->c.tile_rows) * 0x1p-24;
    for (size_t m = 0; m < WINDOWS; m++) {
        double *plain = calloc(R * W * IN, sizeof *plain), *add = calloc(R * W * OUT, sizeof *add);
        for (size_t i = 0; i < R * W; i++) {
            size_t place = (i / W + 1) * (W + 2) + i % W + 1;
            for (size_t k = 0; k < IN; k++)
                plain[i * IN + k] = (double)b->x[m * map_size(in) + place * in->C + k];
            for (size_t k = 0; k < OUT && with_add; k++)
                add[i * OUT + k] = (double)b->add[m * map_size(out) + place * out->C + k];
        }
        struct reference r = {.weights = b->weights};
        struct ref_map y = ref_norm(
            &r, "bn", "y",
            ref_convolution(&r, "conv", "raw", (struct ref_map){R, W, IN, plain}, 1, false), add);
        for (size_t i = 0; i < R * W * OUT; i++) {
            const double *of = points + i % OUT * IN * (b->c.tile_rows + 2) * 5;
            truth[m * R * W * OUT + i] = y.values[i];
            bound[m * R * W * OUT + i] =
                nu / (1 - nu) *
                (terms(b, of, m, i / OUT / W, i / OUT % W) + bias[i % OUT] + fabs(add[i]));
        }
        reference_free(&r);
        free(plain);
        free(add);
    }
    free(points);
}

static void check_shape(size_t R, size_t W, size_t tile_rows, double *largest) {
    enum { MOST = WINDOWS * 12 * 17 * OUT };
    static double truth[MOST], bound[MOST];
    bool with_add = (R + W / 2) % 2 == 0;
    for (size_t l = 0; level(l) != NULL; l++) {
        struct bench b = bench_new(level(l), R, W, tile_rows);
        struct row_range all[WINDOWS] = {{0, R}, {0, R}, {0, R}};
        if (l == 0)
            float64(&b, with_add, truth, bound);
        convolution_run(&b.c, &b.scratch, b.x, with_add ? b.add : NULL, b.y, all, WINDOWS);
        for (size_t i = 0; i < WINDOWS * R * W * OUT; i++) {
            size_t m = i / (R * W * OUT), r = i / OUT / W % R, w = i / OUT % W;
            size_t place =
                m * map_size(&b.c.out) + (r + 1) * map_row(&b.c.out) + (w + 1) * b.c.out.C;
            double off = fabs((double)b.y[place + i % OUT] - truth[i]);
            cr_assert(off <= bound[i],
                      "%s: tiles of %zu rows, %zu x %zu, row %zu: off by %g, bound %g",
                      b.c.kernels->name, tile_rows, R, W, r, off, bound[i]);
            *largest = fmax(*largest, off / bound[i]);
        }
        bench_free(&b);
    }
}

Test(winograd, agrees_with_float64) {
    for (size_t tile_rows = 2; tile_rows <= 4; tile_rows += 2) {
        double largest = 0;
        for (size_t R = 1; R <= 12; R++)
            for (size_t W = 3; W <= 17; W += 2)
                check_shape(R, W, tile_rows, &largest);
        printf("tiles of %zu rows: %.3f of the bound\n", tile_rows, largest);
    }
}

/* Borders and padded channels stay as they are; y = add in place. */
Test(winograd, writes_the_map_only) {
    struct bench b = bench_new(kernels_best(), 11, 5, 4);
    struct row_range all[WINDOWS] = {{0, 11}, {0, 11}, {0, 11}};
    convolution_run(&b.c, &b.scratch, b.x, b.add, b.y, all, WINDOWS);
    convolution_run(&b.c, &b.scratch, b.x, b.add, b.add, all, WINDOWS);
    cr_expect(memcmp(b.y, b.add, WINDOWS * map_size(&b.c.out) * sizeof(float)) == 0);
    for (size_t i = 0; i < WINDOWS * map_size(&b.c.out); i++) {
        size_t r = i % map_size(&b.c.out) / map_row(&b.c.out);
        size_t w = i % map_row(&b.c.out) / b.c.out.C, k = i % b.c.out.C;
        if (r == 0 || r == 12 || w == 0 || w == 6 || k >= OUT)
            cr_assert_eq(b.y[i], 0.0F);
    }
    bench_free(&b);
}

/* Any ranges give, in their rows, the bits of the whole map. */
Test(winograd, ranges_change_no_bit) {
    enum { R = 13, W = 9 };
    for (size_t l = 0; level(l) != NULL; l++)
        for (size_t tile_rows = 2; tile_rows <= 4; tile_rows += 2) {
            struct bench b = bench_new(level(l), R, W, tile_rows);
            size_t size = WINDOWS * map_size(&b.c.out);
            struct row_range all[WINDOWS] = {{0, R}, {0, R}, {0, R}};
            convolution_run(&b.c, &b.scratch, b.x, b.add, b.y, all, WINDOWS);
            float *part = floats_new(size, NULL);
            for (size_t begin = 0; begin < R; begin++)
                for (size_t end = begin; end <= R; end += 2) {
                    struct row_range some[WINDOWS] = {{begin, end}, {0, 0}, {R - end, R - begin}};
                    convolution_run(&b.c, &b.scratch, b.x, b.add, part, some, WINDOWS);
                    for (size_t m = 0; m < WINDOWS; m++)
                        for (size_t r = some[m].begin; r < some[m].end; r++) {
                            size_t at = m * map_size(&b.c.out) + (r + 1) * map_row(&b.c.out);
                            cr_assert(
                                memcmp(part + at, b.y + at, map_row(&b.c.out) * sizeof(float)) == 0,
                                "%s: rows %zu to %zu, row %zu", b.c.kernels->name, begin, end, r);
                        }
                }
            free(part);
            bench_free(&b);
        }
}

/* With tiles of two rows an output keeps its bits whatever stands in rows that it does not read:
 * what rows that are left out rely on. */
Test(winograd, rows_beyond_reach_change_no_bit) {
    enum { R = 12, W = 9 };
    for (size_t l = 0; level(l) != NULL; l++) {
        struct bench b = bench_new(level(l), R, W, 2);
        size_t size = map_size(&b.c.out);
        struct row_range all = {0, R};
        float *before = floats_new(size, NULL);
        convolution_run(&b.c, &b.scratch, b.x, NULL, b.y, &all, 1);
        memcpy(before, b.y, size * sizeof(float));
        for (size_t changed = 0; changed < R; changed++) {
            float *row = b.x + (changed + 1) * map_row(&b.c.in) + b.c.in.C;
            for (size_t i = 0; i < W; i++)
                row[i * b.c.in.C + i % IN] += 1000.0F;
            convolution_run(&b.c, &b.scratch, b.x, NULL, b.y, &all, 1);
            for (size_t r = 0; r < R; r++) {
                size_t at = (r + 1) * map_row(&b.c.out);
                bool reached = r + 1 >= changed && r <= changed + 1;
                bool same = memcmp(before + at, b.y + at, map_row(&b.c.out) * sizeof(float)) == 0;
                cr_assert(reached || same, "%s: row %zu changes row %zu", b.c.kernels->name,
                          changed, r);
            }
            for (size_t i = 0; i < W; i++)
                row[i * b.c.in.C + i % IN] -= 1000.0F;
            convolution_run(&b.c, &b.scratch, b.x, NULL, b.y, &all, 1);
            memcpy(before, b.y, size * sizeof(float)); /* subtracting leaves its own rounding */
        }
        free(before);
        bench_free(&b);
    }
}

/* A tile of four rows is one: reach is widened to it. */
Test(winograd, reach_of_four_rows_is_the_tile) {
    struct bench b = bench_new(kernels_best(), 12, 5, 4);
    struct row_range reach = convolution_reach(&b.c, (struct row_range){5, 7});
    cr_expect(reach.begin == 4 && reach.end == 8);
    reach = convolution_reach(&b.c, (struct row_range){4, 8});
    cr_expect(reach.begin == 0 && reach.end == 12);
    bench_free(&b);
    b = bench_new(kernels_best(), 12, 5, 2);
    reach = convolution_reach(&b.c, (struct row_range){5, 7});
    cr_expect(reach.begin == 4 && reach.end == 8);
    reach = convolution_reach(&b.c, (struct row_range){4, 7});
    cr_expect(reach.begin == 3 && reach.end == 8);
    bench_free(&b);
}

/* Without the kernels for it, the sum is direct. */
Test(winograd, scalar_kernels_sum_directly) {
    struct convolution c = {.kernels = &kernels_scalar,
                            .stride = 1,
                            .tile_rows = 2,
                            .before = 1,
                            .in = {5, 5, IN},
                            .out = {5, 5, OUT}};
    struct weights *weights = weights_new(NULL);
    seeded_convolution(weights, 21, "conv", "bn", OUT, IN);
    cr_assert(convolution_pack(&c, weights, "conv", "bn", IN, OUT, 1.0, NULL) == STATUS_OK);
    cr_expect_eq(c.tile_rows, 0);
    convolution_free(&c);
    weights_free(weights);
}
