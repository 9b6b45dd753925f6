/* SPDX-License-Identifier: MIT
 *
 * The bound side of a stream that is given away: one subscriber at a time, without sockets and
 * clocks. Batches go in by number, and are kept until the subscriber says that it has them; one
 * that comes back, or another one, may go on from any batch that is still kept.  WIRE.md, "A
 * session with a source". */
#ifndef PLUGIN_WIRE_SOURCE_H
#define PLUGIN_WIRE_SOURCE_H

#include "plugin/wire/frame.h"

enum { SOURCE_KEPT_MAX = 16, SOURCE_NAME_MAX = 255 };

struct source;

struct source_hooks {
    void *with; /* first argument of both */
    /* False where the message cannot go: it is lost, and the subscriber will notice. */
    bool (*send)(void *with, const void *name, size_t name_size, const struct frame *frame);
    /* A batch is no longer needed. */
    void (*arrived)(void *with, uint64_t sequence);
};

/* `welcome` is text facts, lent. */
struct source *source_new(const char *welcome, const struct source_hooks *hooks,
                          struct failure *why);
void source_free(struct source *source); /* NULL is fine; calls no hook */

/* The Arrow schema; lent until source_free. */
void source_open(struct source *source, const void *schema, size_t size);

/* How many batches may be put now. */
size_t source_room(const struct source *source);

/* Batch 1, 2, ...; the payload is lent until it has arrived. */
void source_put(struct source *source, uint64_t sequence, int64_t mark_contig,
                int64_t mark_position, const void *payload, size_t size);

/* There are no more. */
void source_end(struct source *source);

void source_receive(struct source *source, const void *name, size_t name_size, const void *header,
                    size_t header_size, const void *payload, size_t payload_size, int64_t now);

/* Sends what the credit allows, forgets a silent subscriber.  To be called a few times per second
 * and after every other call. */
void source_tick(struct source *source, int64_t now);

/* Everything has arrived, END too (or the subscriber left after it had everything). */
bool source_is_done(const struct source *source);

/* Somebody wanted the stream from a batch on that is gone, while nobody was listening. */
bool source_is_wanted_again(const struct source *source);

struct source_counts {
    uint64_t sessions, sent, sent_again, faults;
};
const struct source_counts *source_counts(const struct source *source);

#endif
