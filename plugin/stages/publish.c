/* SPDX-License-Identifier: MIT
 *
 * publish: gives a stream to whoever subscribes, one at a time.
 *
 *     runnel run 'reads in.bam ! publish tcp://127.0.0.1:5556 rate=1000000'
 *
 * Takes reads, windows or calls (one of them per line).  A batch stays here until the subscriber
 * has it; while nobody takes what is there, nothing more is read.  `runnel publish` is this line,
 * again and again. */
#include "plugin/stages/stage.h"
#include "plugin/wire/endpoint.h"
#include "plugin/wire/payload.h"
#include "plugin/wire/source.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 50 };

/* A batch from process until it has arrived. */
struct item {
    struct item *next;
    struct runnel_slot *slot; /* NULL once the source has it */
    uint64_t sequence;        /* 0: OPEN */
    int64_t mark_contig, mark_position, bases;
    uint8_t *payload;
    size_t size;
};

struct publisher {
    const struct runnel_host *host;
    struct endpoint endpoint;
    struct socket_end *socket;
    pthread_t thread;
    bool running, opened;
    uint64_t next;
    double rate; /* bases per second; 0: as fast as they are taken */

    /* of the thread alone, and of finish after it */
    struct source *source;
    struct item *kept; /* in the source, in their order */
    int64_t started, bases;

    int news; /* eventfd: something was put, or the end has come */

    /* Guards what follows; nothing else is locked while it is held. */
    pthread_mutex_t mutex;
    struct item *first, *last;
    bool ending, leaving;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void free_items(struct item *item) {
    while (item != NULL) {
        struct item *next = item->next;
        free(item->payload);
        free(item);
        item = next;
    }
}

/* ---- what the source asks for ---- */

static bool on_send(void *with, const void *name, size_t name_size, const struct frame *frame) {
    struct publisher *publisher = with;
    uint8_t header[FRAME_SIZE];
    frame_write(header, frame);
    const struct socket_part parts[] = {
        {name, name_size}, {header, FRAME_SIZE}, {frame->payload, frame->payload_size}};
    return socket_send(publisher->socket, parts, 3);
}

static void on_arrived(void *with, uint64_t sequence) {
    struct publisher *publisher = with;
    for (struct item **at = &publisher->kept; *at != NULL; at = &(*at)->next)
        if ((*at)->sequence == sequence) {
            struct item *item = *at;
            *at = item->next;
            item->next = NULL;
            free_items(item);
            return;
        }
}

/* ---- the thread ---- */

/* The first item of the list, where the source has room and its time has come. */
static struct item *take_due(struct publisher *publisher, int64_t now) {
    pthread_mutex_lock(&publisher->mutex);
    struct item *item = publisher->first;
    bool due =
        item != NULL && (item->sequence == 0 || source_room(publisher->source) > 0) &&
        (publisher->rate <= 0 ||
         1e-3 * (double)(now - publisher->started) * publisher->rate >= (double)publisher->bases);
    if (due)
        publisher->first = item->next;
    pthread_mutex_unlock(&publisher->mutex);
    return due ? item : NULL;
}

static void put_due(struct publisher *publisher, int64_t now) {
    struct item *item;
    while ((item = take_due(publisher, now)) != NULL) {
        struct runnel_slot *slot = item->slot;
        item->slot = NULL;
        item->next = publisher->kept;
        publisher->kept = item;
        publisher->bases += item->bases;
        if (item->sequence == 0)
            source_open(publisher->source, item->payload, item->size);
        else
            source_put(publisher->source, item->sequence, item->mark_contig, item->mark_position,
                       item->payload, item->size);
        publisher->host->complete(publisher->host->context, slot, RUNNEL_OK);
    }
}

static void receive_all(struct publisher *publisher, int64_t now) {
    struct socket_part parts[SOCKET_PARTS_MAX];
    size_t count;
    while (socket_receive(publisher->socket, parts, &count))
        if (count == 3)
            source_receive(publisher->source, parts[0].bytes, parts[0].size, parts[1].bytes,
                           parts[1].size, parts[2].bytes, parts[2].size, now);
}

/* Whether there is anything left to do. */
static bool hear(struct publisher *publisher) {
    uint64_t news;
    if (read(publisher->news, &news, sizeof news) < 0)
        news = 0; /* it was something else */
    pthread_mutex_lock(&publisher->mutex);
    bool leaving = publisher->leaving;
    bool all = publisher->ending && publisher->first == NULL;
    pthread_mutex_unlock(&publisher->mutex);
    if (all)
        source_end(publisher->source);
    return !leaving && !source_is_done(publisher->source) &&
           !source_is_wanted_again(publisher->source);
}

static void *move(void *argument) {
    struct publisher *publisher = argument;
    publisher->started = now_ms();
    while (hear(publisher)) {
        struct socket_wait waits[] = {{.descriptor = publisher->news}, {.end = publisher->socket}};
        int64_t now = now_ms();
        receive_all(publisher, now);
        put_due(publisher, now);
        source_tick(publisher->source, now);
        sockets_wait(waits, 2, WAIT_MS);
    }
    if (source_is_wanted_again(publisher->source)) {
        publisher->host->fail(publisher->host->context, PUBLISH_AGAIN);
        pthread_mutex_lock(&publisher->mutex);
        struct item *item = publisher->first;
        publisher->first = NULL;
        pthread_mutex_unlock(&publisher->mutex);
        for (struct item *at = item; at != NULL; at = at->next)
            publisher->host->complete(publisher->host->context, at->slot, RUNNEL_ERROR);
        free_items(item);
    }
    return NULL;
}

static void wake(struct publisher *publisher) {
    uint64_t one = 1;
    if (write(publisher->news, &one, sizeof one) < 0)
        return; /* the counter is full: a wake-up is under way already */
}

static void stop_thread(struct publisher *publisher, bool in_peace) {
    if (!publisher->running)
        return;
    pthread_mutex_lock(&publisher->mutex);
    publisher->ending = in_peace;
    publisher->leaving = !in_peace;
    pthread_mutex_unlock(&publisher->mutex);
    wake(publisher);
    pthread_join(publisher->thread, NULL);
    publisher->running = false;
}

/* ---- hooks ---- */

static void publish_destroy(void *state) {
    struct publisher *publisher = state;
    stop_thread(publisher, false);
    socket_close(publisher->socket);
    endpoint_free(&publisher->endpoint);
    source_free(publisher->source);
    free_items(publisher->first);
    free_items(publisher->kept);
    if (publisher->news >= 0)
        close(publisher->news);
    pthread_mutex_destroy(&publisher->mutex);
    free(publisher);
}

static int set_up(struct publisher *publisher, const struct runnel_init *init,
                  struct failure *why) {
    const struct source_hooks hooks = {publisher, on_send, on_arrived};
    const struct endpoint_security security = {.key = runnel_setting_text(init, "key"),
                                               .allow = runnel_setting_text(init, "allow"),
                                               .insecure = runnel_setting_flag(init, "insecure")};
    char address[SOCKET_ADDRESS_MAX];
    publisher->source = source_new("role source\n", &hooks, why);
    if (publisher->source == NULL ||
        endpoint_new(&publisher->endpoint, &security, true, why) != STATUS_OK ||
        endpoint_open(&publisher->endpoint, SOCKET_ROUTER, runnel_setting_text(init, "bind"),
                      &publisher->socket, why) != STATUS_OK)
        return why->code;
    socket_address(publisher->socket, address);
    if (runnel_setting_flag(init, "tell")) {
        printf("%s\n", address);
        fflush(stdout);
    }
    if ((publisher->news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
        return fail(why, STATUS_IO, "no more descriptors for publish");
    publisher->running = pthread_create(&publisher->thread, NULL, move, publisher) == 0;
    return publisher->running ? STATUS_OK : fail(why, STATUS_IO, "no more threads for publish");
}

static int publish_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct publisher *publisher = calloc(1, sizeof *publisher);
    if (publisher == NULL)
        return RUNNEL_ERROR;
    publisher->host = init->host;
    publisher->next = 1;
    publisher->news = -1;
    publisher->rate = runnel_setting_real(init, "rate");
    pthread_mutex_init(&publisher->mutex, NULL);
    *state = publisher;
    if (set_up(publisher, init, &why) == STATUS_OK)
        return RUNNEL_OK;
    publish_destroy(publisher);
    return stage_failed(init->host, &why);
}

static int64_t bases_of(const struct runnel_batch *batch) {
    int64_t bases = 0;
    if (strcmp(batch->type, READS_STREAM.type) == 0 &&
        stream_check(batch, &READS_STREAM, NULL) == STATUS_OK)
        for (int64_t row = 0; row < runnel_rows(batch); row++)
            bases += runnel_integer(batch, READS_LENGTH, row);
    return bases;
}

static int publish_process(void *state, const struct runnel_batch *batch,
                           struct runnel_slot *slot) {
    struct publisher *publisher = state;
    struct failure why = {0};
    bool opens = batch->kind == RUNNEL_OPEN;
    struct item *item = calloc(1, sizeof *item);
    if (item == NULL)
        fail(&why, STATUS_NO_MEMORY, "out of memory for a batch");
    else if (opens && publisher->opened)
        fail(&why, STATUS_UNSUPPORTED, "publish takes one kind of batches in a line");
    else
        payload_write(&item->payload, &item->size, batch, &why);
    if (why.code != STATUS_OK) {
        free(item);
        return stage_failed(publisher->host, &why);
    }
    publisher->opened = true;
    item->slot = slot;
    item->sequence = opens ? 0 : publisher->next++;
    item->mark_contig = batch->mark_contig;
    item->mark_position = batch->mark_position;
    item->bases = bases_of(batch);
    pthread_mutex_lock(&publisher->mutex);
    if (publisher->first != NULL)
        publisher->last->next = item;
    else
        publisher->first = item;
    publisher->last = item;
    pthread_mutex_unlock(&publisher->mutex);
    wake(publisher);
    return RUNNEL_PENDING;
}

static int publish_finish(void *state, struct runnel_slot *slot) {
    struct publisher *publisher = state;
    const struct runnel_host *host = publisher->host;
    (void)slot;
    stop_thread(publisher, true);
    const struct source_counts *counts = source_counts(publisher->source);
    host->count(host->context, "batches", (int64_t)publisher->next - 1);
    host->count(host->context, "batches sent again", (int64_t)counts->sent_again);
    host->count(host->context, "sessions", (int64_t)counts->sessions);
    return source_is_done(publisher->source) ? RUNNEL_OK : RUNNEL_ERROR;
}

static const struct runnel_option OPTIONS[] = {
    {"bind", RUNNEL_TEXT, NULL, "tcp://HOST:PORT or ipc://PATH to give the stream at"},
    {"rate", RUNNEL_REAL, "0", "bases per second; 0: as fast as they are taken"},
    {"key", RUNNEL_TEXT, "", "our key file, made by runnel keygen"},
    {"allow", RUNNEL_TEXT, "", "file with the public keys of those who are let in"},
    {"insecure", RUNNEL_FLAG, "false", "let anyone in from other machines"},
    {"tell", RUNNEL_FLAG, "false", "print the address"},
};

static const struct runnel_stage PUBLISH = {
    .struct_size = sizeof PUBLISH,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "publish",
    .version = "1",
    .help = "gives a stream to whoever subscribes",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.reads/1 runnel.pileup/1 runnel.full/1 runnel.calls/1",
    .init = publish_init,
    .process = publish_process,
    .finish = publish_finish,
    .destroy = publish_destroy,
};

EXPORT_STAGE(PUBLISH)
