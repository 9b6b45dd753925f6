/* SPDX-License-Identifier: MIT
 *
 * The source's side by itself; together with a subscriber in test_subscriber.c. */
#include "plugin/wire/source.h"

#include "tests/plugin/wire/recorded.h"

#include <criterion/criterion.h>
#include <string.h>

static struct source *source;
static struct frame sent, said[16]; /* the last, and all (of a short session) */
static size_t said_count;
static size_t data_sent, faults, arrived;
static int64_t now = 1000;

static bool on_send(void *with, const void *name, size_t size, const struct frame *frame) {
    (void)with, (void)name, (void)size;
    sent = *frame;
    if (said_count < 16)
        said[said_count++] = *frame;
    data_sent += frame->kind == FRAME_DATA;
    faults += frame->kind == FRAME_FAULT;
    return true;
}
static void on_arrived(void *with, uint64_t sequence) {
    (void)with;
    cr_expect_eq(sequence, arrived + 1);
    arrived++;
}

static void begin(void) {
    static const struct source_hooks HOOKS = {NULL, on_send, on_arrived};
    source = source_new("role source\n", &HOOKS, NULL);
    source_open(source, "schema", 6);
    for (uint64_t sequence = 1; sequence <= 10; sequence++)
        source_put(source, sequence, 0, 0, "batch", 5);
    source_tick(source, now);
}

static void end(void) {
    source_free(source);
}

static void say(const char *name, struct frame frame) {
    uint8_t header[FRAME_SIZE];
    frame_write(header, &frame);
    source_receive(source, name, strlen(name), header, FRAME_SIZE, frame.payload,
                   frame.payload_size, now);
    source_tick(source, now);
}

static void hello(const char *name, uint64_t session, uint64_t from, uint64_t credit) {
    static const char FACTS[] = "role source\nbeat 100\n";
    say(name, (struct frame){.kind = FRAME_HELLO,
                             .session = session,
                             .sequence = from,
                             .count = credit,
                             .payload = FACTS,
                             .payload_size = strlen(FACTS)});
}

static void expect_fault(enum fault_code code) {
    cr_expect(sent.kind == FRAME_FAULT && sent.code == code, "%s %u", frame_kind_text(sent.kind),
              sent.code);
}

TestSuite(source, .init = begin, .fini = end);

Test(source, credit_bounds_what_is_sent) {
    hello("a", 1, 1, 3);
    cr_expect_eq(data_sent, 3);
    say("a", (struct frame){.kind = FRAME_CREDIT, .session = 1, .sequence = 3, .count = 2});
    cr_expect(data_sent == 5 && arrived == 2);
    cr_expect_eq(source_room(source), SOURCE_KEPT_MAX - 8);
}

Test(source, one_at_a_time) {
    hello("a", 1, 1, 3);
    hello("b", 2, 1, 3);
    expect_fault(FAULT_BUSY);
    say("a", (struct frame){.kind = FRAME_FAULT, .session = 1});
    hello("b", 3, 1, 3);
    cr_expect_eq(sent.kind, FRAME_DATA);
}

Test(source, what_arrived_is_gone) {
    hello("a", 1, 1, 5);
    say("a", (struct frame){.kind = FRAME_CREDIT, .session = 1, .sequence = 5, .count = 1});
    say("a", (struct frame){.kind = FRAME_FAULT, .session = 1});
    hello("b", 2, 5, 3);
    cr_expect(sent.kind == FRAME_DATA && sent.sequence == 7, "it may go on");
    cr_expect_not(source_is_wanted_again(source));
    say("b", (struct frame){.kind = FRAME_FAULT, .session = 2});
    hello("c", 3, 1, 3);
    expect_fault(FAULT_BUSY);
    cr_expect_not(source_is_wanted_again(source), "it may be a late word");
    hello("c", 3, 1, 3);
    cr_expect_not(source_is_wanted_again(source), "it came twice");
    hello("c", 4, 1, 3);
    expect_fault(FAULT_BUSY);
    cr_expect(source_is_wanted_again(source));
}

/* Words of sessions that are over come late; the subscriber itself goes on where it was. */
Test(source, late_hellos_do_not_end_the_stream) {
    hello("a", 1, 1, 5);
    say("a", (struct frame){.kind = FRAME_CREDIT, .session = 1, .sequence = 5, .count = 1});
    say("a", (struct frame){.kind = FRAME_FAULT, .session = 1});
    hello("a", 1, 1, 5);
    hello("b", 2, 5, 3);
    cr_expect_eq(sent.kind, FRAME_DATA);
    say("b", (struct frame){.kind = FRAME_FAULT, .session = 2});
    hello("c", 3, 1, 5);
    cr_expect_not(source_is_wanted_again(source));
}

Test(source, silence_makes_room_for_another) {
    hello("a", 1, 1, 3);
    now += 501;
    source_tick(source, now);
    hello("b", 2, 1, 3);
    cr_expect_eq(sent.kind, FRAME_DATA);
    cr_expect_eq(source_counts(source)->sent_again, 3);
}

Test(source, end_is_answered) {
    source_end(source);
    hello("a", 1, 1, 100);
    cr_expect(sent.kind == FRAME_END && sent.count == 10);
    say("a", (struct frame){.kind = FRAME_END, .session = 1, .count = 10});
    cr_expect(source_is_done(source));
}

/* All has arrived and nobody speaks any more: the subscriber's END went lost. */
Test(source, silence_behind_the_last_batch_is_an_end) {
    source_end(source);
    hello("a", 1, 1, 100);
    say("a", (struct frame){.kind = FRAME_CREDIT, .session = 1, .sequence = 11, .count = 1});
    now += 501;
    source_tick(source, now);
    cr_expect(source_is_done(source));
}

/* All has arrived, but our END and the word that the session is over went lost: who comes back for
 * the END is told to wait, and gets it when the old session is known to be dead. */
Test(source, who_lacks_the_end_alone_gets_it) {
    source_end(source);
    hello("a", 1, 1, 100);
    say("a", (struct frame){.kind = FRAME_CREDIT, .session = 1, .sequence = 11, .count = 1});
    now += 400;
    hello("b", 2, 11, 3);
    expect_fault(FAULT_BUSY);
    now += 101;
    source_tick(source, now);
    cr_expect_not(source_is_done(source));
    hello("b", 3, 11, 3);
    cr_expect(sent.kind == FRAME_END && sent.count == 10);
    say("b", (struct frame){.kind = FRAME_END, .session = 3, .count = 10});
    cr_expect(source_is_done(source));
}

Test(source, an_end_that_is_too_early_is_none) {
    hello("a", 1, 1, 3);
    say("a", (struct frame){.kind = FRAME_END, .session = 1, .count = 3});
    cr_expect_not(source_is_done(source));
}

Test(source, what_breaks_the_rules_ends_the_session) {
    hello("a", 1, 1, 3);
    say("a", (struct frame){.kind = FRAME_CREDIT, .session = 1, .sequence = 9, .count = 2});
    expect_fault(FAULT_UNEXPECTED);
    hello("a", 2, 1, 3);
    say("a", (struct frame){.kind = FRAME_BEAT, .session = 2, .count = 7});
    expect_fault(FAULT_LOST);
    hello("a", 3, 0, 3);
    expect_fault(FAULT_REFUSED);
    source_receive(source, "a", 1, "junk", 4, NULL, 0, now);
    expect_fault(FAULT_MALFORMED);
    cr_expect_eq(arrived, 0);
}

/* What the recorded source said is what this one says, byte for byte. */
Test(source, the_recorded_session_is_spoken) {
    static const struct source_hooks HOOKS = {NULL, on_send, on_arrived};
    size_t count, compared = 0;
    struct recorded *messages = read_session(SOURCE_SESSION, &count);
    int64_t mark[2];
    memcpy(mark, messages[3].header + 24, sizeof mark);
    source_free(source);
    source = source_new("role source\n", &HOOKS, NULL);
    source_open(source, messages[2].payload, messages[2].payload_size);
    source_put(source, 1, mark[0], mark[1], messages[3].payload, messages[3].payload_size);
    source_end(source);
    for (size_t i = 0; i < count; i++) {
        struct recorded *message = &messages[i];
        uint8_t header[FRAME_SIZE];
        if (message->direction == '>') {
            source_receive(source, "a", 1, message->header, FRAME_SIZE, message->payload,
                           message->payload_size, now);
            source_tick(source, now);
            continue;
        }
        cr_assert(compared < said_count);
        frame_write(header, &said[compared++]);
        cr_expect_arr_eq(header, message->header, FRAME_SIZE, "message %zu", i);
    }
    cr_expect(compared == said_count && compared == 5);
    cr_expect(arrived == 1 && source_is_done(source));
    free(messages);
}
