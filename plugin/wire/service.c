/* SPDX-License-Identifier: MIT
 *
 * Peers in a fixed table, found by name. */
#include "plugin/wire/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A tick that comes later than this means that this process was held up itself. */
enum { HELD_UP_MS = 2000 };

/* So often is looked for peers that have gone. */
enum { LOOK_MS = 1000 };

enum peer_state { PEER_NOBODY, PEER_GREETED, PEER_OPENED };

struct peer {
    enum peer_state state;
    uint8_t name[SERVICE_NAME_MAX];
    size_t name_size;
    uint64_t session;
    char hello[SERVICE_HELLO_MAX];
    size_t hello_size;
    uint64_t received, answered; /* OPEN and DATA; RESULTs */
    int64_t heard, patience;     /* when last; how long it may be silent */
};

struct service {
    struct service_setup setup;
    struct service_hooks hooks;
    struct service_counts counts;
    int64_t ticked, looked;
    struct peer peers[SERVICE_PEERS_MAX];
};

struct service *service_new(const struct service_setup *setup, const struct service_hooks *hooks,
                            struct failure *why) {
    struct service *service = calloc(1, sizeof *service);
    if (service == NULL) {
        fail(why, STATUS_NO_MEMORY, "out of memory for the service");
        return NULL;
    }
    service->setup = *setup;
    service->hooks = *hooks;
    return service;
}

void service_free(struct service *service) {
    free(service);
}

static void send_to(struct service *service, const void *name, size_t name_size,
                    const struct frame *frame) {
    if (!service->hooks.send(service->hooks.with, name, name_size, frame))
        service->counts.unsent++;
}

static void send_fault(struct service *service, const void *name, size_t name_size,
                       uint64_t session, uint64_t sequence, enum fault_code code,
                       const char *sentence) {
    const struct frame fault = {.kind = FRAME_FAULT,
                                .session = session,
                                .sequence = sequence,
                                .code = code,
                                .payload = sentence,
                                .payload_size = strlen(sentence)};
    service->counts.faults++;
    send_to(service, name, name_size, &fault);
}

static void forget(struct service *service, struct peer *peer) {
    if (peer->state == PEER_OPENED)
        service->hooks.close(service->hooks.with, (size_t)(peer - service->peers));
    peer->state = PEER_NOBODY;
}

static void fault(struct service *service, struct peer *peer, enum fault_code code,
                  const char *sentence) {
    send_fault(service, peer->name, peer->name_size, peer->session, 0, code, sentence);
    forget(service, peer);
}

static struct peer *find(struct service *service, const void *name, size_t name_size) {
    for (size_t i = 0; i < SERVICE_PEERS_MAX; i++) {
        struct peer *peer = &service->peers[i];
        if (peer->state != PEER_NOBODY && peer->name_size == name_size &&
            memcmp(peer->name, name, name_size) == 0)
            return peer;
    }
    return NULL;
}

/* Forgets those who have gone without a word, as is noticed when something is sent to them. */
static void forget_the_gone(struct service *service, const struct peer *but) {
    if (service->ticked - service->looked < LOOK_MS)
        return; /* or a flood would be passed on to all */
    service->looked = service->ticked;
    for (size_t i = 0; i < SERVICE_PEERS_MAX; i++) {
        struct peer *peer = &service->peers[i];
        const struct frame beat = {
            .kind = FRAME_BEAT, .session = peer->session, .count = peer->answered};
        if (peer->state != PEER_NOBODY && peer != but &&
            !service->hooks.send(service->hooks.with, peer->name, peer->name_size, &beat))
            forget(service, peer);
    }
}

/* ---- messages ---- */

static struct peer *free_place(struct service *service) {
    for (size_t i = 0; i < SERVICE_PEERS_MAX; i++)
        if (service->peers[i].state == PEER_NOBODY)
            return &service->peers[i];
    return NULL;
}

static void welcome(struct service *service, const struct peer *peer) {
    const struct frame frame = {.kind = FRAME_WELCOME,
                                .session = peer->session,
                                .count = service->setup.credit,
                                .payload = service->setup.welcome,
                                .payload_size = strlen(service->setup.welcome)};
    send_to(service, peer->name, peer->name_size, &frame);
}

static void on_hello(struct service *service, struct peer *peer, const void *name, size_t name_size,
                     const struct frame *frame, int64_t now) {
    char role[32] = "service";
    if (peer != NULL && peer->session == frame->session) { /* it came twice */
        welcome(service, peer);
        return;
    }
    if (peer != NULL)
        forget(service, peer);
    if (peer == NULL && (peer = free_place(service)) == NULL) {
        forget_the_gone(service, NULL);
        peer = free_place(service);
    }
    frame_fact(frame, "role", role, sizeof role);
    if (peer == NULL || name_size > SERVICE_NAME_MAX) {
        send_fault(service, name, name_size, frame->session, 0, FAULT_BUSY,
                   "no room for another peer");
        return;
    }
    if (frame->payload_size > SERVICE_HELLO_MAX || strcmp(role, "service") != 0) {
        send_fault(service, name, name_size, frame->session, 0, FAULT_REFUSED,
                   "this is a service: it takes windows and gives calls");
        return;
    }
    uint64_t beat = frame_number(frame, "beat", BEAT_DEFAULT_MS);
    beat = beat < BEAT_LEAST_MS ? BEAT_LEAST_MS : beat > BEAT_MOST_MS ? BEAT_MOST_MS : beat;
    *peer = (struct peer){.state = PEER_GREETED,
                          .name_size = name_size,
                          .session = frame->session,
                          .hello_size = frame->payload_size,
                          .heard = now,
                          .patience = (int64_t)beat * BEATS_OF_SILENCE};
    memcpy(peer->name, name, name_size);
    if (frame->payload_size > 0)
        memcpy(peer->hello, frame->payload, frame->payload_size);
    service->counts.sessions++;
    welcome(service, peer);
}

static void on_open(struct service *service, struct peer *peer, const struct frame *frame) {
    if (peer->state != PEER_GREETED || frame->sequence != 0) {
        fault(service, peer, FAULT_UNEXPECTED, "a session has one OPEN, behind WELCOME");
        return;
    }
    const struct frame hello = {.kind = FRAME_HELLO,
                                .session = peer->session,
                                .payload = peer->hello,
                                .payload_size = peer->hello_size};
    peer->state = PEER_OPENED;
    peer->received = 1;
    service->counts.streams++;
    size_t number = (size_t)(peer - service->peers);
    if (service->hooks.open(service->hooks.with, number, &hello, frame))
        return;
    forget_the_gone(service, peer);
    if (!service->hooks.open(service->hooks.with, number, &hello, frame))
        fault(service, peer, FAULT_BUSY, "no room for another stream");
}

static void on_data(struct service *service, struct peer *peer, const struct frame *frame) {
    if (peer->state != PEER_OPENED || frame->sequence == 0)
        fault(service, peer, FAULT_UNEXPECTED, "DATA stands behind OPEN, and counts from 1");
    else if (peer->received - peer->answered >= service->setup.credit + (peer->answered == 0))
        fault(service, peer, FAULT_UNEXPECTED, "more batches under way than the credit allows");
    else {
        peer->received++;
        service->counts.batches++;
        service->hooks.compute(service->hooks.with, (size_t)(peer - service->peers), frame);
    }
}

/* Both sides say how much they have sent; what is missing went lost on the way. */
static void on_beat(struct service *service, struct peer *peer, const struct frame *frame) {
    const struct frame beat = {
        .kind = FRAME_BEAT, .session = peer->session, .count = peer->answered};
    if (frame->count != peer->received)
        fault(service, peer, FAULT_LOST, "messages went lost or came twice");
    else
        send_to(service, peer->name, peer->name_size, &beat);
}

static void on_end(struct service *service, struct peer *peer) {
    const struct frame end = {.kind = FRAME_END, .session = peer->session, .count = peer->answered};
    send_to(service, peer->name, peer->name_size, &end);
    forget(service, peer);
}

void service_receive(struct service *service, const void *name, size_t name_size,
                     const void *header, size_t header_size, const void *payload,
                     size_t payload_size, int64_t now) {
    struct frame frame;
    struct failure why = {0};
    enum fault_code code;
    struct peer *peer = find(service, name, name_size);
    if (frame_read(&frame, header, header_size, payload, payload_size, &code, &why) != STATUS_OK) {
        send_fault(service, name, name_size, frame.session, 0, code, why.text);
        if (peer != NULL)
            forget(service, peer);
        return;
    }
    if (frame.kind == FRAME_HELLO) {
        on_hello(service, peer, name, name_size, &frame, now);
        return;
    }
    if (peer == NULL || peer->session != frame.session) {
        if (frame.kind != FRAME_FAULT && frame.kind != FRAME_END) /* those need no answer */
            send_fault(service, name, name_size, frame.session, 0, FAULT_UNKNOWN,
                       "no such session; say HELLO");
        return;
    }
    peer->heard = now;
    switch (frame.kind) {
    case FRAME_OPEN:
        on_open(service, peer, &frame);
        break;
    case FRAME_DATA:
        on_data(service, peer, &frame);
        break;
    case FRAME_BEAT:
        on_beat(service, peer, &frame);
        break;
    case FRAME_END:
        on_end(service, peer);
        break;
    case FRAME_FAULT:
        forget(service, peer);
        break;
    default:
        fault(service, peer, FAULT_UNEXPECTED, "a service is sent no such message");
    }
}

/* ---- answers ---- */

static struct peer *in_session(struct service *service, size_t number, uint64_t session) {
    struct peer *peer = &service->peers[number];
    return peer->state == PEER_OPENED && peer->session == session ? peer : NULL;
}

void service_answer(struct service *service, size_t number, uint64_t session, uint64_t sequence,
                    const void *payload, size_t payload_size) {
    struct peer *peer = in_session(service, number, session);
    if (peer == NULL)
        return;
    const struct frame result = {.kind = FRAME_RESULT,
                                 .session = session,
                                 .sequence = sequence,
                                 .count = 1,
                                 .payload = payload,
                                 .payload_size = payload_size};
    peer->answered++;
    service->counts.answers++;
    send_to(service, peer->name, peer->name_size, &result);
}

void service_refuse(struct service *service, size_t number, uint64_t session, uint64_t sequence,
                    const char *sentence) {
    struct peer *peer = in_session(service, number, session);
    if (peer == NULL)
        return;
    send_fault(service, peer->name, peer->name_size, session, sequence, FAULT_REFUSED, sentence);
    forget(service, peer);
}

void service_tick(struct service *service, int64_t now) {
    int64_t gap = service->ticked ? now - service->ticked : 0;
    service->ticked = now;
    for (size_t i = 0; i < SERVICE_PEERS_MAX; i++) {
        struct peer *peer = &service->peers[i];
        if (peer->state == PEER_NOBODY)
            continue;
        if (gap > HELD_UP_MS) /* it may have spoken while we could not hear */
            peer->heard += gap;
        if (now - peer->heard <= peer->patience)
            continue;
        service->counts.silent++;
        forget(service, peer);
    }
}

void service_leave(struct service *service) {
    for (size_t i = 0; i < SERVICE_PEERS_MAX; i++)
        if (service->peers[i].state != PEER_NOBODY)
            fault(service, &service->peers[i], FAULT_LEAVING, "the service was told to end");
}

const struct service_counts *service_counts(const struct service *service) {
    return &service->counts;
}
