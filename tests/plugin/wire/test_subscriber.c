/* SPDX-License-Identifier: MIT
 *
 * A subscriber and a source, joined by a network that is played: it loses, delays and doubles
 * messages, and the source dies and begins anew.  Every batch must come once and in order. */
#include "plugin/wire/subscriber.h"

#include "plugin/wire/source.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES = 60, BEAT = 100, FLIGHTS = 64 };

struct flight {
    int64_t due; /* 0: free */
    bool to_source;
    unsigned connection; /* that it belongs to */
    uint8_t header[FRAME_SIZE], payload[64];
    size_t size;
};

static struct flight flights[FLIGHTS];
static struct subscriber *subscriber;
static struct source *source;
static unsigned connection, loss, doubling; /* in a thousand */
static int64_t now, last_due[2];
static uint64_t put, came, untaken, lost_batch, state = 1;
static bool opened, ended;
static char failure[256];

static uint64_t draw(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

static void fly(bool to_source, const struct frame *frame) {
    if (frame->kind == FRAME_DATA && frame->sequence == lost_batch) {
        lost_batch = 0; /* once */
        return;
    }
    if (draw() % 1000 < loss)
        return;
    for (int copies = draw() % 1000 < doubling ? 2 : 1; copies > 0; copies--)
        for (size_t i = 0; i < FLIGHTS; i++)
            if (flights[i].due == 0) {
                struct flight *flight = &flights[i];
                flight->due = now + 1 + (int64_t)(draw() % 5);
                if (flight->due <= last_due[to_source]) /* one behind the other */
                    flight->due = last_due[to_source] + 1;
                last_due[to_source] = flight->due;
                flight->to_source = to_source;
                flight->connection = connection;
                frame_write(flight->header, frame);
                flight->size = frame->payload_size;
                if (frame->payload_size > 0)
                    memcpy(flight->payload, frame->payload, frame->payload_size);
                break;
            }
}

static int on_connect(void *with, struct failure *why) {
    (void)with, (void)why;
    connection++;
    return STATUS_OK;
}
static bool on_send(void *with, const struct frame *frame) {
    (void)with;
    fly(true, frame);
    return true;
}
static void on_message(void *with, const struct frame *frame) {
    (void)with;
    cr_expect_not(ended);
    if (frame->kind == FRAME_OPEN) {
        cr_expect_not(opened);
        opened = true;
    } else if (frame->kind == FRAME_DATA) {
        cr_expect_eq(frame->sequence, came + 1);
        cr_expect_eq(frame->mark_position, (int64_t)(1000 + frame->sequence));
        came++;
        untaken++;
    } else {
        cr_expect_eq(frame->count, BATCHES);
        ended = true;
    }
}
static void on_failed(void *with, const char *sentence) {
    (void)with;
    snprintf(failure, sizeof failure, "%s", sentence);
}
static bool source_sends(void *with, const void *name, size_t size, const struct frame *frame) {
    unsigned to;
    (void)with;
    cr_assert_eq(size, sizeof to);
    memcpy(&to, name, sizeof to);
    unsigned current = connection;
    connection = to; /* flies over the connection of whoever is spoken to */
    fly(false, frame);
    connection = current;
    return true;
}
static void on_arrived(void *with, uint64_t sequence) {
    (void)with, (void)sequence;
}

static void new_source(void) {
    const struct source_hooks hooks = {NULL, source_sends, on_arrived};
    source_free(source);
    source = source_new("role source\n", &hooks, NULL);
    source_open(source, "schema", 6);
    put = 0;
}

static void begin(void) {
    const struct subscriber_hooks hooks = {NULL, on_connect, on_send, on_message, on_failed};
    const struct subscriber_setup setup = {.first_session = 9,
                                           .beat = BEAT,
                                           .patience = 100000,
                                           .credit = 4,
                                           .hello = "role source\nbeat 100\n"};
    now = 1000;
    new_source();
    subscriber = subscriber_new(&setup, &hooks, now, NULL);
}

static void end(void) {
    source_free(source);
    subscriber_free(subscriber);
}

/* One millisecond. */
static void step(unsigned taking) {
    now++;
    for (size_t i = 0; i < FLIGHTS; i++) {
        struct flight flight = flights[i];
        if (flight.due == 0 || flight.due > now)
            continue;
        flights[i].due = 0;
        if (flight.to_source)
            source_receive(source, &flight.connection, sizeof flight.connection, flight.header,
                           FRAME_SIZE, flight.payload, flight.size, now);
        else if (flight.connection == connection)
            subscriber_receive(subscriber, flight.header, FRAME_SIZE, flight.payload, flight.size,
                               now);
    }
    while (put < BATCHES && source_room(source) > 0) {
        put++;
        source_put(source, put, 0, (int64_t)(1000 + put), "batch", 5);
    }
    if (put == BATCHES)
        source_end(source);
    source_tick(source, now);
    if (untaken > 0 && draw() % 100 < taking) {
        untaken--;
        subscriber_taken(subscriber);
    }
    subscriber_tick(subscriber, now);
}

TestSuite(subscriber, .init = begin, .fini = end, .timeout = 120);

Test(subscriber, a_stream_comes_whole) {
    for (int i = 0; i < 5000 && !source_is_done(source); i++)
        step(50);
    cr_expect(came == BATCHES && opened && ended && source_is_done(source), "%s", failure);
    cr_expect_eq(source_counts(source)->sent_again, 0);
}

Test(subscriber, nothing_is_lost_where_messages_are) {
    loss = 30;
    doubling = 20;
    for (int i = 0; i < 300000 && !ended; i++)
        step(50);
    cr_expect(came == BATCHES && ended, "%llu came; %s", (unsigned long long)came, failure);
    cr_expect(source_counts(source)->sessions > 2);
}

Test(subscriber, a_source_that_begins_anew_goes_on_where_it_was) {
    for (int i = 0; i < 100000 && !ended; i++) {
        step(10);
        if (i % 700 == 699)
            new_source();
    }
    cr_expect(came == BATCHES && ended, "%llu came; %s", (unsigned long long)came, failure);
}

Test(subscriber, who_takes_nothing_gets_no_more_than_the_credit) {
    for (int i = 0; i < 5000; i++)
        step(0);
    cr_expect_eq(came, 4);
    cr_expect_eq(source_room(source), 0, "and the source is held up");
    for (int i = 0; i < 5000 && !ended; i++)
        step(50);
    cr_expect_eq(came, BATCHES);
}

Test(subscriber, another_stream_is_not_the_same) {
    for (int i = 0; i < 200; i++)
        step(10);
    const struct source_hooks hooks = {NULL, source_sends, on_arrived};
    source_free(source);
    source = source_new("role source\n", &hooks, NULL);
    source_open(source, "Schema", 6);
    put = 0;
    for (int i = 0; i < 3000 && failure[0] == '\0'; i++)
        step(10);
    cr_expect_str_eq(failure, "another stream than the one that was begun");
}

Test(subscriber, a_source_that_is_not_there_is_waited_for_and_given_up) {
    loss = 1000;
    for (int i = 0; i < 99000; i++)
        step(0);
    cr_expect_str_empty(failure);
    for (int i = 0; i < 2000; i++)
        step(0);
    cr_expect_str_eq(failure, "the source does not answer");
}

/* Nothing comes behind it that would show the gap; the source's BEAT tells. */
Test(subscriber, the_last_batch_of_the_credit_may_be_the_lost_one) {
    lost_batch = 4;
    for (int i = 0; i < 2000; i++)
        step(0);
    cr_expect_eq(came, 4);
}

static void hear(struct frame frame) {
    uint8_t header[FRAME_SIZE];
    frame.session = 10; /* the first one */
    frame_write(header, &frame);
    subscriber_receive(subscriber, header, FRAME_SIZE, frame.payload, frame.payload_size, now);
}

/* Found by fuzzing. */
Test(subscriber, an_end_before_the_stream_is_none) {
    loss = 1000;
    subscriber_tick(subscriber, now);
    hear((struct frame){.kind = FRAME_WELCOME});
    hear((struct frame){.kind = FRAME_END});
    cr_expect_not(ended);
}

Test(subscriber, a_fault_without_words_is_told_as_one) {
    loss = 1000;
    subscriber_tick(subscriber, now);
    hear((struct frame){.kind = FRAME_FAULT, .code = FAULT_REFUSED});
    cr_expect_str_eq(failure, "a fault without a word");
}
