/* SPDX-License-Identifier: MIT
 *
 * Weights in the order in which the kernels read them: `panel` outputs side by side, so that
 * an inner loop reads memory from front to back.  Outputs are rounded up to whole panels with
 * zeros; whoever reads the result next either skips those or has zero weights for them.
 * Also where aligned memory comes from. */
#ifndef CORE_NETWORKS_PACK_H
#define CORE_NETWORKS_PACK_H

#include "core/networks/kernels.h"
#include "core/status.h"
#include <stddef.h>

/* One packed matrix: (panels, stretches), runs of (length, P), and its bias (panels, P). */
struct packed {
    size_t panels;
    size_t size; /* floats of the weights */
    float *weights, *bias;
};

size_t round_up(size_t count, size_t unit);

/* `count` zeroed floats, aligned for every vector; released with free(). */
float *floats_new(size_t count, struct failure *why);

/* Floats that weights (stretches, length, width) take as `kernels` read them, and the weights so
 * arranged, whose floats are zero before. */
size_t arranged_floats(const struct kernels *kernels, size_t stretches, size_t length,
                       size_t width);
void arrange_weights(const struct kernels *kernels, const float *weights, size_t stretches,
                     size_t length, size_t width, float *to);

/* Packs `matrix` (outputs, stretches * length), row-major, and `bias` (outputs), NULL for zeros. */
int pack_matrix(struct packed *packed, const float *matrix, const float *bias, size_t outputs,
                size_t stretches, size_t length, const struct kernels *kernels,
                struct failure *why);

void packed_free(struct packed *packed);

/* Fills in `product`'s weights. */
void packed_use(const struct packed *packed, struct product *product);

#endif
