/* SPDX-License-Identifier: MIT
 *
 * Weights from a TensorFlow checkpoint: a sorted table of keys (PREFIX.index) and shards of
 * bytes (PREFIX.data-0000S-of-0000N): spec networks, 4.3 and 6. */
#ifndef ADAPTERS_TENSORFLOW_BUNDLE_H
#define ADAPTERS_TENSORFLOW_BUNDLE_H

#include "core/networks/weights.h"
#include <stddef.h>
#include <stdint.h>

struct shard {
    const uint8_t *bytes;
    size_t size;
};

/* How many shards the index speaks of, so that the caller can fetch them. */
int tensorflow_bundle_shards(const uint8_t *index, size_t size, size_t *shards,
                             struct failure *why);

/* The network's tensors with PyTorch's names and order of axes; optimizer slots, counters and
 * texts are left out.  NULL with a sentence that names the key. */
struct weights *tensorflow_bundle_read(const uint8_t *index, size_t size,
                                       const struct shard *shards, size_t shard_count,
                                       struct failure *why);

#endif
