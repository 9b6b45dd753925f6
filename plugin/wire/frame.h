/* SPDX-License-Identifier: MIT
 *
 * The messages of the wire: a header of FRAME_SIZE bytes and a payload.  WIRE.md is the
 * specification; this is its section "Header".  Sockets and clocks are somebody else's. */
#ifndef PLUGIN_WIRE_FRAME_H
#define PLUGIN_WIRE_FRAME_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_SIZE = 64, FRAME_VERSION = 1 };

/* A payload may not be larger, and whoever sends a larger one is disconnected. */
enum { FRAME_PAYLOAD_MAX = 64 << 20 };

enum frame_kind {
    FRAME_HELLO = 1,   /* who connects speaks first: text facts */
    FRAME_WELCOME = 2, /* and is answered: text facts; count: batches that may be under way */
    FRAME_OPEN = 3,    /* a stream begins: an Arrow schema */
    FRAME_DATA = 4,    /* rows: an Arrow record batch */
    FRAME_RESULT = 5,  /* what came of OPEN (sequence 0) or DATA, and its acknowledgement */
    FRAME_CREDIT = 6,  /* count: batches more that may be sent; sequence: all before it arrived */
    FRAME_BEAT = 7,    /* still there; count: messages that count (see WIRE.md) so far */
    FRAME_END = 8,     /* no more; count: batches in total */
    FRAME_FAULT = 9    /* code and a sentence; the session is over */
};

enum fault_code {
    FAULT_MALFORMED = 1,  /* not a message of this protocol */
    FAULT_VERSION = 2,    /* of another version of it */
    FAULT_UNEXPECTED = 3, /* not now: breaks the order of messages, or the credit */
    FAULT_UNKNOWN = 4,    /* no such session; say HELLO */
    FAULT_BUSY = 5,       /* no room for another peer or stream; try again later */
    FAULT_LOST = 6,       /* messages went missing; say HELLO */
    FAULT_REFUSED = 7, /* the stream or a batch of it cannot be worked on; the sentence says why */
    FAULT_LEAVING = 8  /* the peer was told to end */
};

struct frame {
    uint16_t kind; /* enum frame_kind */
    uint64_t session;
    uint64_t sequence;
    int64_t mark_contig, mark_position; /* of DATA; -1, -1: nothing is promised */
    uint64_t count;
    uint32_t code; /* enum fault_code; 0 but in FAULT */
    const void *payload;
    size_t payload_size;
};

void frame_write(uint8_t header[FRAME_SIZE], const struct frame *frame);

/* Reads a header and checks it against the payload, which is lent to the frame.  On failure *code
 * is what to answer. */
int frame_read(struct frame *frame, const void *header, size_t header_size, const void *payload,
               size_t payload_size, enum fault_code *code, struct failure *why);

/* "HELLO", ... for sentences; "?" for what is none. */
const char *frame_kind_text(unsigned kind);

/* The value of `key` in a payload of text facts ("key value\n" each) as a NUL-terminated copy in
 * `value`; false where it is absent or does not fit. */
bool frame_fact(const struct frame *frame, const char *key, char *value, size_t size);

/* The same as a number; `fallback` where it is absent or none. */
uint64_t frame_number(const struct frame *frame, const char *key, uint64_t fallback);

/* The sentence of a FAULT as a text that may be shown: cut where it does not fit, and without
 * letters that would do something to a terminal. */
void frame_sentence(const struct frame *frame, char *text, size_t size);

#endif
