/* SPDX-License-Identifier: MIT
 *
 * What both networks end in (spec networks, 2 and 3): dense L4, from it a branch L5_k per head,
 * from that the head's logits, SELU after each, also after the logits, then softmax head by
 * head.  There are two heads (genotype of 21, zygosity) or four (both indel lengths too). */
#ifndef CORE_NETWORKS_TAIL_H
#define CORE_NETWORKS_TAIL_H

#include "core/networks/kernels.h"
#include "core/networks/pack.h"
#include "core/networks/tap.h"
#include "core/networks/weights.h"

enum {
    HEADS_MAX = 4,
    GENOTYPE_CLASSES = 21, /* pairs of two among A, C, G, T, deletion, insertion */
    ZYGOSITY_CLASSES = 3,
    LENGTH_CLASSES = 2 * 16 + 1, /* an indel of up to 16 letters either way; longer ones count so */
    OUTPUTS_MAX = GENOTYPE_CLASSES + ZYGOSITY_CLASSES + 2 * LENGTH_CLASSES
};

/* How the values that L4 reads stand in memory and in its weight matrix: `stretches` runs of
 * `width` values in groups of `groups` (directions, for instance), each padded to `padded`. */
struct flat_shape {
    size_t stretches, groups, width, padded;
};

struct tail {
    const struct kernels *kernels;
    size_t heads, outputs;
    size_t l4_width, l5_width, l5_padded; /* of one branch */
    struct flat_shape shape;
    struct packed l4, l5, head[HEADS_MAX];
};

/* Working memory for up to `rows` windows. */
struct tail_scratch {
    size_t rows;
    float *l4, *l5, *logits;
    uint32_t *x_at, *l4_at, *l5_at, *logits_at;
};

/* Checks the dense tensors of `weights` against the shape and packs them. */
int tail_pack(struct tail *tail, const struct weights *weights, const struct flat_shape *shape,
              const struct kernels *kernels, struct failure *why);
void tail_free(struct tail *tail);

int tail_scratch_new(struct tail_scratch *scratch, const struct tail *tail, size_t rows,
                     struct failure *why);
void tail_scratch_free(struct tail_scratch *scratch);

/* probabilities (rows, outputs) from x, whose row m begins at m * x_step and whose stretches
 * are `stretch_step` apart.  `tap` may be NULL. */
void tail_run(const struct tail *tail, struct tail_scratch *scratch, const float *x, size_t x_step,
              size_t stretch_step, size_t rows, const struct tap *tap, float *probabilities);

#endif
