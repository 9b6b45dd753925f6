/* SPDX-License-Identifier: MIT
 *
 * The connecting side of windows in, calls out: deals the batches of one stream to any number of
 * services that may come and go, without sockets and clocks.  Messages and batches go in, hooks say
 * what to send and what was answered; time is whatever the caller says, in milliseconds.
 *
 *     away --HELLO--> greeting --WELCOME, OPEN--> opening --RESULT--> ready --DATA ...--> ready
 *
 * A batch is kept until it is answered.  What a service has when it falls silent, or comes back
 * without its session, is dealt again; as one of these batches may be what killed it, each of them
 * is from then on dealt to a service that has nothing else (a *suspect*).  A batch that was alone
 * with three services that died is set aside.  The first answer of a batch counts. */
#ifndef PLUGIN_WIRE_DEALER_H
#define PLUGIN_WIRE_DEALER_H

#include "plugin/wire/frame.h"

enum { DEALER_SERVICES_MAX = 32, DEALER_BATCHES_MAX = 64, LONE_DEATHS_MAX = 3 };

struct dealer;

struct dealer_hooks {
    void *with; /* first argument of all */

    /* Drop the connection to a service, whatever is queued in it, and begin a new one. */
    int (*connect)(void *with, size_t service, struct failure *why);

    /* False where the message cannot go: nothing was sent. */
    bool (*send)(void *with, size_t service, const struct frame *frame);

    /* The first RESULT of the OPEN: the schema of the calls. */
    void (*opened)(void *with, const struct frame *result);

    /* The first RESULT of a batch, which is no longer needed. */
    void (*answered)(void *with, uint64_t sequence, const struct frame *result);

    /* Nobody is asked again about this batch, which is no longer needed. */
    void (*set_aside)(void *with, uint64_t sequence);

    /* Nothing can come of it any more.  The dealer does nothing after that. */
    void (*failed)(void *with, const char *sentence);

    /* Something that a person may want to know. */
    void (*tell)(void *with, const char *sentence);
};

struct dealer_setup {
    size_t service_count;
    const char *const *addresses; /* for sentences; lent */
    uint64_t first_session;       /* a random number */
    int64_t beat;                 /* milliseconds between signs of life */
    int64_t patience;             /* how long to go on without any service */
    const char *hello;            /* text facts of HELLO; lent */
    bool mixed;                   /* services may have different instruction sets */
};

struct dealer_counts {
    uint64_t dealt, dealt_again, duplicates, deaths, lost, set_aside;
};

struct dealer *dealer_new(const struct dealer_setup *setup, const struct dealer_hooks *hooks,
                          int64_t now, struct failure *why);
void dealer_free(struct dealer *dealer); /* NULL is fine; calls no hook */

/* The stream: an Arrow schema, lent until dealer_free.  Nothing is sent before. */
void dealer_open(struct dealer *dealer, const void *schema, size_t size);

/* A batch with its number (1, 2, ...); lent until it is answered or set aside.  At most
 * DEALER_BATCHES_MAX at a time. */
void dealer_put(struct dealer *dealer, uint64_t sequence, const void *batch, size_t size);

/* A message from a service. */
void dealer_receive(struct dealer *dealer, size_t service, const void *header, size_t header_size,
                    const void *payload, size_t payload_size, int64_t now);

/* Whatever is due: HELLOs, beats, deaths, dealing.  To be called a few times per beat, and after
 * every other call. */
void dealer_tick(struct dealer *dealer, int64_t now);

/* When all batches are answered: says END to all services. */
void dealer_end(struct dealer *dealer, int64_t now);
bool dealer_ended(const struct dealer *dealer, int64_t now); /* all have answered, or are silent */

const struct dealer_counts *dealer_counts(const struct dealer *dealer);

#endif
