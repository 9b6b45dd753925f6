/* SPDX-License-Identifier: MIT
 *
 * The rule of looks against its own words, column by column, for random reads and targets. */
#include "core/windows/looks.h"

#include "tests/core/windows/random_reads.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { LENGTH = 400 };

struct naive {
    bool wanted, due;
    uint32_t depth, looked_at; /* 0: never */
};

static bool naive_due(const struct naive *column, const struct look_rule *rule) {
    if (column->looked_at == 0)
        return column->depth >= rule->first;
    double more = fmax(rule->step, floor(rule->growth * column->looked_at + 0.5));
    return column->depth >= column->looked_at + (uint32_t)more;
}

static void check_rule(uint64_t seed) {
    struct dice dice = {seed};
    struct naive naive[LENGTH] = {{0}};
    struct interval targets[8];
    size_t count = 0;
    for (int64_t at = roll(&dice, 50); at < LENGTH - 60 && count < 8; at += 1 + roll(&dice, 60)) {
        targets[count] = (struct interval){at, at + 1 + roll(&dice, 50)};
        at = targets[count++].end;
    }
    for (size_t i = 0; i < count; i++)
        for (int64_t x = targets[i].begin; x < targets[i].end; x++)
            naive[x].wanted = true;
    const struct look_rule rule = {1 + roll(&dice, 10), 1 + roll(&dice, 4), roll(&dice, 5) * 0.25};
    struct looks *looks;
    struct interval run;
    cr_assert_eq(looks_new(&looks, targets, count, &rule, NULL), STATUS_OK);
    for (int read = 0; read < 300; read++) {
        int64_t begin = roll(&dice, LENGTH), end = begin + 1 + roll(&dice, 150);
        end = end < LENGTH ? end : LENGTH;
        for (int64_t x = begin; x < end; x++)
            if (naive[x].wanted) {
                naive[x].depth++;
                naive[x].due = naive_due(&naive[x], &rule);
            }
        looks_add(looks, begin, end);
        for (int64_t last = -1; looks_next(looks, &run); last = run.end)
            for (int64_t x = run.begin; x < run.end; x++) {
                cr_assert(run.begin >= last && x < LENGTH && naive[x].due, "seed %d, read %d: %d",
                          (int)seed, read, (int)x);
                naive[x].due = false;
                naive[x].looked_at = naive[x].depth;
            }
        for (int64_t x = 0; x < LENGTH; x++) {
            cr_assert_not(naive[x].due, "seed %d: %d was not looked at", (int)seed, (int)x);
            cr_assert_eq(looks_depth(looks, x), naive[x].depth);
        }
    }
    looks_free(looks);
}

Test(looks, rule) {
    for (uint64_t seed = 1; seed <= 200; seed++)
        check_rule(seed);
}

Test(looks, default_rule_in_numbers) {
    static const uint32_t AT[] = {8, 10, 13, 16, 20, 25, 31, 39, 49, 61, 76, 95};
    struct interval run;
    struct looks *looks;
    size_t seen = 0;
    cr_assert_eq(looks_new(&looks, &(struct interval){5, 6}, 1, &look_rule_default, NULL), 0);
    for (uint32_t depth = 1; depth <= 100; depth++) {
        looks_add(looks, 0, 10);
        if (looks_next(looks, &run))
            cr_assert_eq(AT[seen++], depth, "a look at %u", depth);
        cr_assert_not(looks_next(looks, &run));
    }
    cr_assert_eq(seen, sizeof AT / sizeof *AT);
    looks_free(looks);
}

Test(looks, depth_does_not_wrap) {
    struct interval run;
    struct looks *looks;
    size_t seen = 0;
    cr_assert_eq(looks_new(&looks, &(struct interval){0, 1}, 1, &look_rule_default, NULL), 0);
    for (int i = 0; i < 70000; i++) {
        looks_add(looks, 0, 1);
        seen += looks_next(looks, &run);
    }
    cr_expect_eq(looks_depth(looks, 0), 16383);
    cr_expect_lt(seen, 50);
    cr_expect_eq(looks_target_depth(looks, 0), 70000.0);
    looks_free(looks);
}

Test(looks, notes_and_targets) {
    static const struct interval TARGETS[] = {{10, 20}, {30, 34}, {40, 50}};
    size_t first, end;
    struct looks *looks;
    cr_assert_eq(looks_new(&looks, TARGETS, 3, &look_rule_default, NULL), STATUS_OK);
    looks_add(looks, 15, 32);
    looks_touched(looks, &first, &end);
    cr_expect(first == 0 && end == 2);
    cr_expect_eq(looks_target_depth(looks, 0), 0.5);
    cr_expect_eq(looks_target_depth(looks, 1), 0.5);
    cr_expect_eq(looks_target_depth(looks, 2), 0.0);
    looks_add(looks, 20, 30);
    looks_touched(looks, &first, &end);
    cr_expect_eq(first, end);
    cr_expect_eq(looks_noted(looks, 0, 100), INT64_MAX);
    cr_expect_not(looks_note(looks, 33, true));
    cr_expect(looks_note(looks, 33, true));
    cr_expect_eq(looks_noted(looks, 0, 100), 33);
    cr_expect_eq(looks_noted(looks, 0, 33), INT64_MAX);
    cr_expect_eq(looks_noted(looks, 34, 100), INT64_MAX);
    cr_expect(looks_note(looks, 33, false));
    cr_expect_eq(looks_noted(looks, 0, 100), INT64_MAX);
    cr_expect_not(looks_note(looks, 25, true), "a column of no target is not kept");
    looks_free(looks);
}
