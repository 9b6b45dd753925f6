/* SPDX-License-Identifier: MIT
 *
 * The connecting side of a stream that is given away (source.h), without sockets and clocks.  Every
 * batch is told once and in order; where the source dies, or messages go lost, the stream goes on
 * behind the last batch that came. */
#ifndef PLUGIN_WIRE_SUBSCRIBER_H
#define PLUGIN_WIRE_SUBSCRIBER_H

#include "plugin/wire/frame.h"

struct subscriber;

struct subscriber_hooks {
    void *with; /* first argument of all */
    /* Drop the connection, whatever is queued in it, and begin a new one. */
    int (*connect)(void *with, struct failure *why);
    bool (*send)(void *with, const struct frame *frame);
    /* OPEN (once), DATA (1, 2, ...) and END (once); the payload is lent. */
    void (*message)(void *with, const struct frame *frame);
    /* Nothing can come of it any more. */
    void (*failed)(void *with, const char *sentence);
};

struct subscriber_setup {
    uint64_t first_session; /* a random number */
    int64_t beat;           /* milliseconds between signs of life */
    int64_t patience;       /* how long to go on without the source */
    uint64_t credit;        /* batches that may be here and not taken */
    const char *hello;      /* text facts of HELLO; lent */
};

struct subscriber *subscriber_new(const struct subscriber_setup *setup,
                                  const struct subscriber_hooks *hooks, int64_t now,
                                  struct failure *why);
void subscriber_free(struct subscriber *subscriber); /* NULL is fine; calls no hook */

void subscriber_receive(struct subscriber *subscriber, const void *header, size_t header_size,
                        const void *payload, size_t payload_size, int64_t now);

/* Whoever reads the stream has taken a batch. */
void subscriber_taken(struct subscriber *subscriber);

/* Whatever is due.  To be called a few times per beat, and after every other call. */
void subscriber_tick(struct subscriber *subscriber, int64_t now);

#endif
