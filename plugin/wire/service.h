/* SPDX-License-Identifier: MIT
 *
 * The bound side of windows in, calls out: one state machine per peer, without sockets and clocks.
 * Messages go in, hooks say what to send and what to work on; time is whatever the caller says, in
 * milliseconds.  WIRE.md tells the rules; here is what a service does about each:
 *
 *     nobody --HELLO--> greeted --OPEN--> opened --DATA ...--> opened --END--> nobody
 *
 * BEATs are answered at any time.  Whatever breaks the order is answered with a FAULT, and the peer
 * is forgotten; so is one that keeps silent, or has gone when its place is needed.  Other peers
 * notice nothing.  Nothing is kept but what is being worked on, and all of it is bounded: peers,
 * streams, batches per stream. */
#ifndef PLUGIN_WIRE_SERVICE_H
#define PLUGIN_WIRE_SERVICE_H

#include "plugin/wire/frame.h"

enum {
    SERVICE_PEERS_MAX = 64,
    SERVICE_NAME_MAX = 255, /* bytes of a peer's name; ZeroMQ's bound */
    SERVICE_HELLO_MAX = 1024,
    BEATS_OF_SILENCE = 5, /* after so many beats without a word a peer is dead */
    BEAT_DEFAULT_MS = 1000,
    BEAT_LEAST_MS = 20,
    BEAT_MOST_MS = 60000
};

struct service;

struct service_hooks {
    void *with; /* first argument of all */

    /* False where the message cannot go: it is lost and counted, the peer will notice. */
    bool (*send)(void *with, const void *name, size_t name_size, const struct frame *frame);

    /* Peer number `peer` opens a stream; `hello` is what its HELLO said.  Both are lent.  False
     * where there is no room just now. */
    bool (*open)(void *with, size_t peer, const struct frame *hello, const struct frame *open);

    /* Rows of it; the payload is lent. */
    void (*compute)(void *with, size_t peer, const struct frame *data);

    /* The stream is over; what is under way for it is for nobody. */
    void (*close)(void *with, size_t peer);
};

struct service_setup {
    const char *welcome; /* text facts; lent */
    uint64_t credit;     /* batches that a peer may have under way */
};

struct service_counts {
    uint64_t sessions, streams, batches, answers, faults, silent, unsent;
};

struct service *service_new(const struct service_setup *setup, const struct service_hooks *hooks,
                            struct failure *why);
void service_free(struct service *service); /* NULL is fine; calls no hook */

/* A message from whoever is called `name`. */
void service_receive(struct service *service, const void *name, size_t name_size,
                     const void *header, size_t header_size, const void *payload,
                     size_t payload_size, int64_t now);

/* What came of OPEN (sequence 0) or of DATA; `payload` may be NULL, 0.  Ignored where the peer has
 * begun another session since. */
void service_answer(struct service *service, size_t peer, uint64_t session, uint64_t sequence,
                    const void *payload, size_t payload_size);

/* The same where it failed: the peer is told why and forgotten. */
void service_refuse(struct service *service, size_t peer, uint64_t session, uint64_t sequence,
                    const char *sentence);

/* To be called a few times per second: forgets peers that keep silent. */
void service_tick(struct service *service, int64_t now);

/* Tells all peers that the service ends. */
void service_leave(struct service *service);

const struct service_counts *service_counts(const struct service *service);

#endif
