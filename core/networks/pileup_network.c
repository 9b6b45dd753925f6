/* SPDX-License-Identifier: MIT
 *
 * The pileup network: spec networks, 2.  Letters: M windows of a block, T positions, H units
 * of a direction, U the same rounded up to whole vectors.
 *
 * Activations are kept position by position, (T, M, 2U), so that the step before is simply
 * M rows further up and needs no copy; the forward units of a position stand before the reverse
 * ones.  A large batch is cut into blocks that stay in the second-level cache. */
#include "core/networks/pileup_network.h"

#include "core/networks/pack.h"
#include "core/networks/tail.h"
#include "core/windows/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    T = WINDOW_WIDTH,
    GATES = 4,
    STEPS = 11, /* positions whose input products are computed at a time: T / 3 */
    DIRECTIONS = 2
};

/* One direction of a layer.  The first layer's few inputs are summed inside the step, with
 * `start` the bias; the second layer's are one product over many positions. */
struct direction {
    struct packed projection; /* empty in the first layer */
    float *w_x, *w_h; /* (U/L), runs of (inputs, 4, L), NULL in the second, and of (U, 4, L) */
    float *start;     /* (U/L, 4, L) */
};

struct lstm {
    size_t inputs; /* of the step itself */
    size_t H, U;
    struct direction direction[DIRECTIONS];
};

struct pileup_network {
    const struct kernels *kernels;
    struct lstm lstm[2];
    struct tail tail;
};

struct pileup_scratch {
    float *input;       /* (T, M, 18) */
    float *y[2];        /* (T, M, 2U) of each layer */
    float *projections; /* (STEPS, M, 4U) of the second layer */
    float *cells;       /* (M, U) */
    uint32_t *x_at, *z_at;
    struct tail_scratch tail;
    const struct tap *tap;
};

/* ---- packing ------------------------------------------------------------------------------- */

struct lstm_tensors {
    const struct tensor *w_ih, *w_hh, *b_ih, *b_hh;
};

static int get_lstm(struct lstm_tensors *t, const struct weights *weights, size_t layer,
                    size_t direction, size_t inputs, struct failure *why) {
    const char *end = direction == 0 ? "" : "_reverse";
    char name[TENSOR_NAME_MAX];
    snprintf(name, sizeof name, "LSTM%zu.weight_hh_l0%s", layer + 1, end);
    t->w_hh = weights_get(weights, name, 2, (size_t[]){0, 0}, why);
    if (t->w_hh == NULL)
        return STATUS_BAD_INPUT;
    size_t rows = t->w_hh->shape[0];
    if (rows != GATES * t->w_hh->shape[1])
        return fail(why, STATUS_BAD_INPUT, "tensor %s: %zu rows are not four times %zu columns",
                    name, rows, t->w_hh->shape[1]);
    snprintf(name, sizeof name, "LSTM%zu.weight_ih_l0%s", layer + 1, end);
    t->w_ih = weights_get(weights, name, 2, (size_t[]){rows, inputs}, why);
    snprintf(name, sizeof name, "LSTM%zu.bias_ih_l0%s", layer + 1, end);
    t->b_ih = weights_get(weights, name, 1, &rows, why);
    snprintf(name, sizeof name, "LSTM%zu.bias_hh_l0%s", layer + 1, end);
    t->b_hh = weights_get(weights, name, 1, &rows, why);
    return t->w_ih == NULL || t->b_ih == NULL || t->b_hh == NULL ? STATUS_BAD_INPUT : STATUS_OK;
}

/* Where gate g of unit u stands among the 4U values (U/L, 4, L). */
static size_t gate_place(size_t g, size_t u, size_t lanes) {
    return (u / lanes * GATES + g) * lanes + u % lanes;
}

/* A matrix (4H, K) as runs (K', 4, L) of the vectors of units, K' being K or, rounded up, U. */
static float *pack_gates(const struct tensor *matrix, const struct lstm *l, size_t length,
                         const struct kernels *kernels, struct failure *why) {
    size_t lanes = kernels->lanes, width = GATES * lanes, K = matrix->shape[1];
    size_t floats = arranged_floats(kernels, 1, length, width), vectors = l->U / lanes;
    float *packed = floats_new(vectors * floats, why), *run = floats_new(length * width, why);
    for (size_t vector = 0; vector < vectors && packed != NULL && run != NULL; vector++) {
        for (size_t lane = 0; lane < lanes; lane++)
            for (size_t g = 0, u = vector * lanes + lane; g < GATES; g++)
                for (size_t k = 0; k < K; k++)
                    run[(k * GATES + g) * lanes + lane] =
                        u < l->H ? matrix->values[(g * l->H + u) * K + k] : 0.0F;
        arrange_weights(kernels, run, 1, length, width, packed + vector * floats);
    }
    if (run == NULL) {
        free(packed);
        packed = NULL;
    }
    free(run);
    return packed;
}

/* What the step itself sums: inputs where the layer has them, then units. */
static int pack_step(struct direction *d, const struct lstm *l, const struct lstm_tensors *t,
                     const struct kernels *kernels, struct failure *why) {
    d->start = floats_new(l->U * GATES, why);
    d->w_h = pack_gates(t->w_hh, l, l->U, kernels, why);
    if (d->start == NULL || d->w_h == NULL)
        return STATUS_NO_MEMORY;
    if (l->inputs > 0 && (d->w_x = pack_gates(t->w_ih, l, l->inputs, kernels, why)) == NULL)
        return STATUS_NO_MEMORY;
    for (size_t g = 0; g < GATES; g++)
        for (size_t u = 0; u < l->H; u++)
            d->start[gate_place(g, u, kernels->lanes)] =
                t->b_ih->values[g * l->H + u] + t->b_hh->values[g * l->H + u];
    return STATUS_OK;
}

/* The input products of the second layer, whose inputs are the 2U values of the first. */
static int pack_projection(struct direction *d, const struct lstm *l, const struct lstm *below,
                           const struct lstm_tensors *t, const struct kernels *kernels,
                           struct failure *why) {
    size_t K = 2 * below->U, columns = 2 * below->H, outputs = GATES * l->U;
    float *matrix = floats_new(outputs * K, why);
    if (matrix == NULL)
        return STATUS_NO_MEMORY;
    for (size_t g = 0; g < GATES; g++)
        for (size_t u = 0; u < l->H; u++)
            for (size_t k = 0; k < columns; k++) {
                size_t place = k / below->H * below->U + k % below->H;
                matrix[gate_place(g, u, kernels->lanes) * K + place] =
                    t->w_ih->values[(g * l->H + u) * columns + k];
            }
    int status = pack_matrix(&d->projection, matrix, d->start, outputs, 1, K, kernels, why);
    free(matrix);
    return status;
}

static int pack_lstm(struct pileup_network *network, size_t layer, const struct weights *weights,
                     struct failure *why) {
    struct lstm *l = &network->lstm[layer];
    const struct lstm *below = layer == 0 ? NULL : &network->lstm[layer - 1];
    for (size_t d = 0; d < DIRECTIONS; d++) {
        struct lstm_tensors t = {0};
        size_t inputs = below == NULL ? (size_t)PILEUP_CHANNELS : 2 * below->H;
        int status = get_lstm(&t, weights, layer, d, inputs, why);
        if (status != STATUS_OK)
            return status;
        if (d > 0 && t.w_hh->shape[1] != l->H)
            return fail(why, STATUS_BAD_INPUT, "tensor %s: %zu units, but %zu forward",
                        t.w_hh->name, t.w_hh->shape[1], l->H);
        l->inputs = below == NULL ? inputs : 0;
        l->H = t.w_hh->shape[1];
        l->U = round_up(l->H, network->kernels->lanes);
        status = pack_step(&l->direction[d], l, &t, network->kernels, why);
        if (status == STATUS_OK && below != NULL)
            status = pack_projection(&l->direction[d], l, below, &t, network->kernels, why);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

struct pileup_network *pileup_network_new(const struct weights *weights,
                                          const struct kernels *kernels, struct failure *why) {
    struct pileup_network *network = calloc(1, sizeof *network);
    if (network == NULL) {
        fail(why, STATUS_NO_MEMORY, "no memory for the pileup network");
        return NULL;
    }
    const struct tensor *first = weights_find(weights, "LSTM1.weight_hh_l0");
    size_t units = first == NULL ? 0 : first->shape[1];
    network->kernels = kernels_for_width(kernels, units);
    int status = weights_check_finite(weights, why);
    for (size_t layer = 0; layer < 2 && status == STATUS_OK; layer++)
        status = pack_lstm(network, layer, weights, why);
    struct flat_shape flat = {T, DIRECTIONS, network->lstm[1].H, network->lstm[1].U};
    if (status == STATUS_OK)
        status = tail_pack(&network->tail, weights, &flat, network->kernels, why);
    if (status != STATUS_OK) {
        pileup_network_free(network);
        return NULL;
    }
    return network;
}

void pileup_network_free(struct pileup_network *network) {
    if (network == NULL)
        return;
    for (size_t layer = 0; layer < 2; layer++)
        for (size_t d = 0; d < DIRECTIONS; d++) {
            packed_free(&network->lstm[layer].direction[d].projection);
            free(network->lstm[layer].direction[d].w_x);
            free(network->lstm[layer].direction[d].w_h);
            free(network->lstm[layer].direction[d].start);
        }
    tail_free(&network->tail);
    free(network);
}

size_t pileup_network_outputs(const struct pileup_network *network) {
    return network->tail.outputs;
}

/* ---- working memory ------------------------------------------------------------------------ */

struct pileup_scratch *pileup_scratch_new(const struct pileup_network *network,
                                          struct failure *why) {
    struct pileup_scratch *s = calloc(1, sizeof *s);
    if (s == NULL) {
        fail(why, STATUS_NO_MEMORY, "no memory to run the pileup network");
        return NULL;
    }
    size_t M = network->kernels->block, U1 = network->lstm[0].U, U2 = network->lstm[1].U;
    s->input = floats_new(T * M * PILEUP_CHANNELS, why);
    s->y[0] = floats_new(T * M * DIRECTIONS * U1, why);
    s->y[1] = floats_new(T * M * DIRECTIONS * U2, why);
    s->projections = floats_new(STEPS * M * GATES * (U1 > U2 ? U1 : U2), why);
    s->cells = floats_new(M * (U1 > U2 ? U1 : U2), why);
    s->x_at = calloc(2 * STEPS * M, sizeof *s->x_at);
    if (s->input == NULL || s->y[0] == NULL || s->y[1] == NULL || s->projections == NULL ||
        s->cells == NULL || s->x_at == NULL ||
        tail_scratch_new(&s->tail, &network->tail, M, why) != STATUS_OK) {
        fail(why, STATUS_NO_MEMORY, "no memory to run the pileup network");
        pileup_scratch_free(s);
        return NULL;
    }
    s->z_at = s->x_at + STEPS * M;
    for (size_t r = 0; r < STEPS * M; r++) {
        s->x_at[r] = (uint32_t)(r * DIRECTIONS * U1);
        s->z_at[r] = (uint32_t)(r * GATES * U2);
    }
    return s;
}

void pileup_scratch_free(struct pileup_scratch *scratch) {
    if (scratch == NULL)
        return;
    free(scratch->input);
    free(scratch->y[0]);
    free(scratch->y[1]);
    free(scratch->projections);
    free(scratch->cells);
    free(scratch->x_at);
    tail_scratch_free(&scratch->tail);
    free(scratch);
}

void pileup_scratch_tap(struct pileup_scratch *scratch, const struct tap *tap) {
    scratch->tap = tap;
}

/* ---- running ------------------------------------------------------------------------------- */

/* Step `s` of a direction: the position it computes, and the one it comes from. */
static size_t position(size_t direction, size_t s) {
    return direction == 0 ? s : T - 1 - s;
}

static void first_layer(const struct pileup_network *network, struct pileup_scratch *scratch,
                        size_t M) {
    const struct lstm *l = &network->lstm[0];
    size_t y_step = DIRECTIONS * l->U;
    for (size_t d = 0; d < DIRECTIONS; d++) {
        float *y = scratch->y[0] + d * l->U;
        memset(scratch->cells, 0, M * l->U * sizeof *scratch->cells);
        for (size_t s = 0; s < T; s++) {
            size_t t = position(d, s);
            network->kernels->lstm_step(&(struct lstm_step){
                .rows = M,
                .units = l->U,
                .start = l->direction[d].start,
                .gates = scratch->projections,
                .x = scratch->input + t * M * l->inputs,
                .x_step = l->inputs,
                .inputs = l->inputs,
                .h = s == 0 ? NULL : y + position(d, s - 1) * M * y_step,
                .h_step = y_step,
                .w_x = l->direction[d].w_x,
                .w_h = l->direction[d].w_h,
                .c = scratch->cells,
                .y = y + t * M * y_step,
                .y_step = y_step,
            });
        }
    }
}

/* Input products of the positions [first, first + STEPS) for all windows. */
static void project(const struct pileup_network *network, struct pileup_scratch *scratch, size_t d,
                    size_t first, size_t M) {
    struct product product = {.rows = STEPS * M,
                              .x = scratch->y[0] + first * M * DIRECTIONS * network->lstm[0].U,
                              .x_at = scratch->x_at,
                              .stretches = 1,
                              .length = DIRECTIONS * network->lstm[0].U,
                              .y = scratch->projections,
                              .y_at = scratch->z_at};
    packed_use(&network->lstm[1].direction[d].projection, &product);
    network->kernels->product(&product);
}

static void second_layer(const struct pileup_network *network, struct pileup_scratch *scratch,
                         size_t M) {
    const struct lstm *l = &network->lstm[1];
    size_t y_step = DIRECTIONS * l->U, z_step = GATES * l->U;
    for (size_t d = 0; d < DIRECTIONS; d++) {
        float *y = scratch->y[1] + d * l->U;
        memset(scratch->cells, 0, M * l->U * sizeof *scratch->cells);
        for (size_t s = 0; s < T; s++) {
            size_t t = position(d, s), first = t / STEPS * STEPS;
            if (s % STEPS == 0)
                project(network, scratch, d, first, M);
            network->kernels->lstm_step(&(struct lstm_step){
                .rows = M,
                .units = l->U,
                .start = scratch->projections + (t - first) * M * z_step,
                .start_step = z_step,
                .gates = scratch->projections + (t - first) * M * z_step,
                .h = s == 0 ? NULL : y + position(d, s - 1) * M * y_step,
                .h_step = y_step,
                .w_h = l->direction[d].w_h,
                .c = scratch->cells,
                .y = y + t * M * y_step,
                .y_step = y_step,
            });
        }
    }
}

static void show(const struct pileup_scratch *scratch, const char *name, const float *y,
                 const struct lstm *l, size_t M) {
    if (scratch->tap == NULL)
        return;
    /* The halves stand U apart; a tap sees directions as rows of a grid. */
    scratch->tap->layer(scratch->tap->user, &(struct layer_view){.name = name,
                                                                 .values = y,
                                                                 .windows = M,
                                                                 .rows = T,
                                                                 .columns = DIRECTIONS,
                                                                 .channels = l->H,
                                                                 .window_step = DIRECTIONS * l->U,
                                                                 .row_step = M * DIRECTIONS * l->U,
                                                                 .column_step = l->U});
}

static void run_block(const struct pileup_network *network, struct pileup_scratch *scratch,
                      const int32_t *windows, size_t M, float *probabilities) {
    for (size_t m = 0; m < M; m++)
        for (size_t t = 0; t < T; t++) {
            const int32_t *from = windows + (m * T + t) * PILEUP_CHANNELS;
            float *to = scratch->input + (t * M + m) * PILEUP_CHANNELS;
            for (size_t k = 0; k < PILEUP_CHANNELS; k++)
                to[k] = (float)from[k];
        }
    first_layer(network, scratch, M);
    show(scratch, "LSTM1", scratch->y[0], &network->lstm[0], M);
    second_layer(network, scratch, M);
    show(scratch, "LSTM2", scratch->y[1], &network->lstm[1], M);
    size_t x_step = DIRECTIONS * network->lstm[1].U;
    tail_run(&network->tail, &scratch->tail, scratch->y[1], x_step, M * x_step, M, scratch->tap,
             probabilities);
}

void pileup_network_run(const struct pileup_network *network, struct pileup_scratch *scratch,
                        const int32_t *windows, size_t count, float *probabilities) {
    /* Blocks of nearly equal size: 7 windows are 4 and 3 rather than 6 and 1. */
    size_t blocks = (count + network->kernels->block - 1) / network->kernels->block;
    for (size_t b = 0, first = 0; b < blocks; b++) {
        size_t M = (count - first) / (blocks - b);
        run_block(network, scratch, windows + first * PILEUP_WINDOW_SIZE, M,
                  probabilities + first * network->tail.outputs);
        first += M;
    }
}
