/* SPDX-License-Identifier: MIT
 *
 * From Keras to PyTorch: spec networks, 4.2.  Dense and LSTM kernels are transposed; a
 * convolution kernel (row, position, in, out) becomes (out, in, row, position); the gates stand
 * in the same order in both. */
#include "core/networks/from_keras.h"

#include <stdio.h>
#include <string.h>

static int bad_shape(const char *layer, const char *variable, struct failure *why) {
    return fail(why, STATUS_BAD_INPUT, "%s/%s has not the number of axes that it should have",
                layer, variable);
}

/* values (in, out), or (taps.., in, out), to (out, in, taps..). */
static int add_kernel(struct weights *weights, const char *name, size_t rank, const size_t *shape,
                      const float *values, struct failure *why) {
    size_t O = shape[rank - 1], I = shape[rank - 2];
    size_t turned[TENSOR_RANK_MAX] = {O, I, rank == 4 ? shape[0] : 1, rank == 4 ? shape[1] : 1};
    size_t taps = turned[2] * turned[3];
    struct tensor *tensor;
    int status = weights_add(weights, name, rank, turned, &tensor, why);
    if (status != STATUS_OK)
        return status;
    for (size_t o = 0; o < O; o++)
        for (size_t i = 0; i < I; i++)
            for (size_t tap = 0; tap < taps; tap++)
                tensor->values[(o * I + i) * taps + tap] = values[(tap * I + i) * O + o];
    return STATUS_OK;
}

static int add_vector(struct weights *weights, const char *name, const size_t *shape,
                      const float *values, struct failure *why) {
    struct tensor *tensor;
    int status = weights_add(weights, name, 1, shape, &tensor, why);
    if (status == STATUS_OK && values != NULL)
        memcpy(tensor->values, values, tensor->count * sizeof *values);
    return status;
}

/* LSTMn/forward and LSTMn/backward. */
static int add_lstm(struct weights *weights, const char *layer, const char *variable, size_t rank,
                    const size_t *shape, const float *values, struct failure *why) {
    char name[TENSOR_NAME_MAX];
    const char *end = strcmp(layer + 6, "backward") == 0 ? "_reverse" : "";
    if (strcmp(variable, "bias") == 0) {
        if (rank != 1)
            return bad_shape(layer, variable, why);
        snprintf(name, sizeof name, "%.5s.bias_ih_l0%s", layer, end);
        int status = add_vector(weights, name, shape, values, why);
        snprintf(name, sizeof name, "%.5s.bias_hh_l0%s", layer, end);
        return status == STATUS_OK ? add_vector(weights, name, shape, NULL, why) : status;
    }
    if (rank != 2)
        return bad_shape(layer, variable, why);
    const char *weight = strcmp(variable, "kernel") == 0 ? "weight_ih" : "weight_hh";
    snprintf(name, sizeof name, "%.5s.%s_l0%s", layer, weight, end);
    return add_kernel(weights, name, rank, shape, values, why);
}

int from_keras_add(struct weights *weights, const char *layer, const char *variable, size_t rank,
                   const size_t *shape, const float *values, struct failure *why) {
    static const char *const leaves[][2] = {
        {"kernel", "weight"},
        {"bias", "bias"},
        {"gamma", "weight"},
        {"beta", "bias"},
        {"moving_mean", "running_mean"},
        {"moving_variance", "running_var"},
    };
    if (strncmp(layer, "LSTM", 4) == 0 && strlen(layer) > 6)
        return add_lstm(weights, layer, variable, rank, shape, values, why);
    size_t leaf = 0, leaf_count = sizeof leaves / sizeof leaves[0];
    while (leaf < leaf_count && strcmp(variable, leaves[leaf][0]) != 0)
        leaf++;
    if (leaf == leaf_count)
        return fail(why, STATUS_BAD_INPUT, "%s/%s is of no use in a network", layer, variable);
    /* "res_block1/conv1" is "res_block1.0.conv1": the first block of a sequence of one. */
    char name[TENSOR_NAME_MAX];
    const char *slash = strchr(layer, '/');
    if (slash == NULL)
        snprintf(name, sizeof name, "%s.%s", layer, leaves[leaf][1]);
    else
        snprintf(name, sizeof name, "%.*s.%s%s.%s", (int)(slash - layer), layer,
                 strncmp(layer, "res_block", 9) == 0 ? "0." : "", slash + 1, leaves[leaf][1]);
    if (leaf == 0) {
        bool convolution = slash != NULL;
        if (rank != (convolution ? 4U : 2U))
            return bad_shape(layer, variable, why);
        return add_kernel(weights, name, rank, shape, values, why);
    }
    return rank == 1 ? add_vector(weights, name, shape, values, why)
                     : bad_shape(layer, variable, why);
}
