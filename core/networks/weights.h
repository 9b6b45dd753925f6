/* SPDX-License-Identifier: MIT
 *
 * The weights of one network as named float32 tensors, whatever file they came from.  Names
 * and shapes are those of the PyTorch state dictionary (spec networks, 4.1), which every
 * reader translates into; counters that calling does not need are left out.  The order of
 * the tensors carries no meaning. */
#ifndef CORE_NETWORKS_WEIGHTS_H
#define CORE_NETWORKS_WEIGHTS_H

#include "core/status.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    TENSOR_NAME_MAX = 128, /* with the closing NUL */
    TENSOR_RANK_MAX = 4,
    WEIGHTS_TENSORS_MAX = 256
};

/* One array, last axis fastest.  Unused places of `shape` are 1. */
struct tensor {
    char name[TENSOR_NAME_MAX];
    size_t rank;
    size_t shape[TENSOR_RANK_MAX];
    size_t count; /* product of shape */
    float *values;
};

struct weights {
    size_t count;
    struct tensor *tensors; /* WEIGHTS_TENSORS_MAX places */
};

enum network_kind { NETWORK_UNKNOWN, NETWORK_PILEUP, NETWORK_FULL };

/* An empty set; NULL where memory is short. */
struct weights *weights_new(struct failure *why);
void weights_free(struct weights *weights);

/* Adds a tensor of zeros for the caller to fill and returns it through `added` (valid until
 * weights_free).  Refuses a name twice, too long names, too many tensors, more than 2^27 values. */
int weights_add(struct weights *weights, const char *name, size_t rank, const size_t *shape,
                struct tensor **added, struct failure *why);

/* NULL where there is none of that name. */
const struct tensor *weights_find(const struct weights *weights, const char *name);

/* The tensor of that name, which must have that rank; a shape given as 0 fits any size, others
 * must be equal.  NULL with a sentence that names the tensor otherwise. */
const struct tensor *weights_get(const struct weights *weights, const char *name, size_t rank,
                                 const size_t *shape, struct failure *why);

/* Which network the names belong to. */
enum network_kind weights_kind(const struct weights *weights);

/* A sentence naming tensor and place where a value is no finite number. */
int weights_check_finite(const struct weights *weights, struct failure *why);

/* Total number of values. */
size_t weights_parameters(const struct weights *weights);

/* Same names, shapes and bits; `difference` (may be NULL) gets the first tensor that differs. */
bool weights_equal(const struct weights *a, const struct weights *b, const char **difference);

#endif
