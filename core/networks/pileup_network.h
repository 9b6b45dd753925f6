/* SPDX-License-Identifier: MIT
 *
 * The pileup network (spec networks, 2): 33 positions x 18 counts in, two bidirectional LSTM
 * layers, a dense layer, and two heads of probabilities out (four where the weights have
 * them).  Widths come from the weights.
 *
 *     struct pileup_network *network = pileup_network_new(weights, kernels_best(), &why);
 *     struct pileup_scratch *scratch = pileup_scratch_new(network, &why);   one per thread
 *     pileup_network_run(network, scratch, windows, count, probabilities);
 *
 * A network is read-only after `_new`: threads share it.  Running allocates nothing, and a
 * window's result does not depend on the windows beside it, to the last bit. */
#ifndef CORE_NETWORKS_PILEUP_NETWORK_H
#define CORE_NETWORKS_PILEUP_NETWORK_H

#include "core/networks/kernels.h"
#include "core/networks/tap.h"
#include "core/networks/weights.h"
#include <stddef.h>
#include <stdint.h>

struct pileup_network;
struct pileup_scratch;

/* NULL with a sentence that names the tensor where a tensor is missing or has another shape.
 * `weights` may be freed afterwards; `kernels` (kernels.h) must stay. */
struct pileup_network *pileup_network_new(const struct weights *weights,
                                          const struct kernels *kernels, struct failure *why);
void pileup_network_free(struct pileup_network *network);

/* Probabilities per window: 24 or 90. */
size_t pileup_network_outputs(const struct pileup_network *network);

struct pileup_scratch *pileup_scratch_new(const struct pileup_network *network,
                                          struct failure *why);
void pileup_scratch_free(struct pileup_scratch *scratch);

/* Shows every layer to `tap` (lent until the scratch is freed) as windows run; NULL: none. */
void pileup_scratch_tap(struct pileup_scratch *scratch, const struct tap *tap);

/* windows (count, 33, 18), depth scaling already done (depth_scale.h);
 * probabilities (count, outputs). */
void pileup_network_run(const struct pileup_network *network, struct pileup_scratch *scratch,
                        const int32_t *windows, size_t count, float *probabilities);

#endif
