/* SPDX-License-Identifier: MIT
 *
 * Dealing without sockets: services are played by hand, time is ours. */
#include "plugin/wire/dealer.h"

#include "plugin/wire/service.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { SERVICES = 3, BEAT = 100 };

static const char *const ADDRESSES[SERVICES] = {"tcp://a", "tcp://b", "tcp://c"};
static struct dealer *dealer;
static int64_t now;
static uint64_t session[SERVICES], sent[SERVICES], results[SERVICES];
static uint64_t has[SERVICES][16]; /* batches under way, 0 for none */
static size_t connects, beats, answers[200], set_aside[200];
static bool opened, unreachable[SERVICES];
static char failure[512];

static int on_connect(void *with, size_t service, struct failure *why) {
    (void)with, (void)why;
    connects++;
    sent[service] = results[service] = 0;
    memset(has[service], 0, sizeof has[service]);
    return STATUS_OK;
}
static bool on_send(void *with, size_t service, const struct frame *frame) {
    (void)with;
    if (unreachable[service])
        return false;
    session[service] = frame->session;
    beats += frame->kind == FRAME_BEAT;
    sent[service] += frame->kind == FRAME_OPEN || frame->kind == FRAME_DATA;
    for (size_t i = 0; frame->kind == FRAME_DATA; i++)
        if (has[service][i] == 0) {
            has[service][i] = frame->sequence;
            break;
        }
    return true;
}
static void on_opened(void *with, const struct frame *result) {
    (void)with, (void)result;
    cr_expect_not(opened, "opened is told once");
    opened = true;
}
static void on_answered(void *with, uint64_t sequence, const struct frame *result) {
    (void)with, (void)result;
    answers[sequence]++;
}
static void on_set_aside(void *with, uint64_t sequence) {
    (void)with;
    set_aside[sequence]++;
}
static void on_failed(void *with, const char *sentence) {
    (void)with;
    cr_expect_str_empty(failure, "failed is told once");
    snprintf(failure, sizeof failure, "%s", sentence);
}
static void on_tell(void *with, const char *sentence) {
    (void)with, (void)sentence;
}

static void begin_with(size_t services, bool mixed) {
    const struct dealer_hooks hooks = {NULL,        on_connect,   on_send,   on_opened,
                                       on_answered, on_set_aside, on_failed, on_tell};
    const struct dealer_setup setup = {.service_count = services,
                                       .addresses = ADDRESSES,
                                       .first_session = 77,
                                       .beat = BEAT,
                                       .patience = 10000,
                                       .hello = "role service\n",
                                       .mixed = mixed};
    now = 1000;
    dealer = dealer_new(&setup, &hooks, now, NULL);
    dealer_open(dealer, "schema", 6);
    dealer_tick(dealer, now);
}

static void say(size_t service, struct frame frame) {
    uint8_t header[FRAME_SIZE];
    frame.session = session[service];
    frame_write(header, &frame);
    dealer_receive(dealer, service, header, FRAME_SIZE, frame.payload, frame.payload_size, now);
    dealer_tick(dealer, now);
}

static void welcome(size_t service, const char *facts) {
    say(service,
        (struct frame){
            .kind = FRAME_WELCOME, .count = 4, .payload = facts, .payload_size = strlen(facts)});
}

static void greet(size_t service) {
    welcome(service, "model_digest d\nkernels avx2\n");
    results[service]++;
    say(service, (struct frame){.kind = FRAME_RESULT});
}

static void answer(size_t service, uint64_t sequence) {
    for (size_t i = 0; i < 16; i++)
        if (has[service][i] == sequence)
            has[service][i] = 0;
    results[service]++;
    say(service, (struct frame){.kind = FRAME_RESULT, .sequence = sequence});
}

static void put(uint64_t first, uint64_t last) {
    for (uint64_t sequence = first; sequence <= last; sequence++)
        dealer_put(dealer, sequence, "batch", 5);
    dealer_tick(dealer, now);
}

static size_t count(size_t service) {
    size_t found = 0;
    for (size_t i = 0; i < 16; i++)
        found += has[service][i] != 0;
    return found;
}

/* Time passes; the services with a bit in `alive` answer beats. */
static void pass(int64_t milliseconds, unsigned alive) {
    for (int64_t step = 0; step < milliseconds; step += BEAT / 2) {
        now += BEAT / 2;
        dealer_tick(dealer, now);
        for (size_t i = 0; i < SERVICES; i++)
            if (alive >> i & 1)
                say(i, (struct frame){.kind = FRAME_BEAT, .count = results[i]});
    }
}

static void end(void) {
    dealer_free(dealer);
}

TestSuite(dealer, .fini = end);

Test(dealer, batches_are_spread_and_credit_is_kept) {
    begin_with(2, false);
    greet(0);
    greet(1);
    put(1, 20);
    cr_expect(count(0) == 4 && count(1) == 4);
    answer(0, has[0][0]);
    cr_expect(count(0) == 4 && count(1) == 4, "an answer makes room for the next");
    cr_expect_eq(dealer_counts(dealer)->dealt, 9);
    cr_expect_str_empty(failure);
}

Test(dealer, what_a_silent_service_has_is_dealt_again) {
    begin_with(2, false);
    greet(0);
    greet(1);
    put(1, 4);
    cr_assert(count(0) == 2 && count(1) == 2);
    while (count(1) > 0)
        answer(1, has[1][count(1) - 1]);
    pass(700, 2);
    cr_expect_eq(dealer_counts(dealer)->deaths, 1);
    cr_expect_eq(count(1), 1, "suspects are dealt one by one");
    answer(1, has[1][0]);
    answer(1, has[1][0]);
    for (uint64_t sequence = 1; sequence <= 4; sequence++)
        cr_expect_eq(answers[sequence], 1, "batch %llu", (unsigned long long)sequence);
}

Test(dealer, three_lone_deaths_set_a_batch_aside) {
    begin_with(1, false);
    for (int death = 0; death < 3; death++) {
        greet(0);
        if (death == 0)
            put(1, 1);
        cr_assert_eq(has[0][0], 1);
        cr_expect_eq(set_aside[1], 0);
        pass(700, 0);
    }
    cr_expect_eq(set_aside[1], 1);
    cr_expect_eq(dealer_counts(dealer)->set_aside, 1);
    greet(0);
    put(2, 2);
    cr_expect_eq(has[0][0], 2, "the next one has no such past");
}

Test(dealer, deaths_with_company_set_nothing_aside) {
    begin_with(1, false);
    greet(0);
    put(1, 3);
    pass(700, 0);
    for (uint64_t sequence = 1; sequence <= 3; sequence++) {
        greet(0);
        cr_expect_eq(count(0), 1);
        answer(0, sequence);
        pass(50, 1);
    }
    cr_expect(answers[1] == 1 && answers[2] == 1 && answers[3] == 1 && !set_aside[1]);
}

Test(dealer, a_service_that_comes_back_without_its_session_has_died) {
    begin_with(1, false);
    greet(0);
    put(1, 1);
    say(0, (struct frame){.kind = FRAME_FAULT, .code = FAULT_UNKNOWN});
    cr_expect_eq(dealer_counts(dealer)->deaths, 1);
    cr_expect_eq(connects, 2);
    greet(0);
    answer(0, 1);
    cr_expect_eq(answers[1], 1);
}

Test(dealer, leaving_is_no_death) {
    begin_with(1, false);
    greet(0);
    put(1, 1);
    for (int time = 0; time < 5; time++) {
        say(0, (struct frame){.kind = FRAME_FAULT, .code = FAULT_LEAVING});
        pass(200, 0);
        greet(0);
    }
    cr_expect(dealer_counts(dealer)->deaths == 0 && set_aside[1] == 0);
    answer(0, 1);
    cr_expect_eq(answers[1], 1);
}

Test(dealer, a_result_that_went_lost_is_noticed) {
    begin_with(1, false);
    greet(0);
    put(1, 1);
    say(0, (struct frame){.kind = FRAME_BEAT, .count = 2}); /* it says that it has answered */
    cr_expect(dealer_counts(dealer)->lost == 1 && dealer_counts(dealer)->deaths == 0);
    greet(0);
    answer(0, 1);
    cr_expect_eq(answers[1], 1);
}

Test(dealer, an_answer_counts_once) {
    begin_with(1, false);
    greet(0);
    put(1, 2);
    answer(0, 1);
    answer(0, 1);
    cr_expect_eq(answers[1], 1);
    cr_expect_eq(dealer_counts(dealer)->duplicates, 1);
}

Test(dealer, messages_of_an_old_session_are_nothing) {
    begin_with(1, false);
    greet(0);
    put(1, 1);
    uint64_t old = session[0];
    say(0, (struct frame){.kind = FRAME_FAULT, .code = FAULT_LEAVING});
    pass(200, 0);
    greet(0);
    uint64_t current = session[0];
    session[0] = old;
    say(0, (struct frame){.kind = FRAME_RESULT, .sequence = 1});
    cr_expect_eq(answers[1], 0);
    session[0] = current;
    answer(0, 1);
    cr_expect_eq(answers[1], 1);
}

Test(dealer, a_batch_that_cannot_be_sent_is_no_suspect) {
    begin_with(1, false);
    greet(0);
    unreachable[0] = true;
    put(1, 1);
    pass(700, 0);
    unreachable[0] = false;
    pass(200, 0);
    greet(0);
    cr_expect_eq(dealer_counts(dealer)->dealt, 1);
    cr_expect_eq(dealer_counts(dealer)->dealt_again, 0);
}

Test(dealer, being_held_up_oneself_is_nobodys_death) {
    begin_with(1, false);
    greet(0);
    put(1, 1);
    now += 100000;
    dealer_tick(dealer, now);
    cr_expect_eq(dealer_counts(dealer)->deaths, 0);
    say(0, (struct frame){.kind = FRAME_FAULT, .code = FAULT_UNKNOWN}); /* it has given us up */
    cr_expect_eq(dealer_counts(dealer)->deaths, 0);
    greet(0);
    answer(0, 1);
    cr_expect_eq(answers[1], 1);
}

Test(dealer, another_model_is_refused) {
    begin_with(2, true);
    greet(0);
    welcome(1, "model_digest other\nkernels avx2\n");
    cr_expect_str_eq(failure, "tcp://b: its model (digest other) is not that of the others (d)");
}

Test(dealer, another_instruction_set_is_refused) {
    begin_with(2, false);
    greet(0);
    welcome(1, "model_digest d\nkernels avx512\n");
    cr_expect_not_null(strstr(failure, "tcp://b: it computes with avx512, the others with avx2"),
                       "%s", failure);
}

Test(dealer, mixed_allows_another_instruction_set) {
    begin_with(2, true);
    greet(0);
    welcome(1, "model_digest d\nkernels avx512\n");
    cr_expect_str_empty(failure);
}

Test(dealer, refusals_end_the_run) {
    begin_with(1, false);
    greet(0);
    say(0, (struct frame){
               .kind = FRAME_FAULT, .code = FAULT_REFUSED, .payload = "why", .payload_size = 3});
    cr_expect_str_eq(failure, "tcp://a: why");
}

Test(dealer, nobody_there_ends_the_run_after_a_while) {
    begin_with(2, false);
    pass(9900, 0);
    cr_expect_str_empty(failure);
    pass(300, 0);
    cr_expect_str_eq(failure, "tcp://a: neither this service nor another one answers");
}

Test(dealer, busy_is_waited_for) {
    begin_with(1, false);
    for (int time = 0; time < 60; time++) {
        say(0, (struct frame){.kind = FRAME_FAULT, .code = FAULT_BUSY});
        pass(250, 0);
        if (time == 30)
            greet(0);
    }
    cr_expect_str_empty(failure);
}

Test(dealer, end_is_said_and_heard) {
    begin_with(2, false);
    greet(0);
    greet(1);
    put(1, 1);
    answer(0, 1);
    dealer_end(dealer, now);
    cr_expect_not(dealer_ended(dealer, now));
    say(0, (struct frame){.kind = FRAME_END, .count = results[0]});
    cr_expect_not(dealer_ended(dealer, now));
    cr_expect(dealer_ended(dealer, now + 501), "who keeps silent is not waited for");
    say(1, (struct frame){.kind = FRAME_END, .count = results[1]});
    cr_expect(dealer_ended(dealer, now));
}

/* One that is still loading its model is told as well, so that it need not wait for our silence. */
Test(dealer, end_is_said_to_those_that_are_not_ready) {
    begin_with(2, false);
    greet(0);
    welcome(1, "model_digest d\nkernels avx2\n");
    dealer_end(dealer, now);
    say(0, (struct frame){.kind = FRAME_END, .count = 1});
    cr_expect_not(dealer_ended(dealer, now));
    say(1, (struct frame){.kind = FRAME_END, .count = 0});
    cr_expect(dealer_ended(dealer, now));
}

/* One death with company says little: three alone are still needed. */
Test(dealer, deaths_with_company_do_not_count) {
    begin_with(1, false);
    greet(0);
    put(1, 2);
    pass(700, 0);
    for (int death = 0; death < 3; death++) {
        cr_expect_eq(set_aside[1], 0);
        greet(0);
        cr_assert(count(0) == 1 && has[0][0] == 1);
        pass(700, 0);
    }
    cr_expect_eq(set_aside[1], 1);
}

/* A service may compute for long: that it is there is asked also while it is sent batches. */
Test(dealer, beats_go_on_while_batches_are_sent) {
    begin_with(1, false);
    greet(0);
    for (uint64_t sequence = 1; sequence <= 4; sequence++) {
        put(sequence, sequence);
        pass(BEAT - 10, 1);
    }
    cr_expect(beats >= 3, "%zu beats", beats);
    cr_expect_eq(dealer_counts(dealer)->deaths, 0);
}
