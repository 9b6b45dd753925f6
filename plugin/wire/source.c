/* SPDX-License-Identifier: MIT
 *
 * A ring of kept batches, and the one session. */
#include "plugin/wire/source.h"

#include "plugin/wire/service.h"

#include <stdlib.h>
#include <string.h>

enum { HELD_UP_MS = 2000 };

struct kept {
    const void *payload;
    size_t size;
    int64_t mark_contig, mark_position;
};

struct source {
    struct source_hooks hooks;
    struct source_counts counts;
    const char *welcome;
    const void *schema;
    size_t schema_size;
    bool is_open, ended, done, is_early, wanted_again;
    uint64_t first, next; /* the oldest batch that is kept; the one that will be put next */
    uint64_t had;         /* a subscriber has all before this one */
    uint64_t farthest;    /* the last that was ever sent */
    uint64_t early;       /* a session that wanted what is gone, where `is_early` */
    struct kept kept[SOURCE_KEPT_MAX];
    int64_t ticked;

    /* the session; `name_size` 0: none */
    uint8_t name[SOURCE_NAME_MAX];
    size_t name_size;
    uint64_t session, credit, sending; /* `sending`: the next batch to send */
    uint64_t sent, credits;            /* OPEN, DATA and END; CREDITs that came */
    bool sent_open, sent_end;
    bool end_is_wanted; /* somebody else has all but END: likely the same, whose words went lost */
    int64_t heard, patience;
};

struct source *source_new(const char *welcome, const struct source_hooks *hooks,
                          struct failure *why) {
    struct source *source = calloc(1, sizeof *source);
    if (source == NULL) {
        fail(why, STATUS_NO_MEMORY, "out of memory for the source");
        return NULL;
    }
    source->welcome = welcome;
    source->hooks = *hooks;
    source->first = source->next = 1;
    return source;
}

void source_free(struct source *source) {
    free(source);
}

void source_open(struct source *source, const void *schema, size_t size) {
    source->schema = schema;
    source->schema_size = size;
    source->is_open = true;
}

/* The subscriber has all batches before `sequence`. */
static void drop_before(struct source *source, uint64_t sequence) {
    source->had = sequence > source->had ? sequence : source->had;
    while (source->first < source->had && source->first < source->next) {
        source->first++;
        source->hooks.arrived(source->hooks.with, source->first - 1);
    }
}

size_t source_room(const struct source *source) {
    return SOURCE_KEPT_MAX - (size_t)(source->next - source->first);
}

void source_put(struct source *source, uint64_t sequence, int64_t mark_contig,
                int64_t mark_position, const void *payload, size_t size) {
    if (sequence != source->next || source_room(source) == 0)
        abort(); /* the caller counts */
    source->kept[sequence % SOURCE_KEPT_MAX] =
        (struct kept){payload, size, mark_contig, mark_position};
    source->next++;
    drop_before(source, source->had); /* it was there before this source began anew */
}

void source_end(struct source *source) {
    source->ended = true;
}

/* ---- messages ---- */

static void send_fault(struct source *source, const void *name, size_t name_size, uint64_t session,
                       enum fault_code code, const char *sentence) {
    const struct frame fault = {.kind = FRAME_FAULT,
                                .session = session,
                                .code = code,
                                .payload = sentence,
                                .payload_size = strlen(sentence)};
    source->counts.faults++;
    source->hooks.send(source->hooks.with, name, name_size, &fault);
}

static void fault(struct source *source, enum fault_code code, const char *sentence) {
    send_fault(source, source->name, source->name_size, source->session, code, sentence);
    source->name_size = 0;
}

static void send_frame(struct source *source, struct frame *frame) {
    frame->session = source->session;
    source->hooks.send(source->hooks.with, source->name, source->name_size, frame);
}

static void on_hello(struct source *source, const void *name, size_t name_size,
                     const struct frame *frame, int64_t now) {
    char role[32] = "source";
    bool same_peer = source->name_size == name_size && memcmp(source->name, name, name_size) == 0;
    bool repeated = same_peer && source->session == frame->session;
    frame_fact(frame, "role", role, sizeof role);
    uint64_t beat = frame_number(frame, "beat", BEAT_DEFAULT_MS);
    beat = beat < BEAT_LEAST_MS ? BEAT_LEAST_MS : beat > BEAT_MOST_MS ? BEAT_MOST_MS : beat;
    if (strcmp(role, "source") != 0 || name_size > SOURCE_NAME_MAX || frame->sequence == 0) {
        send_fault(source, name, name_size, frame->session, FAULT_REFUSED,
                   "this is a source: it gives a stream, from the batch on that HELLO names");
        return;
    }
    if (source->name_size > 0 && !same_peer) {
        source->end_is_wanted |= frame->sequence == source->next;
        send_fault(source, name, name_size, frame->session, FAULT_BUSY,
                   "somebody else has this stream");
        return;
    }
    if (!repeated && frame->sequence < source->first) {
        /* Once, it may be the late word of a session that is over. */
        source->wanted_again = source->is_early && source->early != frame->session;
        source->is_early = true;
        source->early = frame->session;
        send_fault(source, name, name_size, frame->session, FAULT_BUSY,
                   "the batch is gone, the stream begins anew");
        return;
    }
    if (!repeated) {
        memcpy(source->name, name, name_size);
        source->name_size = name_size;
        source->session = frame->session;
        source->credit = frame->count;
        source->sending = frame->sequence;
        source->sent = source->credits = 0;
        source->sent_open = source->sent_end = source->end_is_wanted = false;
        source->is_early = false;
        source->patience = (int64_t)beat * BEATS_OF_SILENCE;
        source->counts.sessions++;
        drop_before(source, frame->sequence);
    }
    source->heard = now;
    struct frame welcome = {
        .kind = FRAME_WELCOME, .payload = source->welcome, .payload_size = strlen(source->welcome)};
    send_frame(source, &welcome);
}

static void on_credit(struct source *source, const struct frame *frame) {
    source->credits++;
    if (frame->sequence > source->sending)
        fault(source, FAULT_UNEXPECTED, "CREDIT for what was not sent");
    else {
        source->credit += frame->count;
        drop_before(source, frame->sequence);
    }
}

static void on_beat(struct source *source, const struct frame *frame) {
    struct frame beat = {.kind = FRAME_BEAT, .count = source->sent};
    if (frame->count != source->credits)
        fault(source, FAULT_LOST, "messages went lost or came twice");
    else
        send_frame(source, &beat);
}

void source_receive(struct source *source, const void *name, size_t name_size, const void *header,
                    size_t header_size, const void *payload, size_t payload_size, int64_t now) {
    struct frame frame;
    struct failure why = {0};
    enum fault_code code;
    bool ours = source->name_size == name_size && memcmp(source->name, name, name_size) == 0;
    if (frame_read(&frame, header, header_size, payload, payload_size, &code, &why) != STATUS_OK) {
        send_fault(source, name, name_size, frame.session, code, why.text);
        source->name_size = ours ? 0 : source->name_size;
    } else if (frame.kind == FRAME_HELLO) {
        on_hello(source, name, name_size, &frame, now);
    } else if (!ours || frame.session != source->session) {
        if (frame.kind != FRAME_FAULT && frame.kind != FRAME_END)
            send_fault(source, name, name_size, frame.session, FAULT_UNKNOWN,
                       "no such session; say HELLO");
    } else {
        source->heard = now;
        if (frame.kind == FRAME_CREDIT) {
            on_credit(source, &frame);
        } else if (frame.kind == FRAME_BEAT) {
            on_beat(source, &frame);
        } else if (frame.kind == FRAME_END || frame.kind == FRAME_FAULT) {
            source->done =
                frame.kind == FRAME_END && source->sent_end && frame.count == source->next - 1;
            source->name_size = 0;
        } else {
            fault(source, FAULT_UNEXPECTED, "a source is sent no such message");
        }
    }
}

/* ---- time ---- */

static void send_due(struct source *source) {
    if (!source->sent_open) {
        struct frame open = {.kind = FRAME_OPEN,
                             .mark_contig = -1,
                             .mark_position = -1,
                             .payload = source->schema,
                             .payload_size = source->schema_size};
        source->sent_open = true;
        source->sent++;
        send_frame(source, &open);
    }
    while (source->sending < source->next && source->credit > 0) {
        const struct kept *kept = &source->kept[source->sending % SOURCE_KEPT_MAX];
        struct frame data = {.kind = FRAME_DATA,
                             .sequence = source->sending,
                             .mark_contig = kept->mark_contig,
                             .mark_position = kept->mark_position,
                             .payload = kept->payload,
                             .payload_size = kept->size};
        source->counts.sent++;
        source->counts.sent_again += source->sending <= source->farthest;
        source->farthest = source->sending > source->farthest ? source->sending : source->farthest;
        source->sending++;
        source->credit--;
        source->sent++;
        send_frame(source, &data);
    }
    if (source->ended && source->sending >= source->next && !source->sent_end) {
        struct frame end = {.kind = FRAME_END, .count = source->next - 1};
        source->sent_end = true;
        source->sent++;
        send_frame(source, &end);
    }
}

void source_tick(struct source *source, int64_t now) {
    int64_t gap = source->ticked ? now - source->ticked : 0;
    source->ticked = now;
    if (source->name_size == 0)
        return;
    if (gap > HELD_UP_MS) /* it may have spoken while we could not hear */
        source->heard += gap;
    if (now - source->heard > source->patience) {
        /* All has arrived; that this was heard has not. */
        source->done = source->sent_end && source->first == source->next && !source->end_is_wanted;
        source->name_size = 0;
    } else if (source->is_open) {
        send_due(source);
    }
}

bool source_is_done(const struct source *source) {
    return source->done;
}

bool source_is_wanted_again(const struct source *source) {
    return source->wanted_again;
}

const struct source_counts *source_counts(const struct source *source) {
    return &source->counts;
}
