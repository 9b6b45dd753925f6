/* SPDX-License-Identifier: MIT
 *
 * A set of named tensors: a plain list, since no network has more than a hundred. */
#include "core/networks/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Values of all tensors; the real networks have three million. */
enum { WEIGHTS_VALUES_MAX = 1 << 27 };

struct weights *weights_new(struct failure *why) {
    struct weights *weights = calloc(1, sizeof *weights);
    if (weights != NULL)
        weights->tensors = calloc(WEIGHTS_TENSORS_MAX, sizeof *weights->tensors);
    if (weights == NULL || weights->tensors == NULL) {
        free(weights);
        fail(why, STATUS_NO_MEMORY, "no memory for a set of weights");
        return NULL;
    }
    return weights;
}

void weights_free(struct weights *weights) {
    if (weights == NULL)
        return;
    for (size_t t = 0; t < weights->count; t++)
        free(weights->tensors[t].values);
    free(weights->tensors);
    free(weights);
}

int weights_add(struct weights *weights, const char *name, size_t rank, const size_t *shape,
                struct tensor **added, struct failure *why) {
    size_t length = strlen(name);
    if (length >= TENSOR_NAME_MAX)
        return fail(why, STATUS_BAD_INPUT, "tensor name longer than %d letters: %.40s...",
                    TENSOR_NAME_MAX - 1, name);
    if (weights_find(weights, name) != NULL)
        return fail(why, STATUS_BAD_INPUT, "tensor %s stands there twice", name);
    if (weights->count == WEIGHTS_TENSORS_MAX)
        return fail(why, STATUS_BAD_INPUT, "more than %d tensors", WEIGHTS_TENSORS_MAX);
    if (rank > TENSOR_RANK_MAX)
        return fail(why, STATUS_BAD_INPUT, "tensor %s has %zu axes, more than %d", name, rank,
                    TENSOR_RANK_MAX);
    struct tensor *tensor = &weights->tensors[weights->count];
    *tensor = (struct tensor){.rank = rank, .shape = {1, 1, 1, 1}, .count = 1};
    memcpy(tensor->name, name, length + 1);
    for (size_t axis = 0; axis < rank; axis++) {
        if (shape[axis] == 0 || shape[axis] > WEIGHTS_VALUES_MAX / tensor->count)
            return fail(why, STATUS_BAD_INPUT, "tensor %s has an impossible size (axis %zu is %zu)",
                        name, axis, shape[axis]);
        tensor->shape[axis] = shape[axis];
        tensor->count *= shape[axis];
    }
    if (weights_parameters(weights) + tensor->count > WEIGHTS_VALUES_MAX)
        return fail(why, STATUS_BAD_INPUT, "tensor %s: more than %d weights in all", name,
                    WEIGHTS_VALUES_MAX);
    tensor->values = calloc(tensor->count, sizeof *tensor->values);
    if (tensor->values == NULL)
        return fail(why, STATUS_NO_MEMORY, "no memory for tensor %s", name);
    weights->count++;
    *added = tensor;
    return STATUS_OK;
}

const struct tensor *weights_find(const struct weights *weights, const char *name) {
    for (size_t t = 0; t < weights->count; t++)
        if (strcmp(weights->tensors[t].name, name) == 0)
            return &weights->tensors[t];
    return NULL;
}

const struct tensor *weights_get(const struct weights *weights, const char *name, size_t rank,
                                 const size_t *shape, struct failure *why) {
    const struct tensor *tensor = weights_find(weights, name);
    if (tensor == NULL) {
        fail(why, STATUS_BAD_INPUT, "tensor %s is missing", name);
        return NULL;
    }
    if (tensor->rank != rank) {
        fail(why, STATUS_BAD_INPUT, "tensor %s has %zu axes where %zu are expected", name,
             tensor->rank, rank);
        return NULL;
    }
    for (size_t axis = 0; axis < rank; axis++)
        if (shape[axis] != 0 && shape[axis] != tensor->shape[axis]) {
            fail(why, STATUS_BAD_INPUT, "tensor %s: axis %zu has %zu where %zu are expected", name,
                 axis, tensor->shape[axis], shape[axis]);
            return NULL;
        }
    return tensor;
}

enum network_kind weights_kind(const struct weights *weights) {
    if (weights_find(weights, "LSTM1.weight_ih_l0") != NULL)
        return NETWORK_PILEUP;
    if (weights_find(weights, "conv1.conv.weight") != NULL)
        return NETWORK_FULL;
    return NETWORK_UNKNOWN;
}

int weights_check_finite(const struct weights *weights, struct failure *why) {
    for (size_t t = 0; t < weights->count; t++) {
        const struct tensor *tensor = &weights->tensors[t];
        for (size_t i = 0; i < tensor->count; i++)
            if (!isfinite(tensor->values[i]))
                return fail(why, STATUS_BAD_INPUT, "tensor %s: value %zu is not a finite number",
                            tensor->name, i);
    }
    return STATUS_OK;
}

size_t weights_parameters(const struct weights *weights) {
    size_t parameters = 0;
    for (size_t t = 0; t < weights->count; t++)
        parameters += weights->tensors[t].count;
    return parameters;
}

bool weights_equal(const struct weights *a, const struct weights *b, const char **difference) {
    for (size_t t = 0; t < a->count; t++) {
        const struct tensor *x = &a->tensors[t], *y = weights_find(b, x->name);
        if (y == NULL || x->rank != y->rank || x->count != y->count ||
            memcmp(x->shape, y->shape, sizeof x->shape) != 0 ||
            memcmp(x->values, y->values, x->count * sizeof *x->values) != 0) {
            if (difference != NULL)
                *difference = x->name;
            return false;
        }
    }
    for (size_t t = 0; t < b->count; t++)
        if (weights_find(a, b->tensors[t].name) == NULL) {
            if (difference != NULL)
                *difference = b->tensors[t].name;
            return false;
        }
    return true;
}
