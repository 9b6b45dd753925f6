/* SPDX-License-Identifier: MIT */
#include "core/windows/dwell.h"

#include "tests/core/windows/random_reads.h"

#include <criterion/criterion.h>

/* By the words of 2.4, element by element. */
static void plain(const struct alignment *a, uint8_t *dwell) {
    int64_t b = -1;
    memset(dwell, 0, (size_t)a->length);
    for (size_t i = 0; i < a->move_count; i++) {
        b += a->moves[i] != 0;
        if (b >= a->length)
            break;
        if (b >= 0)
            dwell[b]++;
    }
    for (int32_t i = 0; (a->flag & 16) && i < a->length / 2; i++) {
        uint8_t other = dwell[i];
        dwell[i] = dwell[a->length - 1 - i];
        dwell[a->length - 1 - i] = other;
    }
}

Test(dwell, random_moves_as_defined) {
    struct dice dice = {3};
    static uint8_t moves[2000], got[400], expected[400];
    for (int round = 0; round < 3000; round++) {
        struct alignment a = {
            .flag = roll(&dice, 2) ? 16 : 0,
            .length = (int32_t)roll(&dice, 300),
            .move_count = roll(&dice, roll(&dice, 2) ? 2000 : 20),
            .moves = moves,
        };
        uint32_t rarity = 1 + roll(&dice, 12);
        for (size_t i = 0; i < a.move_count; i++)
            moves[i] = roll(&dice, rarity) == 0 ? (uint8_t)(1 + roll(&dice, 255)) : 0;
        memset(got, 77, sizeof got);
        dwell_decode(&a, got);
        plain(&a, expected);
        cr_assert_arr_eq(got, expected, (size_t)a.length, "round %d", round);
        cr_assert_eq(got[a.length], 77);
    }
}

Test(dwell, wraps_at_256) {
    static uint8_t moves[700] = {1};
    uint8_t dwell[2];
    struct alignment a = {.length = 2, .move_count = 700, .moves = moves};
    moves[300] = 1;
    dwell_decode(&a, dwell);
    cr_assert_eq(dwell[0], 300 - 256);
    cr_assert_eq(dwell[1], 400 - 256);
}

Test(dwell, no_moves) {
    uint8_t dwell[3] = {9, 9, 9};
    struct alignment a = {.length = 3};
    dwell_decode(&a, dwell);
    cr_assert(dwell[0] == 0 && dwell[1] == 0 && dwell[2] == 0);
}
