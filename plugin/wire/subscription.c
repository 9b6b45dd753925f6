/* SPDX-License-Identifier: MIT
 *
 * The thread puts what comes into a list that the credit bounds. */
#include "plugin/wire/subscription.h"

#include "plugin/wire/address.h"
#include "plugin/wire/payload.h"
#include "plugin/wire/subscriber.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { CREDIT = 8, BEAT_LEAST = 20, BEAT_MOST = 60000 };

/* A message that was not taken yet. */
struct arrival {
    struct arrival *next;
    struct frame frame; /* its payload is this struct's own */
};

struct subscription {
    struct endpoint endpoint;
    char address[SOCKET_ADDRESS_MAX], hello[64];
    struct subscriber_setup setup;
    pthread_t thread;
    bool running;
    struct runnel_batch *open; /* of whoever reads */

    /* of the thread alone */
    struct subscriber *subscriber;
    struct socket_end *socket;

    int news; /* eventfd: a batch was taken, or the end has come */

    /* Guards what follows; nothing else is locked while it is held. */
    pthread_mutex_t mutex;
    pthread_cond_t arrived;
    struct arrival *first, *last;
    size_t taken; /* batches, since the thread looked */
    bool leaving;
    struct failure failure;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void free_arrival(struct arrival *arrival) {
    free((void *)arrival->frame.payload);
    free(arrival);
}

/* ---- what the subscriber asks for ---- */

static int on_connect(void *with, struct failure *why) {
    struct subscription *subscription = with;
    socket_close(subscription->socket);
    subscription->socket = NULL;
    return endpoint_open(&subscription->endpoint, SOCKET_DEALER, subscription->address,
                         &subscription->socket, why);
}

static bool on_send(void *with, const struct frame *frame) {
    struct subscription *subscription = with;
    uint8_t header[FRAME_SIZE];
    frame_write(header, frame);
    const struct socket_part parts[] = {{header, FRAME_SIZE},
                                        {frame->payload, frame->payload_size}};
    return subscription->socket != NULL && socket_send(subscription->socket, parts, 2);
}

static void on_failed(void *with, const char *sentence) {
    struct subscription *subscription = with;
    pthread_mutex_lock(&subscription->mutex);
    fail(&subscription->failure, STATUS_IO, "%s: %s", subscription->address, sentence);
    pthread_cond_signal(&subscription->arrived);
    pthread_mutex_unlock(&subscription->mutex);
}

static void on_message(void *with, const struct frame *frame) {
    struct subscription *subscription = with;
    struct arrival *arrival = calloc(1, sizeof *arrival);
    void *payload = malloc(frame->payload_size + 1);
    if (arrival == NULL || payload == NULL) {
        free(arrival);
        free(payload);
        on_failed(with, "out of memory for a batch");
        return;
    }
    if (frame->payload_size > 0)
        memcpy(payload, frame->payload, frame->payload_size);
    arrival->frame = *frame;
    arrival->frame.payload = payload;
    pthread_mutex_lock(&subscription->mutex);
    if (subscription->first != NULL)
        subscription->last->next = arrival;
    else
        subscription->first = arrival;
    subscription->last = arrival;
    pthread_cond_signal(&subscription->arrived);
    pthread_mutex_unlock(&subscription->mutex);
}

/* ---- the thread ---- */

static void receive_all(struct subscription *subscription) {
    struct socket_part parts[SOCKET_PARTS_MAX];
    size_t count;
    while (subscription->socket != NULL && socket_receive(subscription->socket, parts, &count))
        if (count == 2)
            subscriber_receive(subscription->subscriber, parts[0].bytes, parts[0].size,
                               parts[1].bytes, parts[1].size, now_ms());
}

/* Tells the subscriber what was taken; false at the end. */
static bool hear(struct subscription *subscription) {
    uint64_t news;
    if (read(subscription->news, &news, sizeof news) < 0)
        news = 0; /* it was something else */
    pthread_mutex_lock(&subscription->mutex);
    size_t taken = subscription->taken;
    bool leaving = subscription->leaving;
    subscription->taken = 0;
    pthread_mutex_unlock(&subscription->mutex);
    while (taken-- > 0)
        subscriber_taken(subscription->subscriber);
    return !leaving;
}

static void *move(void *argument) {
    struct subscription *subscription = argument;
    while (hear(subscription)) {
        struct socket_wait waits[] = {{.descriptor = subscription->news},
                                      {.end = subscription->socket}};
        receive_all(subscription);
        subscriber_tick(subscription->subscriber, now_ms());
        waits[1].end = subscription->socket;
        sockets_wait(waits, subscription->socket ? 2 : 1, (int)(subscription->setup.beat / 4) + 1);
    }
    return NULL;
}

static void wake(struct subscription *subscription) {
    uint64_t one = 1;
    if (write(subscription->news, &one, sizeof one) < 0)
        return; /* the counter is full: a wake-up is under way already */
}

/* ---- from outside ---- */

static int set_up(struct subscription *subscription, const struct subscription_setup *wanted,
                  struct failure *why) {
    const struct subscriber_hooks hooks = {subscription, on_connect, on_send, on_message,
                                           on_failed};
    struct subscriber_setup *setup = &subscription->setup;
    if (wanted->beat < BEAT_LEAST || wanted->beat > BEAT_MOST)
        return fail(why, STATUS_BAD_INPUT, "beat takes %d to %d milliseconds", BEAT_LEAST,
                    BEAT_MOST);
    snprintf(subscription->address, sizeof subscription->address, "%s", wanted->address);
    snprintf(subscription->hello, sizeof subscription->hello, "role source\nbeat %lld\n",
             (long long)wanted->beat);
    *setup = (struct subscriber_setup){.beat = wanted->beat,
                                       .patience = 1000 * wanted->wait,
                                       .credit = CREDIT,
                                       .hello = subscription->hello};
    if (getrandom(&setup->first_session, sizeof setup->first_session, 0) < 0)
        return fail(why, STATUS_IO, "no random numbers can be had");
    if (endpoint_new(&subscription->endpoint, &wanted->security, false, why) != STATUS_OK ||
        address_check(subscription->address, false, subscription->endpoint.guarded,
                      subscription->endpoint.insecure, why) != STATUS_OK)
        return why->code;
    if ((subscription->news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
        return fail(why, STATUS_IO, "no more descriptors for a stream");
    subscription->subscriber = subscriber_new(setup, &hooks, now_ms(), why);
    if (subscription->subscriber == NULL)
        return why->code;
    subscription->running = pthread_create(&subscription->thread, NULL, move, subscription) == 0;
    return subscription->running ? STATUS_OK : fail(why, STATUS_IO, "no more threads for a stream");
}

struct subscription *subscription_new(const struct subscription_setup *setup, struct failure *why) {
    struct subscription *subscription = calloc(1, sizeof *subscription);
    if (subscription == NULL) {
        fail(why, STATUS_NO_MEMORY, "out of memory for a stream");
        return NULL;
    }
    subscription->news = -1;
    pthread_mutex_init(&subscription->mutex, NULL);
    pthread_cond_init(&subscription->arrived, NULL);
    if (set_up(subscription, setup, why) == STATUS_OK)
        return subscription;
    subscription_free(subscription);
    return NULL;
}

void subscription_free(struct subscription *subscription) {
    if (subscription == NULL)
        return;
    if (subscription->running) {
        pthread_mutex_lock(&subscription->mutex);
        subscription->leaving = true;
        pthread_mutex_unlock(&subscription->mutex);
        wake(subscription);
        pthread_join(subscription->thread, NULL);
    }
    socket_close(subscription->socket);
    endpoint_free(&subscription->endpoint);
    subscriber_free(subscription->subscriber);
    while (subscription->first != NULL) {
        struct arrival *arrival = subscription->first;
        subscription->first = arrival->next;
        free_arrival(arrival);
    }
    if (subscription->open != NULL)
        subscription->open->release(subscription->open);
    if (subscription->news >= 0)
        close(subscription->news);
    pthread_cond_destroy(&subscription->arrived);
    pthread_mutex_destroy(&subscription->mutex);
    free(subscription);
}

/* The first of the list, after a while at most; NULL with a failure or without. */
static struct arrival *take(struct subscription *subscription, int milliseconds,
                            struct failure *why) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)milliseconds * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&subscription->mutex);
    int waited = 0;
    while (subscription->first == NULL && subscription->failure.code == STATUS_OK &&
           waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&subscription->arrived, &subscription->mutex, &until);
    struct arrival *arrival = subscription->first;
    if (arrival != NULL) {
        subscription->first = arrival->next;
        subscription->taken += arrival->frame.kind == FRAME_DATA;
    } else if (subscription->failure.code != STATUS_OK) {
        fail(why, subscription->failure.code, "%s", subscription->failure.text);
    }
    pthread_mutex_unlock(&subscription->mutex);
    if (arrival != NULL)
        wake(subscription);
    return arrival;
}

int subscription_next(struct subscription *subscription, const struct stream *stream,
                      int milliseconds, struct runnel_batch **batch, struct failure *why) {
    const struct stream *const streams[] = {stream, NULL};
    struct arrival *arrival = take(subscription, milliseconds, why);
    *batch = NULL;
    if (arrival == NULL)
        return why->code;
    const struct frame *frame = &arrival->frame;
    int status = STATUS_END;
    if (frame->kind == FRAME_OPEN) {
        *batch = payload_read_open(frame->payload, frame->payload_size, streams, why);
        if (*batch != NULL) {
            (*batch)->retain(*batch);
            subscription->open = *batch;
        }
    } else if (frame->kind == FRAME_DATA) {
        *batch = payload_read_data(frame->payload, frame->payload_size, subscription->open, why);
        if (*batch != NULL) {
            (*batch)->mark_contig = frame->mark_contig;
            (*batch)->mark_position = frame->mark_position;
        }
    }
    if (frame->kind != FRAME_END)
        status = *batch ? STATUS_OK : fail_at(why, "%s", subscription->address);
    free_arrival(arrival);
    return status;
}
