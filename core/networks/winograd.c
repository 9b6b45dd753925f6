/* SPDX-License-Identifier: MIT
 *
 * Winograd's convolutions (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks").
 * Letters: T tiles, N points, C input channels, P outputs of a panel.
 *
 * The grid of tiles begins at row 0 of the map, wherever the range of rows begins, so that an
 * output is always computed in the same tile. */
#include "core/networks/winograd.h"

#include <stdlib.h>

enum { TAPS = 3 };

/* One axis of a kernel, to the points of tiles with 2, 3 and 4 outputs (kernels_shared.h). */
static const double to_points[5][6][TAPS] = {
    [2] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}},
    [3] = {{0.5, 0, 0},
           {-0.5, -0.5, -0.5},
           {-1.0 / 6, 1.0 / 6, -1.0 / 6},
           {1.0 / 6, 1.0 / 3, 2.0 / 3},
           {0, 0, 1}},
    [4] = {{0.25, 0, 0},
           {-1.0 / 6, -1.0 / 6, -1.0 / 6},
           {-1.0 / 6, 1.0 / 6, -1.0 / 6},
           {1.0 / 24, 1.0 / 12, 1.0 / 6},
           {1.0 / 24, -1.0 / 12, 1.0 / 6},
           {0, 0, 1}},
};

static size_t point_count(const struct convolution *c) {
    return (c->tile_rows + 2) * WINOGRAD_REACH;
}

/* The kernel of one pair of channels (taps `step` apart) at point n. */
static double at_point(const float *kernel, size_t step, size_t tile_rows, size_t n) {
    const double *by_row = to_points[tile_rows][n / WINOGRAD_REACH];
    const double *by_column = to_points[WINOGRAD_COLUMNS][n % WINOGRAD_REACH];
    double sum = 0.0;
    for (size_t r = 0; r < TAPS; r++)
        for (size_t k = 0; k < TAPS; k++)
            sum += by_row[r] * by_column[k] * (double)kernel[(r * TAPS + k) * step];
    return sum;
}

int winograd_pack(struct convolution *c, const float *matrix, size_t outputs, struct failure *why) {
    size_t N = point_count(c), C = c->in.C, P = c->kernels->panel, panels = c->packed.panels;
    size_t floats = arranged_floats(c->kernels, 1, C, P);
    float *run = floats_new(C * P, why);
    c->points = floats_new(N * panels * floats, why);
    for (size_t n = 0; n < N * panels && run != NULL && c->points != NULL; n++) {
        size_t point = n / panels, first = n % panels * P;
        for (size_t lane = 0; lane < P; lane++)
            for (size_t k = 0, o = first + lane; k < C; k++)
                run[k * P + lane] = o < outputs ? (float)at_point(matrix + o * TAPS * TAPS * C + k,
                                                                  C, c->tile_rows, point)
                                                : 0.0F;
        arrange_weights(c->kernels, run, 1, C, P, c->points + n * floats);
    }
    int status = run == NULL || c->points == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    free(run);
    return status;
}

/* Where the windows' tiles are, one after the other: window, row and column of tiles. */
struct walk {
    const struct convolution *c;
    const struct row_range *ranges;
    size_t M, m, row, column; /* row counts outputs */
};

static void begin_window(struct walk *walk) {
    if (walk->m < walk->M)
        walk->row = walk->ranges[walk->m].begin / walk->c->tile_rows * walk->c->tile_rows;
}

/* The next tile; false behind the last. */
static bool next_tile(struct walk *walk, struct winograd_tile *tile) {
    const struct convolution *c = walk->c;
    const struct map_shape *in = &c->in, *out = &c->out;
    while (walk->m < walk->M && walk->row >= walk->ranges[walk->m].end) {
        walk->m++;
        begin_window(walk);
    }
    if (walk->m == walk->M)
        return false;
    size_t rows = out->R - walk->row, columns = out->W - walk->column;
    *tile = (struct winograd_tile){
        .x_at = (uint32_t)(walk->m * map_size(in) + walk->row * map_row(in) + walk->column * in->C),
        .y_at = (uint32_t)(walk->m * map_size(out) + (walk->row + 1) * map_row(out) +
                           (walk->column + 1) * out->C),
        .rows = (uint32_t)(rows < c->tile_rows ? rows : c->tile_rows),
        .columns = (uint32_t)(columns < WINOGRAD_COLUMNS ? columns : WINOGRAD_COLUMNS)};
    walk->column += WINOGRAD_COLUMNS;
    if (walk->column >= out->W) {
        walk->column = 0;
        walk->row += c->tile_rows;
    }
    return true;
}

static size_t count_tiles(const struct convolution *c, const struct row_range *ranges, size_t M) {
    size_t count = 0;
    for (size_t m = 0; m < M; m++)
        if (ranges[m].end > ranges[m].begin)
            count += round_up(ranges[m].end, c->tile_rows) / c->tile_rows -
                     ranges[m].begin / c->tile_rows;
    return count * ((c->out.W + WINOGRAD_COLUMNS - 1) / WINOGRAD_COLUMNS);
}

/* T tiles: to the points, one point after the other so that each weight is read once, and back.
 * Points lie a vector more than their size apart, or they would all fall into one set of the cache.
 */
static void run_tiles(const struct convolution *c, const struct convolution_scratch *scratch,
                      size_t T, const float *x, const float *add, float *y) {
    size_t N = point_count(c), C = c->in.C, P = c->kernels->panel, O = c->packed.panels * P;
    size_t v_step = T * C + P, m_step = T * O + P,
           w_step = c->packed.panels * arranged_floats(c->kernels, 1, C, P);
    c->kernels->winograd_in(&(struct winograd_in){.rows = c->tile_rows,
                                                  .tile_count = T,
                                                  .channels = C,
                                                  .tiles = scratch->tiles,
                                                  .x = x,
                                                  .x_row = map_row(&c->in),
                                                  .x_column = C,
                                                  .v = scratch->v,
                                                  .v_step = v_step});
    for (size_t t = 0; t < T; t++) {
        scratch->x_at[t] = (uint32_t)(t * C);
        scratch->y_at[t] = (uint32_t)(t * O);
    }
    for (size_t n = 0; n < N; n++)
        c->kernels->product(&(struct product){.rows = T,
                                              .panels = c->packed.panels,
                                              .x = scratch->v + n * v_step,
                                              .x_at = scratch->x_at,
                                              .stretches = 1,
                                              .length = C,
                                              .w = c->points + n * w_step,
                                              .y = scratch->m + n * m_step,
                                              .y_at = scratch->y_at});
    c->kernels->winograd_out(&(struct winograd_out){.rows = c->tile_rows,
                                                    .tile_count = T,
                                                    .channels = O,
                                                    .tiles = scratch->tiles,
                                                    .m = scratch->m,
                                                    .m_step = m_step,
                                                    .b = c->packed.bias,
                                                    .add = add,
                                                    .y = y,
                                                    .y_row = map_row(&c->out),
                                                    .y_column = c->out.C});
}

void winograd_run(const struct convolution *c, struct convolution_scratch *scratch, const float *x,
                  const float *add, float *y, const struct row_range *ranges, size_t M) {
    struct walk walk = {.c = c, .ranges = ranges, .M = M};
    begin_window(&walk);
    size_t left = count_tiles(c, ranges, M);
    for (size_t runs = (left + WINOGRAD_TILES - 1) / WINOGRAD_TILES; runs > 0; runs--) {
        size_t T = left / runs;
        for (size_t t = 0; t < T; t++)
            next_tile(&walk, &scratch->tiles[t]);
        run_tiles(c, scratch, T, x, add, y);
        left -= T;
    }
}
