/* SPDX-License-Identifier: MIT
 *
 * All that was published so far, for those who come late: kept in a temporary file without a name,
 * and given to whoever asks, by a thread of its own.  WIRE.md, "Published calls". */
#ifndef PLUGIN_WIRE_SNAPSHOT_H
#define PLUGIN_WIRE_SNAPSHOT_H

#include "plugin/wire/endpoint.h"
#include "plugin/wire/frame.h"

struct snapshot;

/* Binds `address` in `endpoint`, which is lent until snapshot_free.  NULL on failure. */
struct snapshot *snapshot_new(struct endpoint *endpoint, const char *address, struct failure *why);
void snapshot_free(struct snapshot *snapshot); /* NULL is fine */

/* Adds a message that was just published.  [one thread] */
int snapshot_add(struct snapshot *snapshot, const char *topic, const struct frame *frame,
                 struct failure *why);

/* Nothing will be added any more, which those who ask are told. */
void snapshot_end(struct snapshot *snapshot);

/* The address, with the port that was found. */
const char *snapshot_address(const struct snapshot *snapshot);

#endif
