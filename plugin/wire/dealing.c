/* SPDX-License-Identifier: MIT
 *
 * The thread waits for messages and for what is put into a list, and turns the dealer's crank. */
#include "plugin/wire/dealing.h"

#include "plugin/wire/address.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { BEAT_LEAST = 20, BEAT_MOST = 60000 };

/* A payload from dealing_put until nobody needs it. */
struct parcel {
    struct parcel *next;
    uint64_t sequence;
    uint8_t *payload;
    size_t size;
};

struct dealing {
    struct dealing_hooks hooks;
    struct dealer_setup setup;
    struct endpoint endpoint;
    char *addresses[DEALER_SERVICES_MAX];
    pthread_t thread;
    bool running;

    /* of the thread alone */
    struct dealer *dealer;
    struct socket_end *sockets[DEALER_SERVICES_MAX];
    struct parcel *kept; /* in no order */

    int news; /* eventfd: something was put, or the end has come */

    /* Guards what follows; nothing else is locked while it is held. */
    pthread_mutex_t mutex;
    struct parcel *first, *last;
    bool ending, leaving;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wake(struct dealing *dealing) {
    uint64_t one = 1;
    if (write(dealing->news, &one, sizeof one) < 0)
        return; /* the counter is full: a wake-up is under way already */
}

static void free_parcels(struct parcel *parcel) {
    while (parcel != NULL) {
        struct parcel *next = parcel->next;
        free(parcel->payload);
        free(parcel);
        parcel = next;
    }
}

/* Nobody needs the payload of this batch any more. */
static void drop(struct dealing *dealing, uint64_t sequence) {
    for (struct parcel **at = &dealing->kept; *at != NULL; at = &(*at)->next)
        if ((*at)->sequence == sequence) {
            struct parcel *parcel = *at;
            *at = parcel->next;
            parcel->next = NULL;
            free_parcels(parcel);
            return;
        }
}

/* ---- what the dealer asks for ---- */

static int on_connect(void *with, size_t service, struct failure *why) {
    struct dealing *dealing = with;
    socket_close(dealing->sockets[service]);
    dealing->sockets[service] = NULL;
    return endpoint_open(&dealing->endpoint, SOCKET_DEALER, dealing->addresses[service],
                         &dealing->sockets[service], why);
}

static bool on_send(void *with, size_t service, const struct frame *frame) {
    struct dealing *dealing = with;
    uint8_t header[FRAME_SIZE];
    frame_write(header, frame);
    const struct socket_part parts[] = {{header, FRAME_SIZE},
                                        {frame->payload, frame->payload_size}};
    return dealing->sockets[service] != NULL && socket_send(dealing->sockets[service], parts, 2);
}

static void on_opened(void *with, const struct frame *result) {
    struct dealing *dealing = with;
    dealing->hooks.opened(dealing->hooks.with, result);
}

static void on_answered(void *with, uint64_t sequence, const struct frame *result) {
    struct dealing *dealing = with;
    drop(dealing, sequence);
    dealing->hooks.answered(dealing->hooks.with, sequence, result);
}

static void on_set_aside(void *with, uint64_t sequence) {
    struct dealing *dealing = with;
    drop(dealing, sequence);
    dealing->hooks.set_aside(dealing->hooks.with, sequence);
}

static void on_failed(void *with, const char *sentence) {
    struct dealing *dealing = with;
    dealing->hooks.failed(dealing->hooks.with, sentence);
}

static void on_tell(void *with, const char *sentence) {
    struct dealing *dealing = with;
    dealing->hooks.tell(dealing->hooks.with, sentence);
}

/* ---- the thread ---- */

/* Takes over what was put; false when all has been for nothing. */
static bool take_over(struct dealing *dealing, bool *ending) {
    uint64_t news;
    if (read(dealing->news, &news, sizeof news) < 0)
        news = 0; /* it was something else */
    pthread_mutex_lock(&dealing->mutex);
    struct parcel *parcel = dealing->first;
    dealing->first = NULL;
    bool leaving = dealing->leaving;
    *ending = dealing->ending;
    pthread_mutex_unlock(&dealing->mutex);
    while (parcel != NULL) {
        struct parcel *next = parcel->next;
        parcel->next = dealing->kept;
        dealing->kept = parcel;
        if (parcel->sequence == 0)
            dealer_open(dealing->dealer, parcel->payload, parcel->size);
        else
            dealer_put(dealing->dealer, parcel->sequence, parcel->payload, parcel->size);
        parcel = next;
    }
    return !leaving;
}

static void receive_all(struct dealing *dealing) {
    struct socket_part parts[SOCKET_PARTS_MAX];
    const struct socket_part none = {"", 0};
    size_t count;
    for (size_t i = 0; i < dealing->setup.service_count; i++)
        while (dealing->sockets[i] != NULL && socket_receive(dealing->sockets[i], parts, &count))
            if (count == 1 || count == 2) {
                const struct socket_part *payload = count > 1 ? &parts[1] : &none;
                dealer_receive(dealing->dealer, i, parts[0].bytes, parts[0].size, payload->bytes,
                               payload->size, now_ms());
            }
}

static void wait_for_news(struct dealing *dealing) {
    struct socket_wait waits[1 + DEALER_SERVICES_MAX] = {{.descriptor = dealing->news}};
    size_t count = 1;
    for (size_t i = 0; i < dealing->setup.service_count; i++)
        if (dealing->sockets[i] != NULL)
            waits[count++].end = dealing->sockets[i];
    sockets_wait(waits, count, (int)(dealing->setup.beat / 4) + 1);
}

static void *move(void *argument) {
    struct dealing *dealing = argument;
    bool ending = false, ended = false;
    while (!ended && take_over(dealing, &ending)) {
        receive_all(dealing);
        dealer_tick(dealing->dealer, now_ms());
        if (ending)
            dealer_end(dealing->dealer, now_ms());
        ended = ending && dealer_ended(dealing->dealer, now_ms());
        if (!ended)
            wait_for_news(dealing);
    }
    if (!ended) /* so that services need not wait for our silence */
        dealer_end(dealing->dealer, now_ms());
    return NULL;
}

/* Lets the thread come to its end: in peace, or at once. */
static void stop_thread(struct dealing *dealing, bool in_peace) {
    if (!dealing->running)
        return;
    pthread_mutex_lock(&dealing->mutex);
    dealing->ending = in_peace;
    dealing->leaving = !in_peace;
    pthread_mutex_unlock(&dealing->mutex);
    wake(dealing);
    pthread_join(dealing->thread, NULL);
    dealing->running = false;
}

/* ---- from outside ---- */

static int set_up(struct dealing *dealing, const struct dealing_setup *wanted,
                  struct failure *why) {
    struct dealer_setup *setup = &dealing->setup;
    const struct dealer_hooks hooks = {dealing,     on_connect,   on_send,   on_opened,
                                       on_answered, on_set_aside, on_failed, on_tell};
    *setup = (struct dealer_setup){.addresses = (const char *const *)dealing->addresses,
                                   .beat = wanted->beat,
                                   .patience = 1000 * wanted->wait,
                                   .hello = wanted->hello,
                                   .mixed = wanted->mixed};
    if (setup->beat < BEAT_LEAST || setup->beat > BEAT_MOST)
        return fail(why, STATUS_BAD_INPUT, "beat takes %d to %d milliseconds", BEAT_LEAST,
                    BEAT_MOST);
    if (endpoint_new(&dealing->endpoint, &wanted->security, false, why) != STATUS_OK ||
        address_split(dealing->addresses, &setup->service_count, DEALER_SERVICES_MAX, wanted->via,
                      why) != STATUS_OK)
        return why->code;
    for (size_t i = 0; i < setup->service_count; i++)
        if (address_check(dealing->addresses[i], false, dealing->endpoint.guarded,
                          dealing->endpoint.insecure, why) != STATUS_OK)
            return why->code;
    if ((dealing->news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
        return fail(why, STATUS_IO, "no more descriptors for services");
    if (getrandom(&setup->first_session, sizeof setup->first_session, 0) < 0)
        return fail(why, STATUS_IO, "no random numbers can be had");
    if ((dealing->dealer = dealer_new(setup, &hooks, now_ms(), why)) == NULL)
        return why->code;
    dealing->running = pthread_create(&dealing->thread, NULL, move, dealing) == 0;
    return dealing->running ? STATUS_OK : fail(why, STATUS_IO, "no more threads for services");
}

struct dealing *dealing_new(const struct dealing_setup *setup, const struct dealing_hooks *hooks,
                            struct failure *why) {
    struct dealing *dealing = calloc(1, sizeof *dealing);
    if (dealing == NULL) {
        fail(why, STATUS_NO_MEMORY, "out of memory for services");
        return NULL;
    }
    dealing->hooks = *hooks;
    dealing->news = -1;
    pthread_mutex_init(&dealing->mutex, NULL);
    if (set_up(dealing, setup, why) == STATUS_OK)
        return dealing;
    dealing_free(dealing);
    return NULL;
}

int dealing_put(struct dealing *dealing, uint64_t sequence, uint8_t *payload, size_t size,
                struct failure *why) {
    struct parcel *parcel = calloc(1, sizeof *parcel);
    if (parcel == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for a batch");
    *parcel = (struct parcel){.sequence = sequence, .payload = payload, .size = size};
    pthread_mutex_lock(&dealing->mutex);
    if (dealing->first != NULL)
        dealing->last->next = parcel;
    else
        dealing->first = parcel;
    dealing->last = parcel;
    pthread_mutex_unlock(&dealing->mutex);
    wake(dealing);
    return STATUS_OK;
}

void dealing_end(struct dealing *dealing) {
    stop_thread(dealing, true);
}

void dealing_free(struct dealing *dealing) {
    if (dealing == NULL)
        return;
    stop_thread(dealing, false);
    for (size_t i = 0; i < dealing->setup.service_count; i++) {
        socket_close(dealing->sockets[i]);
        free(dealing->addresses[i]);
    }
    endpoint_free(&dealing->endpoint);
    dealer_free(dealing->dealer);
    free_parcels(dealing->first);
    free_parcels(dealing->kept);
    if (dealing->news >= 0)
        close(dealing->news);
    pthread_mutex_destroy(&dealing->mutex);
    free(dealing);
}

const struct dealer_counts *dealing_counts(const struct dealing *dealing) {
    return dealer_counts(dealing->dealer);
}
