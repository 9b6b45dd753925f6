/* SPDX-License-Identifier: MIT
 *
 * One 3 x 3 convolution of the full-alignment network with what follows it (batch norm folded
 * in, an addition, ReLU).  Letters: R rows, W positions, C channels.
 *
 * A map is (R + 2, W + 2, C) with a border of zeros that nobody writes, so that no tap of a
 * kernel needs a test; the three taps of a kernel's row are 3 C floats in a run. */
#ifndef CORE_NETWORKS_CONVOLUTION_H
#define CORE_NETWORKS_CONVOLUTION_H

#include "core/networks/kernels.h"
#include "core/networks/pack.h"
#include "core/networks/weights.h"

struct map_shape {
    size_t R, W, C; /* C rounded up to whole panels; channels behind the real ones are zero */
};

/* Rows [begin, end) of a map that differ from the background. */
struct row_range {
    size_t begin, end;
};

struct convolution {
    const struct kernels *kernels;
    size_t stride;
    size_t tile_rows; /* of Winograd's form, 2 or 4; 0: summed directly */
    size_t before;    /* rows of zeros that count before the first: 1, or 0 ('same', even R) */
    struct map_shape in, out;
    struct packed packed; /* where tile_rows is not 0, the bias alone */
    float *points; /* Winograd's form of the weights, winograd.h; NULL where tile_rows is 0 */
};

/* Working memory: offsets of output positions for one product, or tiles and their points. */
struct convolution_scratch {
    uint32_t *x_at, *y_at;
    float *v, *m;
    struct winograd_tile *tiles;
};

enum { WINOGRAD_TILES = 96 /* that are transformed at a time, so that their points stay near */ };

size_t map_row(const struct map_shape *map);  /* floats from a row to the next */
size_t map_size(const struct map_shape *map); /* floats of one window */

/* Floats behind a map's end that Winograd's tiles may read (and that change no output). */
size_t map_slack(const struct map_shape *map);

/* Packs CONVOLUTION.weight, .bias and the batch norm NORM.*, with inputs multiplied by
 * `scale`.  kernels, stride, tile_rows, before, in and out are filled in by the caller, channels
 * included: `in_channels` and `out_channels` are the real ones.  Where the kernels have no
 * Winograd form, tile_rows becomes 0. */
int convolution_pack(struct convolution *c, const struct weights *weights, const char *name,
                     const char *norm, size_t in_channels, size_t out_channels, double scale,
                     struct failure *why);
void convolution_free(struct convolution *c);

/* Which rows of the output can differ where rows `range` of the input do.  Rows of a tile of
 * four outputs differ together, if only by rounding. */
struct row_range convolution_reach(const struct convolution *c, struct row_range range);

/* Rows ranges[m] of windows m < M: y = relu(convolution(x) + add), add NULL or laid out as y
 * (and may be y).  x is followed by map_slack floats. */
void convolution_run(const struct convolution *c, struct convolution_scratch *scratch,
                     const float *x, const float *add, float *y, const struct row_range *ranges,
                     size_t M);

/* Working memory for convolutions of up to `positions` outputs at a time, maps of `channels` at
 * most, and panels of `panel` outputs. */
int convolution_scratch_new(struct convolution_scratch *scratch, size_t positions, size_t channels,
                            size_t panel, struct failure *why);
void convolution_scratch_free(struct convolution_scratch *scratch);

#endif
