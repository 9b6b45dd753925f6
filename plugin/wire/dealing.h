/* SPDX-License-Identifier: MIT
 *
 * A dealer (dealer.h) with its sockets and its clock, on a thread of its own. */
#ifndef PLUGIN_WIRE_DEALING_H
#define PLUGIN_WIRE_DEALING_H

#include "plugin/wire/dealer.h"
#include "plugin/wire/endpoint.h"

struct dealing;

/* As in struct dealer_hooks, but for what is done here.  [the thread] */
struct dealing_hooks {
    void *with;
    void (*opened)(void *with, const struct frame *result);
    void (*answered)(void *with, uint64_t sequence, const struct frame *result);
    void (*set_aside)(void *with, uint64_t sequence);
    void (*failed)(void *with, const char *sentence);
    void (*tell)(void *with, const char *sentence);
};

struct dealing_setup {
    const char *via; /* addresses with commas between */
    struct endpoint_security security;
    const char *hello; /* text facts of HELLO; lent */
    int64_t beat;      /* milliseconds */
    int64_t wait;      /* seconds to go on without any service */
    bool mixed;        /* services may have different instruction sets */
};

/* Checks addresses and keys, and starts the thread.  NULL on failure. */
struct dealing *dealing_new(const struct dealing_setup *setup, const struct dealing_hooks *hooks,
                            struct failure *why);

/* [one thread] Takes over the payload (free) of OPEN, sequence 0, and then of batches 1, 2, ...  At
 * most DEALER_BATCHES_MAX may be under way.  NO_MEMORY leaves the payload with the caller. */
int dealing_put(struct dealing *dealing, uint64_t sequence, uint8_t *payload, size_t size,
                struct failure *why);

/* When all are answered: tells the services and waits for what they say. */
void dealing_end(struct dealing *dealing);

/* Tells the services where that was not done, and frees everything.  No hook is called after it.
 * NULL is fine. */
void dealing_free(struct dealing *dealing);

const struct dealer_counts *dealing_counts(const struct dealing *dealing); /* after dealing_end */

#endif
