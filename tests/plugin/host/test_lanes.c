/* SPDX-License-Identifier: MIT
 *
 * Running lines: order, bounds, and how every failure ends.  The stages are real plugins, built
 * from tests/plugin/stages. */
#include "plugin/host/lanes.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBERS BUILD_DIR "/test_plugins/numbers.so"
#define WRONG   BUILD_DIR "/test_plugins/wrong.so"

static int run(const char *text, struct books *books, struct failure *why) {
    struct line *line = calloc(1, sizeof *line);
    int status = line_parse(line, text, why);
    if (status == STATUS_OK)
        status = line_check(line, why);
    if (status == STATUS_OK)
        status = line_run(line, NULL, books, why);
    line_clear(line);
    free(line);
    return status;
}

static const struct stage_books *last(const struct books *books) {
    return &books->stages[books->count - 1];
}

struct ordered {
    char text[400];
    int64_t rows;
};

ParameterizedTestParameters(lanes, rows_arrive_in_order) {
    static struct ordered lines[] = {
        {NUMBERS ":count ! " NUMBERS ":sink", 700},
        {NUMBERS ":count batches=0 ! " NUMBERS ":sink", 0},
        {NUMBERS ":count rows=0 ! " NUMBERS ":sink", 0},
        {NUMBERS ":count ! " NUMBERS ":late ! " NUMBERS ":sink", 700},
        {NUMBERS ":count ! " NUMBERS ":late refuse-above=2 ! " NUMBERS ":sink", 700},
        {NUMBERS ":count ! " NUMBERS ":late refuse-above=1 ! " NUMBERS ":late ! " NUMBERS ":sink",
         700},
        {NUMBERS ":count batches=40 rows=100 ! " NUMBERS ":many ! " NUMBERS ":sink", 4000},
        {NUMBERS ":count batches=40 rows=100 ! " NUMBERS ":parts ! " NUMBERS ":sink", 4000},
        {NUMBERS ":count batches=40 ! " NUMBERS ":parts ! " NUMBERS ":late ! " NUMBERS
                 ":parts ! " NUMBERS ":sink pause=10",
         280},
        {NUMBERS ":count batches=40 ! " NUMBERS ":many ! " NUMBERS ":late ! " NUMBERS
                 ":watch ! " NUMBERS ":sink pause=10",
         280},
    };
    return cr_make_param_array(struct ordered, lines, sizeof lines / sizeof *lines);
}

ParameterizedTest(struct ordered *line, lanes, rows_arrive_in_order) {
    struct failure why = {0};
    struct books *books = calloc(1, sizeof *books);
    cr_expect_eq(run(line->text, books, &why), STATUS_OK, "%s: %s", line->text, why.text);
    cr_expect_eq(books_total(last(books), "in"), line->rows, "%s", line->text);
    cr_expect_eq(books_total(last(books), "rows in test.numbers/1"), line->rows);
    free(books);
}

Test(lanes, refusals_happen_and_lose_nothing) {
    struct failure why = {0};
    struct books *books = calloc(1, sizeof *books);
    run(NUMBERS ":count ! " NUMBERS ":late refuse-above=1 ! " NUMBERS ":sink", books, &why);
    cr_expect_gt(books_total(&books->stages[1], "refused"), 0);
    cr_expect_eq(books_total(&books->stages[1], "rows out test.numbers/1"), 700);
    free(books);
}

/* A slow sink must hold the source: it can be ahead by the credit of each joint, no more.  The
 * sink stops the line at its first row, so what was sent by then is the bound. */
Test(lanes, slow_consumer_holds_the_source) {
    struct failure why = {0};
    struct books *books = calloc(1, sizeof *books);
    cr_expect_neq(run(NUMBERS ":count batches=100000 ! " NUMBERS ":late ! " WRONG " how=process",
                      books, &why),
                  STATUS_OK);
    cr_expect_lt(books_total(&books->stages[0], "sent"), 200);
    free(books);
}

/* What the workers of a stage compute is in its books. */
Test(lanes, cpu_of_workers_is_the_stages) {
    struct failure why = {0};
    struct books *books = calloc(1, sizeof *books);
    run(NUMBERS ":count batches=20 ! " NUMBERS ":late work=10000 ! " NUMBERS ":sink", books, &why);
    cr_expect_geq(books->stages[1].cpu_seconds, 0.2);
    cr_expect_lt(books->stages[0].cpu_seconds + last(books)->cpu_seconds, 0.2);
    free(books);
}

/* Ticks come while nothing else does, and what they give leaves in order. */
Test(lanes, ticks_fill_the_silence) {
    struct failure why = {0};
    struct books *books = calloc(1, sizeof *books);
    cr_expect_eq(run(NUMBERS ":count batches=2 pause=1300000 ! " NUMBERS ":ticks ! " NUMBERS
                             ":sink",
                     books, &why),
                 STATUS_OK, "%s", why.text);
    cr_expect_geq(books_total(last(books), "in"), 1);
    cr_expect_eq(run(NUMBERS ":count ! " NUMBERS ":ticks ! " NUMBERS ":sink", books, &why),
                 STATUS_OK, "%s", why.text);
    free(books);
}

/* What a stage gives piece by piece waits for room as well: with one huge batch, no more is given
 * than can be under way. */
Test(lanes, pieces_wait_for_room) {
    struct failure why = {0};
    struct books *books = calloc(1, sizeof *books);
    cr_expect_neq(run(NUMBERS ":count batches=1 rows=100000 ! " NUMBERS ":parts ! " WRONG
                              " how=process",
                      books, &why),
                  STATUS_OK);
    cr_expect_gt(books_total(&books->stages[1], "given"), 0);
    cr_expect_lt(books_total(&books->stages[1], "given"), 100, "%d",
                 (int)books_total(&books->stages[1], "given"));
    free(books);
}

/* And what it gives at the end. */
Test(lanes, the_end_waits_for_room) {
    struct failure why = {0};
    struct books *books = calloc(1, sizeof *books);
    cr_expect_eq(run(NUMBERS ":count batches=3 rows=1000 ! " NUMBERS ":tail ! " NUMBERS ":sink",
                     books, &why),
                 STATUS_OK, "%s", why.text);
    cr_expect_eq(books_total(last(books), "in"), 3000);
    cr_expect_neq(run(NUMBERS ":count batches=1 rows=100000 ! " NUMBERS ":tail ! " WRONG
                              " how=process",
                      books, &why),
                  STATUS_OK);
    cr_expect_gt(books_total(&books->stages[1], "given"), 0);
    cr_expect_lt(books_total(&books->stages[1], "given"), 100, "%d",
                 (int)books_total(&books->stages[1], "given"));
    free(books);
}

struct broken {
    char how[32];
    char sentence[160];
};

ParameterizedTestParameters(lanes, failures_are_one_sentence) {
    static struct broken ways[] = {
        {"init", "numbers.txt, line 3: failed in init"},
        {"process", "numbers.txt, line 3: failed in process"},
        {"slot", "numbers.txt, line 3: failed in slot"},
        {"finish", "numbers.txt, line 3: failed in finish"},
        {"silent", "a stage failed without saying why"},
        {"again",
         "stage wrong broke the plugin contract: it refused a batch while nothing of it was under way"},
        {"nonsense", "stage wrong broke the plugin contract: it returned 99 from a hook"},
        {"complete-twice", "stage wrong broke the plugin contract: it completed a slot twice"},
        {"end",
         "stage wrong broke the plugin contract: it gave a batch of 'END', which it does not declare"},
        {"undeclared",
         "stage wrong broke the plugin contract: it gave a batch of 'test.other/1', which it does not declare"},
        {"late-emit",
         "stage wrong broke the plugin contract: it put a batch into a slot that was complete"},
        {"open-twice",
         "stage wrong broke the plugin contract: it opened test.numbers/1 a second time"},
        {"finish-pending",
         "stage wrong broke the plugin contract: it returned PENDING from finish"},
    };
    return cr_make_param_array(struct broken, ways, sizeof ways / sizeof *ways);
}

ParameterizedTest(struct broken *way, lanes, failures_are_one_sentence, .timeout = 20) {
    struct failure why = {0};
    char text[512];
    snprintf(text, sizeof text, NUMBERS ":count ! " WRONG " how=%s ! " NUMBERS ":many", way->how);
    cr_expect_neq(run(text, NULL, &why), STATUS_OK);
    cr_expect_str_eq(why.text, way->sentence);
}
