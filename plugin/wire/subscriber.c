/* SPDX-License-Identifier: MIT
 *
 * One session after the other, until END. */
#include "plugin/wire/subscriber.h"

#include "plugin/wire/service.h"

#include <stdlib.h>
#include <string.h>

enum subscriber_state { AWAY, GREETING, READING, OVER };

struct subscriber {
    struct subscriber_setup setup;
    struct subscriber_hooks hooks;
    enum subscriber_state state;
    uint64_t session;
    uint64_t received, credits; /* OPEN, DATA, END of this session; CREDITs said in it */
    uint64_t next, taken;       /* the next batch; how many the reader has taken */
    uint64_t granted;           /* batches that this session's source may send up to */
    int64_t heard, spoke, retry, served, ticked;
    void *schema; /* of the first OPEN: the stream must stay the same */
    size_t schema_size;
};

struct subscriber *subscriber_new(const struct subscriber_setup *setup,
                                  const struct subscriber_hooks *hooks, int64_t now,
                                  struct failure *why) {
    struct subscriber *subscriber = calloc(1, sizeof *subscriber);
    if (subscriber == NULL) {
        fail(why, STATUS_NO_MEMORY, "out of memory for the stream");
        return NULL;
    }
    subscriber->setup = *setup;
    subscriber->hooks = *hooks;
    subscriber->session = setup->first_session;
    subscriber->next = 1;
    subscriber->served = subscriber->ticked = now;
    return subscriber;
}

void subscriber_free(struct subscriber *subscriber) {
    if (subscriber != NULL)
        free(subscriber->schema);
    free(subscriber);
}

static void fail_all(struct subscriber *subscriber, const char *sentence) {
    subscriber->state = OVER;
    subscriber->hooks.failed(subscriber->hooks.with, sentence);
}

static void say(struct subscriber *subscriber, struct frame *frame, int64_t now) {
    frame->session = subscriber->session;
    subscriber->spoke = now;
    subscriber->hooks.send(subscriber->hooks.with, frame);
}

/* The session is over, and the source need not wait for our silence to give the stream again. */
static void lose(struct subscriber *subscriber, int64_t now, int64_t retry) {
    struct frame leaving = {.kind = FRAME_FAULT, .code = FAULT_LEAVING};
    say(subscriber, &leaving, now);
    subscriber->state = AWAY;
    subscriber->retry = retry;
}

/* ---- messages ---- */

static void on_open(struct subscriber *subscriber, const struct frame *frame) {
    subscriber->received++;
    if (subscriber->schema == NULL) {
        subscriber->schema = malloc(frame->payload_size + 1);
        if (subscriber->schema == NULL) {
            fail_all(subscriber, "out of memory for the stream");
            return;
        }
        memcpy(subscriber->schema, frame->payload, frame->payload_size);
        subscriber->schema_size = frame->payload_size;
        subscriber->hooks.message(subscriber->hooks.with, frame);
    } else if (subscriber->schema_size != frame->payload_size ||
               memcmp(subscriber->schema, frame->payload, frame->payload_size) != 0) {
        fail_all(subscriber, "another stream than the one that was begun");
    }
}

static void on_data(struct subscriber *subscriber, const struct frame *frame, int64_t now) {
    subscriber->received++;
    if (subscriber->schema == NULL || frame->sequence > subscriber->next)
        lose(subscriber, now, now); /* something went lost before it */
    else if (subscriber->next > subscriber->granted)
        fail_all(subscriber, "more batches than were asked for");
    else if (frame->sequence == subscriber->next) {
        subscriber->next++;
        subscriber->hooks.message(subscriber->hooks.with, frame);
    }
}

static void on_end(struct subscriber *subscriber, const struct frame *frame, int64_t now) {
    struct frame answer = {.kind = FRAME_END, .count = subscriber->next - 1};
    subscriber->received++;
    if (subscriber->schema == NULL || frame->count != subscriber->next - 1) {
        lose(subscriber, now, now);
        return;
    }
    say(subscriber, &answer, now);
    subscriber->state = OVER;
    subscriber->hooks.message(subscriber->hooks.with, frame);
}

static void on_fault(struct subscriber *subscriber, const struct frame *frame, int64_t now) {
    char sentence[512];
    frame_sentence(frame, sentence, sizeof sentence);
    switch (frame->code) {
    case FAULT_BUSY:
        subscriber->served = now; /* somebody is there */
        lose(subscriber, now, now + subscriber->setup.beat);
        break;
    case FAULT_UNEXPECTED:
    case FAULT_UNKNOWN:
    case FAULT_LOST:
    case FAULT_LEAVING:
        lose(subscriber, now, now + subscriber->setup.beat / 4);
        break;
    default:
        fail_all(subscriber, sentence);
    }
}

void subscriber_receive(struct subscriber *subscriber, const void *header, size_t header_size,
                        const void *payload, size_t payload_size, int64_t now) {
    struct frame frame;
    struct failure why = {0};
    enum fault_code code;
    if (subscriber->state == AWAY || subscriber->state == OVER)
        return;
    if (frame_read(&frame, header, header_size, payload, payload_size, &code, &why) != STATUS_OK) {
        fail_all(subscriber, why.text);
        return;
    }
    if (frame.session != subscriber->session)
        return; /* of a session that is over */
    subscriber->heard = subscriber->served = now;
    if (subscriber->state == GREETING) {
        if (frame.kind == FRAME_WELCOME)
            subscriber->state = READING;
        else if (frame.kind == FRAME_FAULT)
            on_fault(subscriber, &frame, now);
        return;
    }
    switch (frame.kind) {
    case FRAME_WELCOME: /* it came twice */
        break;
    case FRAME_OPEN:
        on_open(subscriber, &frame);
        break;
    case FRAME_DATA:
        on_data(subscriber, &frame, now);
        break;
    case FRAME_END:
        on_end(subscriber, &frame, now);
        break;
    case FRAME_BEAT:
        if (frame.count != subscriber->received)
            lose(subscriber, now, now);
        break;
    case FRAME_FAULT:
        on_fault(subscriber, &frame, now);
        break;
    default:
        fail_all(subscriber, "a source sends no such message");
    }
}

void subscriber_taken(struct subscriber *subscriber) {
    subscriber->taken++;
}

/* ---- time ---- */

static void greet(struct subscriber *subscriber, int64_t now, bool again) {
    struct failure why = {0};
    if (!again) {
        subscriber->session++;
        subscriber->received = subscriber->credits = 0;
        subscriber->granted = subscriber->taken + subscriber->setup.credit;
        subscriber->heard = now;
        subscriber->state = GREETING;
        if (subscriber->hooks.connect(subscriber->hooks.with, &why) != STATUS_OK) {
            fail_all(subscriber, why.text);
            return;
        }
    }
    struct frame hello = {.kind = FRAME_HELLO,
                          .sequence = subscriber->next,
                          .count = subscriber->granted - (subscriber->next - 1),
                          .payload = subscriber->setup.hello,
                          .payload_size = strlen(subscriber->setup.hello)};
    say(subscriber, &hello, now);
}

static void read_on(struct subscriber *subscriber, int64_t now) {
    uint64_t more = subscriber->taken + subscriber->setup.credit - subscriber->granted;
    struct frame credit = {.kind = FRAME_CREDIT, .sequence = subscriber->next, .count = more};
    struct frame beat = {.kind = FRAME_BEAT, .count = subscriber->credits};
    if (now - subscriber->heard > subscriber->setup.beat * BEATS_OF_SILENCE) {
        lose(subscriber, now, now);
    } else if (more > 0) {
        subscriber->granted += more;
        subscriber->credits++;
        say(subscriber, &credit, now);
    } else if (now - subscriber->spoke >= subscriber->setup.beat) {
        beat.count = subscriber->credits;
        say(subscriber, &beat, now);
    }
}

void subscriber_tick(struct subscriber *subscriber, int64_t now) {
    int64_t gap = now - subscriber->ticked;
    subscriber->ticked = now;
    if (gap > 2 * subscriber->setup.beat) { /* it may have spoken while we could not hear */
        subscriber->heard += gap;
        subscriber->served += gap;
    }
    if (subscriber->state != OVER && now - subscriber->served > subscriber->setup.patience)
        fail_all(subscriber, "the source does not answer");
    if (subscriber->state == AWAY && now >= subscriber->retry)
        greet(subscriber, now, false);
    else if (subscriber->state == GREETING && now - subscriber->spoke >= subscriber->setup.beat)
        greet(subscriber, now, true);
    else if (subscriber->state == READING)
        read_on(subscriber, now);
}
