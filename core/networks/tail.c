/* SPDX-License-Identifier: MIT
 *
 * Dense layers, heads and softmax of both networks: spec networks, 1 to 3.  Letters: M windows,
 * K values per window, D width of L4, E width of a branch. */
#include "core/networks/tail.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *branch, *logits;
    size_t classes;
} heads[HEADS_MAX] = {
    {"L5_1", "Y_gt21_logits", GENOTYPE_CLASSES},
    {"L5_2", "Y_genotype_logits", ZYGOSITY_CLASSES},
    {"L5_3", "Y_indel_length_logits_1", LENGTH_CLASSES},
    {"L5_4", "Y_indel_length_logits_2", LENGTH_CLASSES},
};

struct dense {
    const struct tensor *weight, *bias;
};

/* LAYER.weight (outputs, inputs) and LAYER.bias (outputs); 0 outputs: any number. */
static int get_dense(struct dense *dense, const struct weights *weights, const char *layer,
                     size_t outputs, size_t inputs, struct failure *why) {
    char name[TENSOR_NAME_MAX];
    snprintf(name, sizeof name, "%s.weight", layer);
    dense->weight = weights_get(weights, name, 2, (size_t[]){outputs, inputs}, why);
    if (dense->weight == NULL)
        return STATUS_BAD_INPUT;
    snprintf(name, sizeof name, "%s.bias", layer);
    dense->bias = weights_get(weights, name, 1, dense->weight->shape, why);
    return dense->bias == NULL ? STATUS_BAD_INPUT : STATUS_OK;
}

/* L4 with a column of zeros for every padded value that it reads. */
static int pack_l4(struct tail *tail, const struct weights *weights, struct failure *why) {
    const struct flat_shape *s = &tail->shape;
    size_t runs = s->stretches * s->groups;
    struct dense dense;
    int status = get_dense(&dense, weights, "L4", 0, runs * s->width, why);
    if (status != STATUS_OK)
        return status;
    tail->l4_width = dense.weight->shape[0];
    float *matrix = floats_new(tail->l4_width * runs * s->padded, why);
    if (matrix == NULL)
        return STATUS_NO_MEMORY;
    for (size_t r = 0; r < tail->l4_width * runs; r++)
        memcpy(matrix + r * s->padded, dense.weight->values + r * s->width,
               s->width * sizeof *matrix);
    status = pack_matrix(&tail->l4, matrix, dense.bias->values, tail->l4_width, s->stretches,
                         s->groups * s->padded, tail->kernels, why);
    free(matrix);
    return status;
}

/* The branches stacked into one matrix, each rounded up to whole panels. */
static int pack_branches(struct tail *tail, const struct weights *weights, struct failure *why) {
    size_t panel = tail->kernels->panel, D = round_up(tail->l4_width, panel);
    struct dense dense[HEADS_MAX];
    for (size_t h = 0; h < tail->heads; h++) {
        size_t E = h == 0 ? 0 : dense[0].weight->shape[0];
        int status = get_dense(&dense[h], weights, heads[h].branch, E, tail->l4_width, why);
        if (status != STATUS_OK)
            return status;
    }
    tail->l5_width = dense[0].weight->shape[0];
    tail->l5_padded = round_up(tail->l5_width, panel);
    size_t outputs = tail->heads * tail->l5_padded;
    float *matrix = floats_new(outputs * D, why), *bias = floats_new(outputs, why);
    int status = STATUS_NO_MEMORY;
    if (matrix != NULL && bias != NULL) {
        for (size_t h = 0; h < tail->heads; h++)
            for (size_t e = 0; e < tail->l5_width; e++) {
                size_t row = h * tail->l5_padded + e;
                memcpy(matrix + row * D, dense[h].weight->values + e * tail->l4_width,
                       tail->l4_width * sizeof *matrix);
                bias[row] = dense[h].bias->values[e];
            }
        status = pack_matrix(&tail->l5, matrix, bias, outputs, 1, D, tail->kernels, why);
    }
    free(matrix);
    free(bias);
    return status;
}

static int pack_head(struct tail *tail, size_t h, const struct weights *weights,
                     struct failure *why) {
    struct dense dense;
    int status = get_dense(&dense, weights, heads[h].logits, heads[h].classes, tail->l5_width, why);
    if (status != STATUS_OK)
        return status;
    float *matrix = floats_new(heads[h].classes * tail->l5_padded, why);
    if (matrix == NULL)
        return STATUS_NO_MEMORY;
    for (size_t c = 0; c < heads[h].classes; c++)
        memcpy(matrix + c * tail->l5_padded, dense.weight->values + c * tail->l5_width,
               tail->l5_width * sizeof *matrix);
    status = pack_matrix(&tail->head[h], matrix, dense.bias->values, heads[h].classes, 1,
                         tail->l5_padded, tail->kernels, why);
    free(matrix);
    return status;
}

int tail_pack(struct tail *tail, const struct weights *weights, const struct flat_shape *shape,
              const struct kernels *kernels, struct failure *why) {
    *tail = (struct tail){.kernels = kernels, .shape = *shape};
    bool lengths = weights_find(weights, "Y_indel_length_logits_1.weight") != NULL ||
                   weights_find(weights, "Y_indel_length_logits_2.weight") != NULL;
    tail->heads = lengths ? 4 : 2;
    int status = pack_l4(tail, weights, why);
    if (status == STATUS_OK)
        status = pack_branches(tail, weights, why);
    for (size_t h = 0; h < tail->heads && status == STATUS_OK; h++) {
        status = pack_head(tail, h, weights, why);
        tail->outputs += heads[h].classes;
    }
    return status;
}

void tail_free(struct tail *tail) {
    packed_free(&tail->l4);
    packed_free(&tail->l5);
    for (size_t h = 0; h < HEADS_MAX; h++)
        packed_free(&tail->head[h]);
}

static size_t l4_step(const struct tail *tail) {
    return tail->l4.panels * tail->kernels->panel;
}

static size_t l5_step(const struct tail *tail) {
    return tail->heads * tail->l5_padded;
}

static size_t logits_step(const struct tail *tail) {
    return round_up(LENGTH_CLASSES, tail->kernels->panel);
}

int tail_scratch_new(struct tail_scratch *scratch, const struct tail *tail, size_t rows,
                     struct failure *why) {
    scratch->rows = rows;
    scratch->l4 = floats_new(rows * l4_step(tail), why);
    scratch->l5 = floats_new(rows * l5_step(tail), why);
    scratch->logits = floats_new(rows * logits_step(tail), why);
    scratch->x_at = calloc(4 * rows, sizeof *scratch->x_at);
    if (scratch->l4 == NULL || scratch->l5 == NULL || scratch->logits == NULL ||
        scratch->x_at == NULL)
        return fail(why, STATUS_NO_MEMORY, "no memory for %zu windows at a time", rows);
    scratch->l4_at = scratch->x_at + rows;
    scratch->l5_at = scratch->l4_at + rows;
    scratch->logits_at = scratch->l5_at + rows;
    for (size_t m = 0; m < rows; m++) {
        scratch->l4_at[m] = (uint32_t)(m * l4_step(tail));
        scratch->l5_at[m] = (uint32_t)(m * l5_step(tail));
        scratch->logits_at[m] = (uint32_t)(m * logits_step(tail));
    }
    return STATUS_OK;
}

void tail_scratch_free(struct tail_scratch *scratch) {
    free(scratch->l4);
    free(scratch->l5);
    free(scratch->logits);
    free(scratch->x_at);
    *scratch = (struct tail_scratch){0};
}

/* The largest logit goes first, so that no exponential overflows. */
static void softmax(float *probabilities, const float *logits, size_t classes) {
    float top = logits[0], sum = 0.0F;
    for (size_t c = 1; c < classes; c++)
        top = logits[c] > top ? logits[c] : top;
    for (size_t c = 0; c < classes; c++)
        sum += probabilities[c] = expf(logits[c] - top);
    for (size_t c = 0; c < classes; c++)
        probabilities[c] /= sum;
}

static void show(const struct tap *tap, const char *name, const float *values, size_t windows,
                 size_t step, size_t width) {
    if (tap != NULL)
        tap->layer(tap->user, &(struct layer_view){.name = name,
                                                   .values = values,
                                                   .windows = windows,
                                                   .rows = 1,
                                                   .columns = 1,
                                                   .channels = width,
                                                   .window_step = step});
}

void tail_run(const struct tail *tail, struct tail_scratch *scratch, const float *x, size_t x_step,
              size_t stretch_step, size_t rows, const struct tap *tap, float *probabilities) {
    for (size_t m = 0; m < rows; m++)
        scratch->x_at[m] = (uint32_t)(m * x_step);
    struct product l4 = {.rows = rows,
                         .x = x,
                         .x_at = scratch->x_at,
                         .stretches = tail->shape.stretches,
                         .length = tail->shape.groups * tail->shape.padded,
                         .step = stretch_step,
                         .y = scratch->l4,
                         .y_at = scratch->l4_at,
                         .then = ACTIVATION_SELU};
    packed_use(&tail->l4, &l4);
    tail->kernels->product(&l4);
    show(tap, "L4", scratch->l4, rows, l4_step(tail), tail->l4_width);

    struct product l5 = {.rows = rows,
                         .x = scratch->l4,
                         .x_at = scratch->l4_at,
                         .stretches = 1,
                         .length = l4_step(tail),
                         .y = scratch->l5,
                         .y_at = scratch->l5_at,
                         .then = ACTIVATION_SELU};
    packed_use(&tail->l5, &l5);
    tail->kernels->product(&l5);

    size_t first = 0;
    for (size_t h = 0; h < tail->heads; first += heads[h].classes, h++) {
        const float *branch = scratch->l5 + h * tail->l5_padded;
        show(tap, heads[h].branch, branch, rows, l5_step(tail), tail->l5_width);
        struct product head = {.rows = rows,
                               .x = branch,
                               .x_at = scratch->l5_at,
                               .stretches = 1,
                               .length = tail->l5_padded,
                               .y = scratch->logits,
                               .y_at = scratch->logits_at,
                               .then = ACTIVATION_SELU};
        packed_use(&tail->head[h], &head);
        tail->kernels->product(&head);
        show(tap, heads[h].logits, scratch->logits, rows, logits_step(tail), heads[h].classes);
        for (size_t m = 0; m < rows; m++)
            softmax(probabilities + m * tail->outputs + first,
                    scratch->logits + scratch->logits_at[m], heads[h].classes);
    }
}
