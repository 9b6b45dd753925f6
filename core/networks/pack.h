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

/* One packed matrix: (panels, inputs, P) and its bias (panels, P). */
struct packed {
    size_t inputs, panels;
    float *weights, *bias;
};

size_t round_up(size_t count, size_t unit);

/* `count` zeroed floats, aligned for every vector; released with free(). */
float *floats_new(size_t count, struct failure *why);

/* Packs `matrix` (outputs, inputs), row-major, and `bias` (outputs), NULL for zeros. */
int pack_matrix(struct packed *packed, const float *matrix, const float *bias, size_t outputs,
                size_t inputs, size_t panel, struct failure *why);

void packed_free(struct packed *packed);

/* Fills in `product`'s weights. */
void packed_use(const struct packed *packed, struct product *product);

#endif
