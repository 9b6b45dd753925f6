/* SPDX-License-Identifier: MIT
 *
 * A subscriber (subscriber.h) with its socket and its clock, on a thread of its own: it says that
 * it is there while whoever reads the stream is held up. */
#ifndef PLUGIN_WIRE_SUBSCRIPTION_H
#define PLUGIN_WIRE_SUBSCRIPTION_H

#include "plugin/streams.h"
#include "plugin/wire/endpoint.h"

struct subscription;

struct subscription_setup {
    const char *address;
    struct endpoint_security security;
    int64_t beat; /* milliseconds */
    int64_t wait; /* seconds to go on without the source */
};

/* Checks address and keys, and starts the thread.  NULL on failure. */
struct subscription *subscription_new(const struct subscription_setup *setup, struct failure *why);
void subscription_free(struct subscription *subscription); /* NULL is fine */

/* The next batch: OPEN of that stream, then DATA; the caller owns it.  STATUS_OK with NULL where
 * none came within `milliseconds`, STATUS_END at the end.  [one thread] */
int subscription_next(struct subscription *subscription, const struct stream *stream,
                      int milliseconds, struct runnel_batch **batch, struct failure *why);

#endif
