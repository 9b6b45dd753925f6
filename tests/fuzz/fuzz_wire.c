/* SPDX-License-Identifier: MIT
 *
 * The four state machines of the wire.  The first byte chooses one; then each step is a byte that
 * says what happens and bytes of what happens: a message of any bytes, a message with a right
 * header and any fields, time that passes, an answer, a batch.  What must hold is checked with
 * abort(). */
#include "plugin/wire/dealer.h"
#include "plugin/wire/service.h"
#include "plugin/wire/source.h"
#include "plugin/wire/subscriber.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CREDIT = 4, SERVICES = 3, SEQUENCES = 256, PEERS = 4 };

struct input {
    const uint8_t *at, *end;
};

static uint64_t take(struct input *input, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes && input->at < input->end; i++)
        value |= (uint64_t)*input->at++ << 8 * i;
    return value;
}

/* What the machines asked for. */
struct world {
    unsigned under_way[SERVICE_PEERS_MAX]; /* of the service's peers; OPEN counts as one */
    bool open[SERVICE_PEERS_MAX];
    uint64_t session[SERVICES];
    bool waits[SEQUENCES]; /* batches that the dealer has */
    bool failed, opened;
};

static void demand(bool condition) {
    if (!condition)
        abort();
}

/* A message: raw bytes, or a right header with fields from the input. */
static void message(struct input *input, bool raw, uint64_t session, uint8_t *header,
                    size_t *header_size, const uint8_t **payload, size_t *payload_size) {
    size_t left = (size_t)(input->end - input->at);
    *header_size = FRAME_SIZE;
    if (raw) {
        *header_size = left < FRAME_SIZE ? left : FRAME_SIZE;
        if (*header_size > 0)
            memcpy(header, input->at, *header_size);
        input->at += *header_size;
    }
    *payload_size = take(input, 1) % 32;
    left = (size_t)(input->end - input->at);
    *payload_size = *payload_size < left ? *payload_size : left;
    struct frame frame = {.kind = (uint16_t)take(input, 1),
                          .session = session,
                          .sequence = take(input, 1),
                          .count = take(input, 1),
                          .code = (uint32_t)take(input, 1)};
    left = (size_t)(input->end - input->at);
    *payload_size = *payload_size < left ? *payload_size : left;
    *payload = input->at;
    input->at += *payload_size;
    frame.payload_size = *payload_size;
    if (!raw)
        frame_write(header, &frame);
}

/* ---- the service ---- */

static bool service_send(void *with, const void *name, size_t name_size,
                         const struct frame *frame) {
    (void)with, (void)name;
    demand(name_size <= 8 && frame->payload_size <= 1024);
    return frame->sequence % 3 != 2;
}
static bool service_open(void *with, size_t peer, const struct frame *hello,
                         const struct frame *open) {
    struct world *world = with;
    (void)hello;
    demand(peer < SERVICE_PEERS_MAX && !world->open[peer]); /* also when it is tried again */
    world->open[peer] = open->count % 5 != 4;
    world->under_way[peer] = 1;
    return world->open[peer];
}
static void service_compute(void *with, size_t peer, const struct frame *frame) {
    struct world *world = with;
    (void)frame;
    demand(world->open[peer]);
    demand(++world->under_way[peer] <= CREDIT + 1);
}
static void service_close(void *with, size_t peer) {
    struct world *world = with;
    world->open[peer] = false;
    world->under_way[peer] = 0;
}

static void run_service(struct input *input) {
    struct world world = {0};
    const struct service_setup setup = {"role service\n", CREDIT};
    const struct service_hooks hooks = {&world, service_send, service_open, service_compute,
                                        service_close};
    struct service *service = service_new(&setup, &hooks, NULL);
    int64_t now = 1;
    while (service != NULL && input->at < input->end) {
        uint8_t what = (uint8_t)take(input, 1), header[FRAME_SIZE], name = what % PEERS;
        const uint8_t *payload;
        size_t header_size, payload_size, peer = what % SERVICE_PEERS_MAX;
        uint64_t session = take(input, 1) % 3;
        if (what < 160) {
            message(input, what % 16 == 0, session, header, &header_size, &payload, &payload_size);
            service_receive(service, &name, 1, header, header_size, payload, payload_size, now);
        } else if (what < 192 && world.under_way[peer] > 0) {
            uint64_t answers = service_counts(service)->answers;
            service_answer(service, peer, session, take(input, 1), NULL, 0);
            world.under_way[peer] -= service_counts(service)->answers != answers;
        } else if (what < 208) {
            service_refuse(service, peer, session, 1, "why");
        } else {
            now += (int64_t)take(input, 2);
            service_tick(service, now);
        }
    }
    if (service != NULL)
        service_leave(service);
    service_free(service);
}

/* ---- the dealer ---- */

static int dealer_connect(void *with, size_t service, struct failure *why) {
    (void)with, (void)why;
    demand(service < SERVICES);
    return STATUS_OK;
}
static bool dealer_send(void *with, size_t service, const struct frame *frame) {
    struct world *world = with;
    world->session[service] = frame->session;
    demand(frame->kind != FRAME_DATA || world->waits[frame->sequence]);
    return frame->session % 7 != 6;
}
static void dealer_opened(void *with, const struct frame *result) {
    struct world *world = with;
    (void)result;
    demand(!world->opened && !world->failed);
    world->opened = true;
}
static void dealer_done(void *with, uint64_t sequence) {
    struct world *world = with;
    demand(sequence < SEQUENCES && world->waits[sequence] && !world->failed);
    world->waits[sequence] = false; /* each once */
}
static void dealer_answered(void *with, uint64_t sequence, const struct frame *result) {
    (void)result;
    dealer_done(with, sequence);
}
static void dealer_failed(void *with, const char *sentence) {
    struct world *world = with;
    demand(!world->failed && *sentence != '\0');
    world->failed = true;
}
static void dealer_tell(void *with, const char *sentence) {
    (void)with, (void)sentence;
}

static void run_dealer(struct input *input) {
    static const char *const ADDRESSES[SERVICES] = {"a", "b", "c"};
    struct world world = {0};
    const struct dealer_setup setup = {.service_count = SERVICES,
                                       .addresses = ADDRESSES,
                                       .beat = 100,
                                       .patience = 60000,
                                       .hello = "role service\n"};
    const struct dealer_hooks hooks = {&world,        dealer_connect,  dealer_send,
                                       dealer_opened, dealer_answered, dealer_done,
                                       dealer_failed, dealer_tell};
    int64_t now = 1;
    uint64_t next = 1, most = 0;
    struct dealer *dealer = dealer_new(&setup, &hooks, now, NULL);
    if (dealer != NULL)
        dealer_open(dealer, "schema", 6);
    while (dealer != NULL && input->at < input->end) {
        uint8_t what = (uint8_t)take(input, 1), header[FRAME_SIZE];
        const uint8_t *payload;
        size_t header_size, payload_size, service = what % SERVICES, waiting = 0;
        for (size_t i = 0; i < SEQUENCES; i++)
            waiting += world.waits[i];
        if (what < 160) {
            message(input, what % 16 == 0, world.session[service], header, &header_size, &payload,
                    &payload_size);
            dealer_receive(dealer, service, header, header_size, payload, payload_size, now);
        } else if (what < 192 && waiting < DEALER_BATCHES_MAX && next < SEQUENCES &&
                   !world.failed) {
            world.waits[next] = true;
            dealer_put(dealer, next++, "batch", 5);
        } else {
            now += (int64_t)take(input, 2) % 700;
        }
        dealer_tick(dealer, now);
        demand(dealer_counts(dealer)->dealt >= most);
        most = dealer_counts(dealer)->dealt;
    }
    if (dealer != NULL)
        dealer_end(dealer, now);
    dealer_free(dealer);
}

/* ---- the source ---- */

static bool source_sends(void *with, const void *name, size_t name_size,
                         const struct frame *frame) {
    (void)with, (void)name;
    demand(name_size == 1 && frame->payload_size <= 1024);
    return frame->sequence % 5 != 4;
}
static void source_arrived(void *with, uint64_t sequence) {
    uint64_t *arrived = with;
    demand(sequence == ++*arrived); /* each once, and in order */
}

static void run_source(struct input *input) {
    uint64_t arrived = 0, next = 1;
    int64_t now = 1;
    const struct source_hooks hooks = {&arrived, source_sends, source_arrived};
    struct source *source = source_new("role source\n", &hooks, NULL);
    if (source != NULL)
        source_open(source, "schema", 6);
    while (source != NULL && input->at < input->end) {
        uint8_t what = (uint8_t)take(input, 1), header[FRAME_SIZE], name = what % PEERS;
        const uint8_t *payload;
        size_t header_size, payload_size;
        if (what < 160) {
            message(input, what % 16 == 0, what % 3, header, &header_size, &payload, &payload_size);
            source_receive(source, &name, 1, header, header_size, payload, payload_size, now);
        } else if (what < 208 && source_room(source) > 0) {
            source_put(source, next, 0, 0, "batch", 5);
            next++;
        } else if (what == 255) {
            source_end(source);
        }
        now += what > 240 ? (int64_t)take(input, 2) : 1;
        source_tick(source, now);
        demand(arrived < next && source_room(source) <= SOURCE_KEPT_MAX);
    }
    source_free(source);
}

/* ---- the subscriber ---- */

struct reader {
    uint64_t session, came;
    bool opened, over;
};

static int reader_connect(void *with, struct failure *why) {
    (void)with, (void)why;
    return STATUS_OK;
}
static bool reader_send(void *with, const struct frame *frame) {
    struct reader *reader = with;
    reader->session = frame->session;
    return true;
}
static void reader_message(void *with, const struct frame *frame) {
    struct reader *reader = with;
    demand(!reader->over && reader->opened == (frame->kind != FRAME_OPEN));
    demand(frame->kind != FRAME_DATA || frame->sequence == ++reader->came);
    demand(frame->kind != FRAME_END || frame->count == reader->came);
    reader->opened = true;
    reader->over = frame->kind == FRAME_END;
}
static void reader_failed(void *with, const char *sentence) {
    struct reader *reader = with;
    demand(!reader->over && *sentence != '\0');
    reader->over = true;
}

static void run_subscriber(struct input *input) {
    struct reader reader = {0};
    uint64_t taken = 0;
    int64_t now = 1;
    const struct subscriber_setup setup = {
        .beat = 100, .patience = 60000, .credit = CREDIT, .hello = "role source\n"};
    const struct subscriber_hooks hooks = {&reader, reader_connect, reader_send, reader_message,
                                           reader_failed};
    struct subscriber *subscriber = subscriber_new(&setup, &hooks, now, NULL);
    while (subscriber != NULL && input->at < input->end) {
        uint8_t what = (uint8_t)take(input, 1), header[FRAME_SIZE];
        const uint8_t *payload;
        size_t header_size, payload_size;
        if (what < 192) {
            message(input, what % 16 == 0, reader.session, header, &header_size, &payload,
                    &payload_size);
            subscriber_receive(subscriber, header, header_size, payload, payload_size, now);
        } else if (what < 224 && taken < reader.came) {
            taken++;
            subscriber_taken(subscriber);
        } else {
            now += (int64_t)take(input, 2) % 700;
        }
        subscriber_tick(subscriber, now);
        demand(reader.came - taken <= CREDIT); /* however much a source sends */
    }
    subscriber_free(subscriber);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const MACHINES[])(struct input *) = {run_service, run_dealer, run_source,
                                                       run_subscriber};
    struct input input = {data, data + size};
    MACHINES[take(&input, 1) % 4](&input);
    return 0;
}
