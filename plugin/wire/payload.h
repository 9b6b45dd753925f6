/* SPDX-License-Identifier: MIT
 *
 * Batches as payloads of the wire and back: an OPEN batch is an Arrow schema whose metadata has the
 * type of the stream under the key "stream", a DATA batch an Arrow record batch. */
#ifndef PLUGIN_WIRE_PAYLOAD_H
#define PLUGIN_WIRE_PAYLOAD_H

#include "plugin/streams.h"

/* Writes an OPEN or a DATA batch; the caller frees *bytes. */
int payload_write(uint8_t **bytes, size_t *size, const struct runnel_batch *batch,
                  struct failure *why);

/* Reads an OPEN, which must be of one of `streams` (NULL at the end) and have its columns.  The
 * caller owns the batch; NULL on failure. */
struct runnel_batch *payload_read_open(const void *bytes, size_t size,
                                       const struct stream *const *streams, struct failure *why);

/* Reads rows of the stream that `open` began, which stays the caller's. */
struct runnel_batch *payload_read_data(const void *bytes, size_t size,
                                       const struct runnel_batch *open, struct failure *why);

#endif
