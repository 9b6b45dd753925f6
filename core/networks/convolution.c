/* SPDX-License-Identifier: MIT
 *
 * Convolutions as products: every output position is a row whose inputs are three runs of
 * memory.  Spec networks, 3. */
#include "core/networks/convolution.h"

#include "core/networks/winograd.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TAPS = 3 };

static const double NORM_EPSILON = 1e-3;

size_t map_row(const struct map_shape *map) {
    return (map->W + 2) * map->C;
}

size_t map_size(const struct map_shape *map) {
    return (map->R + 2) * map_row(map);
}

size_t map_slack(const struct map_shape *map) {
    return 4 * map_row(map); /* a tile of four rows that begins at the last one, and a position */
}

struct norm {
    const struct tensor *weight, *bias, *mean, *variance;
};

static int get_norm(struct norm *norm, const struct weights *weights, const char *name,
                    size_t channels, struct failure *why) {
    const struct {
        const char *leaf;
        const struct tensor **tensor;
    } parts[] = {{"weight", &norm->weight},
                 {"bias", &norm->bias},
                 {"running_mean", &norm->mean},
                 {"running_var", &norm->variance}};
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        char full[TENSOR_NAME_MAX];
        snprintf(full, sizeof full, "%s.%s", name, parts[p].leaf);
        *parts[p].tensor = weights_get(weights, full, 1, &channels, why);
        if (*parts[p].tensor == NULL)
            return STATUS_BAD_INPUT;
    }
    for (size_t c = 0; c < channels; c++)
        if (norm->variance->values[c] < 0.0F)
            return fail(why, STATUS_BAD_INPUT, "tensor %s: value %zu, a variance, is negative",
                        norm->variance->name, c);
    return STATUS_OK;
}

/* Kernel (out, in, row, position) times the norm's factor, as (out, row, position, in.C). */
static void fold(float *matrix, float *bias, const struct convolution *c,
                 const struct tensor *weight, const struct tensor *offset, const struct norm *norm,
                 double scale) {
    size_t O = weight->shape[0], I = weight->shape[1];
    for (size_t o = 0; o < O; o++) {
        double factor = (double)norm->weight->values[o] /
                        sqrt((double)norm->variance->values[o] + NORM_EPSILON);
        bias[o] = (float)(((double)offset->values[o] - (double)norm->mean->values[o]) * factor +
                          (double)norm->bias->values[o]);
        for (size_t i = 0; i < I; i++)
            for (size_t tap = 0; tap < TAPS * TAPS; tap++)
                matrix[(o * TAPS * TAPS + tap) * c->in.C + i] =
                    (float)((double)weight->values[(o * I + i) * TAPS * TAPS + tap] * factor *
                            scale);
    }
}

int convolution_pack(struct convolution *c, const struct weights *weights, const char *name,
                     const char *norm_name, size_t in_channels, size_t out_channels, double scale,
                     struct failure *why) {
    char full[TENSOR_NAME_MAX];
    snprintf(full, sizeof full, "%s.weight", name);
    const struct tensor *weight =
        weights_get(weights, full, 4, (size_t[]){out_channels, in_channels, TAPS, TAPS}, why);
    snprintf(full, sizeof full, "%s.bias", name);
    const struct tensor *offset =
        weight == NULL ? NULL : weights_get(weights, full, 1, &out_channels, why);
    struct norm norm;
    if (offset == NULL || get_norm(&norm, weights, norm_name, out_channels, why) != STATUS_OK)
        return STATUS_BAD_INPUT;
    if (c->kernels->winograd_in == NULL)
        c->tile_rows = 0;
    /* By tiles the weights are the points: of a matrix the bias alone is read. */
    size_t K = TAPS * TAPS * c->in.C, length = c->tile_rows > 0 ? 0 : TAPS * c->in.C;
    float *matrix = floats_new(out_channels * K, why), *bias = floats_new(out_channels, why);
    int status = STATUS_NO_MEMORY;
    if (matrix != NULL && bias != NULL) {
        fold(matrix, bias, c, weight, offset, &norm, scale);
        status = pack_matrix(&c->packed, matrix, bias, out_channels, TAPS, length, c->kernels, why);
        if (status == STATUS_OK && c->tile_rows > 0)
            status = winograd_pack(c, matrix, out_channels, why);
    }
    free(matrix);
    free(bias);
    return status;
}

void convolution_free(struct convolution *c) {
    packed_free(&c->packed);
    free(c->points);
}

struct row_range convolution_reach(const struct convolution *c, struct row_range range) {
    struct row_range reach;
    if (c->stride == 1) {
        reach.begin = range.begin == 0 ? 0 : range.begin - 1;
        reach.end = range.end + 1;
    } else {
        /* Output j reads rows 2j - before to 2j - before + 2. */
        size_t begin = range.begin + c->before;
        reach.begin = begin == 0 ? 0 : (begin - 1) / 2;
        reach.end = (range.end + c->before + 1) / 2;
    }
    if (c->tile_rows > 2) {
        reach.begin = reach.begin / c->tile_rows * c->tile_rows;
        reach.end = round_up(reach.end, c->tile_rows);
    }
    if (reach.end > c->out.R)
        reach.end = c->out.R;
    return reach;
}

static void run_direct(const struct convolution *c, struct convolution_scratch *scratch,
                       const float *x, const float *add, float *y, const struct row_range *ranges,
                       size_t M) {
    size_t n = 0;
    for (size_t m = 0; m < M; m++)
        for (size_t r = ranges[m].begin; r < ranges[m].end; r++)
            for (size_t w = 0; w < c->out.W; w++, n++) {
                /* Borders shift both maps by one: input row 2r - before stands one lower. */
                size_t from = c->stride * r + 1 - c->before;
                scratch->x_at[n] = (uint32_t)(m * map_size(&c->in) + from * map_row(&c->in) +
                                              c->stride * w * c->in.C);
                scratch->y_at[n] = (uint32_t)(m * map_size(&c->out) + (r + 1) * map_row(&c->out) +
                                              (w + 1) * c->out.C);
            }
    struct product product = {.rows = n,
                              .x = x,
                              .x_at = scratch->x_at,
                              .stretches = TAPS,
                              .length = TAPS * c->in.C,
                              .step = map_row(&c->in),
                              .add = add,
                              .y = y,
                              .y_at = scratch->y_at,
                              .then = ACTIVATION_RELU};
    packed_use(&c->packed, &product);
    c->kernels->product(&product);
}

void convolution_run(const struct convolution *c, struct convolution_scratch *scratch,
                     const float *x, const float *add, float *y, const struct row_range *ranges,
                     size_t M) {
    if (c->tile_rows > 0)
        winograd_run(c, scratch, x, add, y, ranges, M);
    else
        run_direct(c, scratch, x, add, y, ranges, M);
}

int convolution_scratch_new(struct convolution_scratch *scratch, size_t positions, size_t channels,
                            size_t panel, struct failure *why) {
    if (positions < WINOGRAD_TILES)
        positions = WINOGRAD_TILES;
    scratch->x_at = calloc(positions, sizeof *scratch->x_at);
    scratch->y_at = calloc(positions, sizeof *scratch->y_at);
    scratch->tiles = calloc(WINOGRAD_TILES, sizeof *scratch->tiles);
    scratch->v = floats_new(WINOGRAD_POINTS_MAX * (WINOGRAD_TILES * channels + panel), why);
    scratch->m = floats_new(WINOGRAD_POINTS_MAX * (WINOGRAD_TILES * channels + panel), why);
    if (scratch->x_at == NULL || scratch->y_at == NULL || scratch->tiles == NULL ||
        scratch->v == NULL || scratch->m == NULL)
        return fail(why, STATUS_NO_MEMORY, "no memory for convolutions");
    return STATUS_OK;
}

void convolution_scratch_free(struct convolution_scratch *scratch) {
    free(scratch->x_at);
    free(scratch->y_at);
    free(scratch->tiles);
    free(scratch->v);
    free(scratch->m);
    *scratch = (struct convolution_scratch){0};
}
