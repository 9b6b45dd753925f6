/* SPDX-License-Identifier: MIT
 *
 * The rules by which a variable of Keras or TensorFlow becomes a tensor of ours (spec
 * networks, 4.2): names, order of axes, and the second LSTM bias that Keras does not have. */
#ifndef CORE_NETWORKS_FROM_KERAS_H
#define CORE_NETWORKS_FROM_KERAS_H

#include "core/networks/weights.h"

/* Adds the variable `variable` ("kernel", "recurrent_kernel", "bias", "gamma", "beta",
 * "moving_mean" or "moving_variance") of `layer`: "LSTM1/forward", "L4", "conv1/conv",
 * "conv1/bn", "res_block1/conv1", "res_block1/bn1" and so on.  `values` are row-major. */
int from_keras_add(struct weights *weights, const char *layer, const char *variable, size_t rank,
                   const size_t *shape, const float *values, struct failure *why);

#endif
