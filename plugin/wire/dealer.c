/* SPDX-License-Identifier: MIT
 *
 * Services and batches in two fixed tables. */
#include "plugin/wire/dealer.h"

#include "plugin/wire/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many sessions with a service may break in a row before it is given up. */
enum { BREAKS_MAX = 50 };

enum service_state { AWAY, GREETING, OPENING, READY, ENDING, ENDED };

struct known_service {
    enum service_state state;
    uint64_t session;
    uint64_t credit, out;   /* batches it may have, and has */
    uint64_t sent, results; /* OPEN and DATA; RESULTs */
    int64_t heard, beat;    /* when last heard, and last told that we are there */
    int64_t next;           /* when to try again, where it is AWAY */
    bool lone;              /* has a suspect, and gets nothing else */
    bool excused;           /* we were held up: that a session is gone is nobody's fault */
    unsigned breaks;        /* sessions in a row without a result */
};

struct batch {
    uint64_t sequence; /* 0: the place is free */
    const void *bytes;
    size_t size;
    int service; /* that has it; -1: waits to be dealt */
    bool suspect;
    unsigned lone_deaths;
};

struct dealer {
    struct dealer_setup setup;
    struct dealer_hooks hooks;
    struct dealer_counts counts;
    const void *schema;
    size_t schema_size;
    bool is_open, opened, ending, failed, told_waiting;
    uint64_t next_session;
    int64_t ticked, served; /* last tick; when last a service was there */
    char digest[72], kernels[16];
    struct known_service services[DEALER_SERVICES_MAX];
    struct batch batches[DEALER_BATCHES_MAX];
};

struct dealer *dealer_new(const struct dealer_setup *setup, const struct dealer_hooks *hooks,
                          int64_t now, struct failure *why) {
    struct dealer *dealer = calloc(1, sizeof *dealer);
    if (dealer == NULL) {
        fail(why, STATUS_NO_MEMORY, "out of memory for dealing batches");
        return NULL;
    }
    dealer->setup = *setup;
    dealer->hooks = *hooks;
    dealer->next_session = setup->first_session;
    dealer->ticked = dealer->served = now;
    return dealer;
}

void dealer_free(struct dealer *dealer) {
    free(dealer);
}

static void fail_all(struct dealer *dealer, size_t service, const char *sentence) {
    char text[2 * FAILURE_TEXT_MAX];
    snprintf(text, sizeof text, "%s: %s", dealer->setup.addresses[service], sentence);
    dealer->failed = true;
    dealer->hooks.failed(dealer->hooks.with, text);
}

static void tell(struct dealer *dealer, size_t service, const char *sentence) {
    char text[2 * FAILURE_TEXT_MAX];
    snprintf(text, sizeof text, "%s %s", dealer->setup.addresses[service], sentence);
    dealer->hooks.tell(dealer->hooks.with, text);
}

static bool send_to(struct dealer *dealer, size_t number, struct frame *frame, int64_t now) {
    struct known_service *service = &dealer->services[number];
    frame->session = service->session;
    if (frame->kind != FRAME_DATA) /* only the others are answered at once */
        service->beat = now;
    return dealer->hooks.send(dealer->hooks.with, number, frame);
}

/* ---- a service goes ---- */

/* What it had waits to be dealt again.  `suspect`: one of these batches may be the reason. */
static void lose(struct dealer *dealer, size_t number, bool suspect, int64_t next) {
    struct known_service *service = &dealer->services[number];
    bool alone = service->out == 1;
    for (size_t i = 0; i < DEALER_BATCHES_MAX; i++) {
        struct batch *batch = &dealer->batches[i];
        if (batch->sequence == 0 || batch->service != (int)number)
            continue;
        batch->service = -1;
        dealer->counts.dealt_again++;
        if (!suspect)
            continue;
        batch->suspect = true;
        batch->lone_deaths += alone;
        if (batch->lone_deaths < LONE_DEATHS_MAX)
            continue;
        uint64_t sequence = batch->sequence;
        batch->sequence = 0;
        dealer->counts.set_aside++;
        dealer->hooks.set_aside(dealer->hooks.with, sequence);
    }
    if (suspect)
        dealer->counts.deaths++;
    else
        dealer->counts.lost++;
    unsigned breaks = service->breaks + 1;
    *service = (struct known_service){.state = AWAY, .next = next, .breaks = breaks};
    if (breaks > BREAKS_MAX && !suspect)
        fail_all(dealer, number, "no session holds; is this a Runnel service?");
}

/* ---- messages ---- */

/* All services must give the same calls, so the first one's model is the model. */
static bool same_model(struct dealer *dealer, size_t number, const struct frame *welcome) {
    char digest[72] = "", kernels[16] = "", text[256];
    frame_fact(welcome, "model_digest", digest, sizeof digest);
    frame_fact(welcome, "kernels", kernels, sizeof kernels);
    if (dealer->digest[0] == '\0') {
        memcpy(dealer->digest, digest, sizeof digest);
        memcpy(dealer->kernels, kernels, sizeof kernels);
    }
    bool same_digest = strcmp(dealer->digest, digest) == 0;
    if (!same_digest)
        snprintf(text, sizeof text, "its model (digest %.12s) is not that of the others (%.12s)",
                 digest, dealer->digest);
    else if (!dealer->setup.mixed && strcmp(dealer->kernels, kernels) != 0)
        snprintf(text, sizeof text,
                 "it computes with %s, the others with %s; last digits may differ (--mixed allows "
                 "that)",
                 kernels, dealer->kernels);
    else
        return true;
    fail_all(dealer, number, text);
    return false;
}

static void on_welcome(struct dealer *dealer, size_t number, const struct frame *frame,
                       int64_t now) {
    struct known_service *service = &dealer->services[number];
    if (service->state != GREETING) /* it came twice */
        return;
    if (!same_model(dealer, number, frame))
        return;
    if (frame->count == 0) {
        fail_all(dealer, number, "a service that takes no batch");
        return;
    }
    service->state = OPENING;
    service->credit = frame->count;
    service->sent = 1;
    struct frame open = {.kind = FRAME_OPEN,
                         .mark_contig = -1,
                         .mark_position = -1,
                         .payload = dealer->schema,
                         .payload_size = dealer->schema_size};
    send_to(dealer, number, &open, now);
}

static struct batch *find(struct dealer *dealer, uint64_t sequence) {
    for (size_t i = 0; i < DEALER_BATCHES_MAX; i++)
        if (dealer->batches[i].sequence == sequence)
            return &dealer->batches[i];
    return NULL;
}

static void on_result(struct dealer *dealer, size_t number, const struct frame *frame) {
    struct known_service *service = &dealer->services[number];
    service->results++;
    if (frame->sequence == 0) {
        if (service->state == OPENING)
            service->state = READY;
        if (!dealer->opened)
            dealer->hooks.opened(dealer->hooks.with, frame);
        dealer->opened = true;
        return;
    }
    struct batch *batch = find(dealer, frame->sequence);
    if (batch == NULL || batch->service != (int)number) {
        dealer->counts.duplicates++;
        return;
    }
    service->out--;
    service->lone = false;
    service->breaks = 0;
    batch->sequence = 0;
    dealer->hooks.answered(dealer->hooks.with, frame->sequence, frame);
}

static void on_fault(struct dealer *dealer, size_t number, const struct frame *frame, int64_t now) {
    struct known_service *service = &dealer->services[number];
    char sentence[512];
    frame_sentence(frame, sentence, sizeof sentence);
    bool had_some = service->out > 0 && !service->excused;
    switch (frame->code) {
    case FAULT_UNKNOWN: /* it has begun anew, or given us up */
        lose(dealer, number, had_some, now);
        break;
    case FAULT_LEAVING:
    case FAULT_LOST:
    case FAULT_UNEXPECTED:
        lose(dealer, number, false, now + (frame->code == FAULT_LEAVING ? dealer->setup.beat : 0));
        break;
    case FAULT_BUSY:
        lose(dealer, number, false, now + 2 * dealer->setup.beat);
        service->breaks = 0;
        break;
    default:
        fail_all(dealer, number, sentence);
    }
}

static void on_count(struct dealer *dealer, size_t number, const struct frame *frame, int64_t now) {
    struct known_service *service = &dealer->services[number];
    if (frame->count != service->results)
        lose(dealer, number, false, now);
    else if (frame->kind == FRAME_END)
        service->state = ENDED;
}

void dealer_receive(struct dealer *dealer, size_t number, const void *header, size_t header_size,
                    const void *payload, size_t payload_size, int64_t now) {
    struct frame frame;
    struct failure why = {0};
    enum fault_code code;
    if (dealer->failed || number >= dealer->setup.service_count)
        return;
    struct known_service *service = &dealer->services[number];
    if (frame_read(&frame, header, header_size, payload, payload_size, &code, &why) != STATUS_OK) {
        fail_all(dealer, number, why.text);
        return;
    }
    if (service->state == AWAY || frame.session != service->session)
        return; /* of a session that is over */
    service->heard = now;
    service->excused = service->excused && frame.kind == FRAME_FAULT;
    switch (frame.kind) {
    case FRAME_WELCOME:
        on_welcome(dealer, number, &frame, now);
        break;
    case FRAME_RESULT:
        on_result(dealer, number, &frame);
        break;
    case FRAME_BEAT:
    case FRAME_END:
        on_count(dealer, number, &frame, now);
        break;
    case FRAME_FAULT:
        on_fault(dealer, number, &frame, now);
        break;
    default:
        fail_all(dealer, number, "a service sends no such message");
    }
}

/* ---- time ---- */

static void say_hello(struct dealer *dealer, size_t number, int64_t now) {
    struct frame hello = {.kind = FRAME_HELLO,
                          .payload = dealer->setup.hello,
                          .payload_size = strlen(dealer->setup.hello)};
    send_to(dealer, number, &hello, now);
}

static void tend(struct dealer *dealer, size_t number, int64_t now) {
    struct known_service *service = &dealer->services[number];
    struct frame beat = {.kind = FRAME_BEAT, .count = service->sent};
    struct failure why = {0};
    switch (service->state) {
    case AWAY:
        if (now < service->next)
            break;
        service->state = GREETING;
        service->session = dealer->next_session++;
        service->heard = now;
        if (dealer->hooks.connect(dealer->hooks.with, number, &why) == STATUS_OK)
            say_hello(dealer, number, now);
        else
            fail_all(dealer, number, why.text);
        break;
    case GREETING:
        if (now - service->beat >= dealer->setup.beat)
            say_hello(dealer, number, now);
        break;
    case OPENING:
    case READY:
        if (now - service->heard > dealer->setup.beat * BEATS_OF_SILENCE) {
            tell(dealer, number, "keeps silent; what it has is dealt again");
            lose(dealer, number, true, now);
        } else if (now - service->beat >= dealer->setup.beat) {
            send_to(dealer, number, &beat, now);
        }
        break;
    case ENDING:
    case ENDED:
        break;
    }
}

/* A ready service for a batch: one that has nothing, for a suspect; else the one with the fewest.
 */
static int choose(struct dealer *dealer, bool suspect, int reserved, int64_t now) {
    int best = -1;
    for (size_t i = 0; i < dealer->setup.service_count; i++) {
        const struct known_service *service = &dealer->services[i];
        if (service->state != READY || service->lone || (int)i == reserved ||
            service->out >= (suspect ? 1 : service->credit) ||
            now - service->heard > 2 * dealer->setup.beat)
            continue;
        if (best < 0 || service->out < dealer->services[best].out)
            best = (int)i;
    }
    return best;
}

/* The next batch, in their order, that waits to be dealt; from `after` on. */
static struct batch *next_waiting(struct dealer *dealer, uint64_t after) {
    struct batch *next = NULL;
    for (size_t i = 0; i < DEALER_BATCHES_MAX; i++) {
        struct batch *batch = &dealer->batches[i];
        if (batch->sequence > after && batch->service < 0 &&
            (next == NULL || batch->sequence < next->sequence))
            next = batch;
    }
    return next;
}

/* Where a suspect finds no service that has nothing, the least busy one gets no more until it has.
 */
static int reserve(struct dealer *dealer) {
    int best = -1;
    for (size_t i = 0; i < dealer->setup.service_count; i++) {
        const struct known_service *service = &dealer->services[i];
        if (service->state == READY && !service->lone &&
            (best < 0 || service->out < dealer->services[best].out))
            best = (int)i;
    }
    return best;
}

static void deal(struct dealer *dealer, int64_t now) {
    int reserved = -1;
    struct batch *batch = NULL;
    for (uint64_t after = 0; (batch = next_waiting(dealer, after)) != NULL;
         after = batch->sequence) {
        int number = choose(dealer, batch->suspect, batch->suspect ? -1 : reserved, now);
        if (number < 0 && batch->suspect && reserved < 0)
            reserved = reserve(dealer);
        if (number < 0)
            continue;
        struct known_service *service = &dealer->services[number];
        struct frame data = {.kind = FRAME_DATA,
                             .sequence = batch->sequence,
                             .mark_contig = -1,
                             .mark_position = -1,
                             .payload = batch->bytes,
                             .payload_size = batch->size};
        if (!send_to(dealer, (size_t)number, &data, now))
            continue; /* it stays where it is, and the service will be found silent */
        batch->service = number;
        service->out++;
        service->sent++;
        service->lone = batch->suspect;
        dealer->counts.dealt++;
    }
}

/* Whether anybody is there; without anybody for too long nothing can come of it. */
static void look_for_services(struct dealer *dealer, int64_t now) {
    for (size_t i = 0; i < dealer->setup.service_count; i++)
        if (dealer->services[i].state >= OPENING) {
            dealer->served = now;
            dealer->told_waiting = false;
        }
    int64_t alone = now - dealer->served;
    if (alone > dealer->setup.patience)
        fail_all(dealer, 0,
                 dealer->setup.service_count > 1 ? "neither this service nor another one answers"
                                                 : "the service does not answer");
    else if (alone > BEATS_OF_SILENCE * dealer->setup.beat && !dealer->told_waiting) {
        dealer->told_waiting = true;
        tell(dealer, 0, "does not answer, nor does another service; waiting");
    }
}

void dealer_tick(struct dealer *dealer, int64_t now) {
    int64_t gap = now - dealer->ticked;
    dealer->ticked = now;
    if (dealer->failed || !dealer->is_open || dealer->ending)
        return;
    for (size_t i = 0; i < dealer->setup.service_count && gap > 2 * dealer->setup.beat; i++) {
        dealer->services[i].heard += gap; /* they may have spoken while we could not hear */
        dealer->services[i].excused = true;
    }
    for (size_t i = 0; i < dealer->setup.service_count && !dealer->failed; i++)
        tend(dealer, i, now);
    if (!dealer->failed)
        look_for_services(dealer, now);
    if (!dealer->failed)
        deal(dealer, now);
}

/* ---- batches ---- */

void dealer_open(struct dealer *dealer, const void *schema, size_t size) {
    dealer->schema = schema;
    dealer->schema_size = size;
    dealer->is_open = true;
}

void dealer_put(struct dealer *dealer, uint64_t sequence, const void *bytes, size_t size) {
    struct batch *batch = find(dealer, 0);
    if (batch == NULL)
        abort(); /* the caller counts what is under way */
    *batch = (struct batch){.sequence = sequence, .bytes = bytes, .size = size, .service = -1};
}

void dealer_end(struct dealer *dealer, int64_t now) {
    dealer->ending = true;
    for (size_t i = 0; i < dealer->setup.service_count; i++) {
        struct known_service *service = &dealer->services[i];
        struct frame end = {.kind = FRAME_END, .count = service->sent};
        if (service->state != GREETING && service->state != OPENING && service->state != READY)
            continue;
        send_to(dealer, i, &end, now);
        if (service->state != GREETING) { /* an answer is expected */
            service->state = ENDING;
            service->heard = now;
        }
    }
}

bool dealer_ended(const struct dealer *dealer, int64_t now) {
    for (size_t i = 0; i < dealer->setup.service_count; i++)
        if (dealer->services[i].state == ENDING &&
            now - dealer->services[i].heard <= dealer->setup.beat * BEATS_OF_SILENCE)
            return false;
    return true;
}

const struct dealer_counts *dealer_counts(const struct dealer *dealer) {
    return &dealer->counts;
}
