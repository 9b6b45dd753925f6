/* SPDX-License-Identifier: MIT
 *
 * The service's side of the protocol, message by message; no sockets, time as we like it. */
#include "plugin/wire/service.h"

#include "tests/plugin/wire/recorded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct service *service;
static struct frame sent; /* the last message */
static char sent_to[16], sent_text[256];
static size_t sends, opens, computes, closes;
static bool full;             /* the hook has no room for a stream */
static const char *gone = ""; /* a peer that cannot be reached */
static int64_t now;

static bool on_send(void *with, const void *name, size_t name_size, const struct frame *frame) {
    (void)with;
    if (strncmp(gone, name, name_size) == 0)
        return false;
    sends++;
    sent = *frame;
    snprintf(sent_to, sizeof sent_to, "%.*s", (int)name_size, (const char *)name);
    snprintf(sent_text, sizeof sent_text, "%.*s", (int)frame->payload_size,
             frame->payload ? (const char *)frame->payload : "");
    return true;
}
static bool on_open(void *with, size_t peer, const struct frame *hello, const struct frame *open) {
    (void)with, (void)peer, (void)hello, (void)open;
    opens++;
    return !full || closes > 0;
}
static void on_compute(void *with, size_t peer, const struct frame *data) {
    (void)with, (void)peer, (void)data;
    computes++;
}
static void on_close(void *with, size_t peer) {
    (void)with, (void)peer;
    closes++;
}

static void begin(void) {
    static const struct service_setup SETUP = {"role service\n", 3};
    static const struct service_hooks HOOKS = {NULL, on_send, on_open, on_compute, on_close};
    service = service_new(&SETUP, &HOOKS, NULL);
    now = 1000;
    service_tick(service, now);
}

static void end(void) {
    service_free(service);
}

static void say(const char *name, struct frame frame) {
    uint8_t header[FRAME_SIZE];
    frame_write(header, &frame);
    service_receive(service, name, strlen(name), header, FRAME_SIZE, frame.payload,
                    frame.payload_size, now);
}

static void hello(const char *name, uint64_t session) {
    static const char FACTS[] = "role service\nbeat 100\n";
    say(name, (struct frame){.kind = FRAME_HELLO,
                             .session = session,
                             .payload = FACTS,
                             .payload_size = strlen(FACTS)});
}

static void data(const char *name, uint64_t session, uint64_t sequence) {
    say(name, (struct frame){.kind = FRAME_DATA, .session = session, .sequence = sequence});
}

static void opened(const char *name, uint64_t session) {
    hello(name, session);
    say(name, (struct frame){.kind = FRAME_OPEN, .session = session});
}

static void expect_fault(enum fault_code code) {
    cr_expect_eq(sent.kind, FRAME_FAULT, "%s was sent", frame_kind_text(sent.kind));
    cr_expect_eq(sent.code, code, "fault %u: %s", sent.code, sent_text);
}

TestSuite(service, .init = begin, .fini = end);

Test(service, a_session_from_hello_to_end) {
    hello("a", 5);
    cr_expect(sent.kind == FRAME_WELCOME && sent.session == 5 && sent.count == 3);
    cr_expect_str_eq(sent_text, "role service\n");
    say("a", (struct frame){.kind = FRAME_OPEN, .session = 5});
    cr_expect_eq(opens, 1);
    service_answer(service, 0, 5, 0, "schema", 6);
    cr_expect(sent.kind == FRAME_RESULT && sent.sequence == 0);
    for (uint64_t sequence = 1; sequence <= 3; sequence++)
        data("a", 5, sequence);
    cr_expect_eq(computes, 3);
    service_answer(service, 0, 5, 2, "calls", 5);
    cr_expect(sent.kind == FRAME_RESULT && sent.sequence == 2 && strcmp(sent_to, "a") == 0);
    data("a", 5, 4);
    cr_expect_eq(computes, 4, "an answer gives the credit back");
    say("a", (struct frame){.kind = FRAME_BEAT, .session = 5, .count = 5});
    cr_expect(sent.kind == FRAME_BEAT && sent.count == 2);
    say("a", (struct frame){.kind = FRAME_END, .session = 5, .count = 5});
    cr_expect(sent.kind == FRAME_END && sent.count == 2 && closes == 1);
    data("a", 5, 6);
    expect_fault(FAULT_UNKNOWN);
}

Test(service, credit_bounds_what_is_under_way) {
    opened("a", 5);
    for (uint64_t sequence = 1; sequence <= 3; sequence++)
        data("a", 5, sequence);
    cr_expect_eq(computes, 3);
    data("a", 5, 4);
    expect_fault(FAULT_UNEXPECTED);
    cr_expect(computes == 3 && closes == 1);
}

Test(service, hello_may_come_twice_and_anew) {
    hello("a", 5);
    hello("a", 5);
    cr_expect(sends == 2 && sent.kind == FRAME_WELCOME);
    say("a", (struct frame){.kind = FRAME_OPEN, .session = 5});
    hello("a", 5);
    cr_expect(closes == 0, "the same session goes on");
    hello("a", 6);
    cr_expect(closes == 1 && sent.kind == FRAME_WELCOME && sent.session == 6);
    service_answer(service, 0, 5, 0, "late", 4);
    cr_expect_eq(sent.kind, FRAME_WELCOME, "what the old session asked for is for nobody");
}

Test(service, the_order_is_kept) {
    data("a", 5, 1);
    expect_fault(FAULT_UNKNOWN);
    hello("a", 5);
    data("a", 5, 1);
    expect_fault(FAULT_UNEXPECTED);
    opened("a", 6);
    say("a", (struct frame){.kind = FRAME_OPEN, .session = 6});
    expect_fault(FAULT_UNEXPECTED);
    cr_expect_eq(closes, 1);
    hello("a", 7);
    say("a", (struct frame){.kind = FRAME_RESULT, .session = 7});
    expect_fault(FAULT_UNEXPECTED);
}

Test(service, what_went_lost_is_noticed) {
    opened("a", 5);
    data("a", 5, 1);
    say("a", (struct frame){.kind = FRAME_BEAT, .session = 5, .count = 3});
    expect_fault(FAULT_LOST);
    cr_expect_eq(closes, 1);
}

Test(service, another_role_is_refused) {
    say("a", (struct frame){.kind = FRAME_HELLO, .payload = "role source", .payload_size = 11});
    expect_fault(FAULT_REFUSED);
}

Test(service, silence_ends_a_session_but_not_the_others) {
    opened("a", 5);
    opened("b", 6);
    for (int step = 0; step < 6; step++) {
        now += 100;
        say("b", (struct frame){.kind = FRAME_BEAT, .session = 6, .count = 1});
        service_tick(service, now);
    }
    cr_expect_eq(closes, 1);
    data("a", 5, 1);
    expect_fault(FAULT_UNKNOWN);
    data("b", 6, 1);
    cr_expect_eq(computes, 1);
}

Test(service, being_held_up_oneself_is_not_silence) {
    opened("a", 5);
    now += 60000;
    service_tick(service, now);
    cr_expect_eq(closes, 0);
    now += 501;
    service_tick(service, now);
    cr_expect_eq(closes, 1);
}

Test(service, floods_of_hellos_take_no_more_than_the_table) {
    char name[16];
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "%d", i);
        hello(name, (uint64_t)i);
    }
    expect_fault(FAULT_BUSY);
    cr_expect_eq(service_counts(service)->sessions, SERVICE_PEERS_MAX);
    cr_expect_eq(sends, 100000 + SERVICE_PEERS_MAX,
                 "the others were asked once whether they are there");
    say("0", (struct frame){.kind = FRAME_OPEN, .session = 0});
    cr_expect_eq(opens, 1, "who is in stays in");
}

Test(service, no_room_for_a_stream_is_said) {
    full = true;
    hello("a", 5);
    say("a", (struct frame){.kind = FRAME_OPEN, .session = 5});
    expect_fault(FAULT_BUSY);
    full = false;
    opened("b", 6);
    cr_expect_neq(sent.kind, FRAME_FAULT);
}

Test(service, who_has_gone_without_a_word_makes_room) {
    opened("a", 5);
    full = true; /* until somebody is closed */
    gone = "a";
    opened("b", 6);
    cr_expect_neq(sent.kind, FRAME_FAULT);
    cr_expect(closes == 1 && opens == 3);
}

Test(service, a_failure_is_told_and_ends_the_session) {
    opened("a", 5);
    data("a", 5, 1);
    service_refuse(service, 0, 5, 1, "no such contig");
    expect_fault(FAULT_REFUSED);
    cr_expect(sent.sequence == 1 && closes == 1 && strcmp(sent_text, "no such contig") == 0);
}

Test(service, what_is_no_message_harms_only_its_sender) {
    opened("a", 5);
    opened("b", 6);
    service_receive(service, "a", 1, "junk", 4, NULL, 0, now);
    expect_fault(FAULT_MALFORMED);
    cr_expect_eq(closes, 1);
    data("b", 6, 1);
    cr_expect_eq(computes, 1);
    service_receive(service, "c", 1, "", 0, NULL, 0, now);
    expect_fault(FAULT_MALFORMED);
    say("d", (struct frame){.kind = FRAME_FAULT, .session = 9});
    cr_expect_str_eq(sent_to, "c", "a FAULT is not answered");
}

Test(service, leaving_is_told_to_all) {
    hello("a", 5);
    opened("b", 6);
    service_leave(service);
    expect_fault(FAULT_LEAVING);
    cr_expect(service_counts(service)->faults == 2 && closes == 1);
}

/* What the recorded service said is what this one says, byte for byte, where the caller's answers
 * are those that were recorded. */
Test(service, the_recorded_session_is_spoken) {
    size_t count, compared = 0;
    struct recorded *messages = read_session(SERVICE_SESSION, &count);
    char facts[256];
    snprintf(facts, sizeof facts, "%.*s", (int)messages[1].payload_size,
             (const char *)messages[1].payload);
    const struct service_setup setup = {facts, 4};
    const struct service_hooks hooks = {NULL, on_send, on_open, on_compute, on_close};
    service_free(service);
    service = service_new(&setup, &hooks, NULL);
    for (size_t i = 0; i < count; i++) {
        struct recorded *message = &messages[i];
        uint8_t header[FRAME_SIZE];
        if (message->direction == '>') {
            service_receive(service, "a", 1, message->header, FRAME_SIZE, message->payload,
                            message->payload_size, now);
            continue;
        }
        if (message->header[6] == FRAME_RESULT)
            service_answer(service, 0, 0x1234, message->header[16], message->payload,
                           message->payload_size);
        frame_write(header, &sent);
        cr_expect_arr_eq(header, message->header, FRAME_SIZE, "message %zu", i);
        cr_expect_eq(sent.payload_size, message->payload_size);
        compared++;
    }
    cr_expect(compared == 6 && opens == 1 && computes == 1 && closes == 1);
    free(messages);
}
