/* SPDX-License-Identifier: MIT
 *
 * The few inner loops that nearly all the time goes into, as a table: plain C first
 * (kernels_scalar.c, which says what each row means), then one text for all vector widths
 * (kernels_vector.h) compiled once per instruction set, and one for processors that multiply tiles
 * (kernels_tiles.h).  A network is packed for one table and keeps a pointer to it.
 *
 * Letters: M rows, K inputs, P outputs per panel, L lanes of a vector.  Every output is summed
 * in one order that does not depend on M, so a result has the same bits for every batch.
 * Bounds against exact arithmetic: a product is off by at most (K + 4) 2^-23 times the sum of its
 * terms' magnitudes, SELU by 3e-7 + 2e-7 of its value, c and h of an LSTM cell by 8e-7 of
 * max(1, |c|) (kernels_shared.h).  With tiles each term may be off besides: by 1.01 * 2^-7 of
 * itself where inputs and weights are rounded to bfloat16, else by 2^-21 of the row's largest input
 * times the output's largest weight (kernels_tiles.h), both finite and within 2^-100 and 2^100. */
#ifndef CORE_NETWORKS_KERNELS_H
#define CORE_NETWORKS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum activation { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_SELU };

/* y(M, panels*P) = activation(x(M,K) w^T + b + add).  Row m of x is `stretches` runs of
 * `length` floats each, `step` floats apart, the first at x + x_at[m]; K = stretches * length.
 * Each run (with tiles, up to 18 tiles of inputs) is summed on its own from zero and then added,
 * which keeps long sums exact. */
struct product {
    size_t rows, panels;
    const float *x;
    const uint32_t *x_at; /* (M) */
    size_t stretches, length, step;
    const float *w;       /* (panels, stretches), runs of (length, P); see `arrange` below */
    const float *b;       /* (panels, P); NULL: none */
    const float *add;     /* NULL, or laid out as y; may be y itself */
    float *y;             /* row m begins at y + y_at[m] */
    const uint32_t *y_at; /* (M) */
    enum activation then;
};

/* One time step of one LSTM direction (spec networks, 2) for M windows.  U units, rounded up to
 * whole vectors; the four gates i, f, g, o of a unit stand side by side:
 * gates = start + x w_x + h w_h, then c and h. */
struct lstm_step {
    size_t rows, units; /* M, U */
    const float *start; /* (M | 1, U/L, 4, L): bias, or bias and input products */
    size_t start_step;  /* between rows of start: 4U, or 0 where all share one */
    const float *x;     /* (M, inputs): summed here as well; NULL, inputs 0: none */
    size_t x_step, inputs;
    const float *h;         /* (M, U) of the step before; NULL at the first */
    float *gates;           /* (M, U/L, 4, L): working memory, may be `start` */
    const float *w_x, *w_h; /* (U/L), runs of (inputs, 4, L), and of (U, 4, L) */
    float *c;               /* (M, U), in and out */
    float *y;               /* (M, U): the new h */
    size_t h_step, y_step;  /* between rows of h and of y */
};

/* Winograd's form of a 3 x 3 convolution (winograd.h): a tile gives `rows` x 3 outputs, and takes
 * (rows + 2) x 5 inputs and as many points, N of them; rows is 2 or 4.  Offsets are in floats. */
enum { WINOGRAD_COLUMNS = 3, WINOGRAD_REACH = WINOGRAD_COLUMNS + 2, WINOGRAD_POINTS_MAX = 6 * 5 };

struct winograd_tile {
    uint32_t x_at, y_at;    /* its first input, its first output */
    uint32_t rows, columns; /* outputs that lie in the map */
};

/* v (N, T, channels) from the T tiles' inputs: both axes transformed.  Points are `v_step` floats
 * apart. */
struct winograd_in {
    size_t rows, tile_count, channels;
    const struct winograd_tile *tiles;
    const float *x;
    size_t x_row, x_column; /* from a row of the map to the next, from a position to the next */
    float *v;
    size_t v_step;
};

/* y = relu(outputs + b + add) from m (N, T, channels), whose points are `m_step` floats apart. */
struct winograd_out {
    size_t rows, tile_count, channels;
    const struct winograd_tile *tiles;
    const float *m;
    size_t m_step;
    const float *b;   /* (channels) */
    const float *add; /* NULL, or laid out as y */
    float *y;
    size_t y_row, y_column;
};

struct kernels {
    const char *name;             /* "scalar", "avx2", "avx512", "amx", "bf16", "neon" */
    bool rounds;                  /* inputs and weights to bfloat16 */
    size_t lanes;                 /* L */
    size_t panel;                 /* P, a multiple of L */
    size_t block;                 /* pileup windows that one block of work takes best */
    size_t narrowest;             /* layer that the table is for; 0: any */
    const struct kernels *narrow; /* the table for networks with narrower ones */
    /* Weights (stretches, length, width), width whole panels, in the order and number type in which
     * the table reads them, and the floats that they take.  NULL: they stay as they are. */
    void (*arrange)(const float *weights, size_t stretches, size_t length, size_t width,
                    float *arranged);
    size_t (*arranged)(size_t stretches, size_t length, size_t width);
    void (*product)(const struct product *product);
    void (*lstm_step)(const struct lstm_step *step);
    /* NULL where convolutions are summed directly. */
    void (*winograd_in)(const struct winograd_in *in);
    void (*winograd_out)(const struct winograd_out *out);
};

extern const struct kernels kernels_scalar;

/* The table of that name; NULL where this CPU or this build does not have it. */
const struct kernels *kernels_for(const char *name);

/* The table for a network whose first layer has `width` units or channels: `kernels`, or where
 * such layers are too narrow for it, the one that it names. */
const struct kernels *kernels_for_width(const struct kernels *kernels, size_t width);

/* The fastest table of this CPU that is as exact as float32. */
const struct kernels *kernels_best(void);

#endif
