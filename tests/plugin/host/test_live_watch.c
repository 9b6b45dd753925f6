/* SPDX-License-Identifier: MIT
 *
 * Times and depths as people write them, and when a live run has enough. */
#include "plugin/host/live_watch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(live_watch, times) {
    static const struct {
        const char *text;
        double seconds; /* -1: refused */
    } TIMES[] = {{"10s", 10}, {"10", 10}, {"0", 0},   {"1.5m", 90}, {"2h", 7200}, {"", -1},
                 {"s", -1},   {"-1", -1}, {"1d", -1}, {"inf", -1},  {"nan", -1},  {"1ss", -1}};
    for (size_t i = 0; i < sizeof TIMES / sizeof *TIMES; i++) {
        double seconds = -1;
        bool good = live_seconds(TIMES[i].text, &seconds);
        cr_expect_eq(good, TIMES[i].seconds >= 0, "%s", TIMES[i].text);
        cr_expect(!good || seconds == TIMES[i].seconds, "%s: %g", TIMES[i].text, seconds);
    }
}

Test(live_watch, ends) {
    struct live_end end;
    cr_expect(live_end_read(&end, NULL) && end.seconds == 0 && end.depth == 0);
    cr_expect(live_end_read(&end, "90m") && end.seconds == 5400 && end.depth == 0);
    cr_expect(live_end_read(&end, "30x") && end.seconds == 0 && end.depth == 30);
    cr_expect_not(live_end_read(&end, "30"), "30 of what?");
    cr_expect_not(live_end_read(&end, "0x"));
    cr_expect_not(live_end_read(&end, "0s"));
    cr_expect_not(live_end_read(&end, "30xx"));
    cr_expect_not(live_end_read(&end, ""));
}

Test(live_watch, enough_by_depth) {
    static struct books books = {.count = 1};
    struct run_state state = {.books = &books};
    struct live_watch watch = {.end = {.depth = 30}};
    struct run_watch run = live_watch_begin(&watch, true, false);
    snprintf(books.stages[0].id, sizeof books.stages[0].id, "revise");
    stage_books_add(&books.stages[0], "median depth", 29);
    cr_expect_not(run.enough(&state, run.with));
    stage_books_add(&books.stages[0], "median depth", 1);
    cr_expect(run.enough(&state, run.with));
    watch.end = (struct live_end){.seconds = 1000};
    cr_expect_not(run.enough(&state, run.with));
    watch.began -= 1000;
    cr_expect(run.enough(&state, run.with));
    watch.end = (struct live_end){0};
    cr_expect_not(run.enough(&state, run.with));
}
