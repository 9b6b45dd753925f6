/* SPDX-License-Identifier: MIT
 *
 * The full-alignment network (spec networks, 3): rows x 33 positions x channels in, three
 * strided convolutions each followed by a residual block, pyramid pooling, and the
 * probabilities of two or four heads out.  Widths and channels come from the weights.
 *
 * Most windows use only some of their rows.  What the layers give for rows that no read
 * reaches depends on the model alone; it is computed once in `_new` and copied, which changes
 * no bit of the result.
 *
 * A network is read-only after `_new`: threads share it, each with a scratch of its own.
 * Running allocates nothing, and a window's result does not depend on its neighbours. */
#ifndef CORE_NETWORKS_FULL_NETWORK_H
#define CORE_NETWORKS_FULL_NETWORK_H

#include "core/networks/kernels.h"
#include "core/networks/tap.h"
#include "core/networks/weights.h"
#include <stddef.h>
#include <stdint.h>

struct full_network;
struct full_scratch;

/* Where a strided convolution puts its zeros (spec networks, 3, the two schools). */
enum padding {
    PADDING_SYMMETRIC, /* PyTorch: one on every side */
    PADDING_SAME       /* TensorFlow: an axis of even length gets its only one at the end */
};

/* One window: rows [first_row, first_row + rows) of (network's rows, 33, channels); the others
 * are zero.  `values` (rows, 33, channels) is lent for the run. */
struct full_input {
    const int8_t *values;
    size_t first_row, rows;
};

/* For windows of `rows` rows (89 and 55 are in use).  NULL with a sentence that names the
 * tensor, or the number of rows, that does not fit.  `weights` may be freed afterwards. */
struct full_network *full_network_new(const struct weights *weights, size_t rows,
                                      enum padding padding, const struct kernels *kernels,
                                      struct failure *why);
void full_network_free(struct full_network *network);

size_t full_network_outputs(const struct full_network *network);  /* 24 or 90 */
size_t full_network_channels(const struct full_network *network); /* 8, or 9 with dwell time */
size_t full_network_rows(const struct full_network *network);

struct full_scratch *full_scratch_new(const struct full_network *network, struct failure *why);
void full_scratch_free(struct full_scratch *scratch);

/* Shows every layer to `tap` (lent until the scratch is freed) as windows run; NULL: none. */
void full_scratch_tap(struct full_scratch *scratch, const struct tap *tap);

/* probabilities (count, outputs) */
void full_network_run(const struct full_network *network, struct full_scratch *scratch,
                      const struct full_input *windows, size_t count, float *probabilities);

#endif
