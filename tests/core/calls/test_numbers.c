/* SPDX-License-Identifier: MIT */
#include "core/calls/numbers.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(double value, int decimals) {
    char got[NUMBER_TEXT_MAX], wanted[64];
    size_t length = number_fixed(got, value, decimals);
    snprintf(wanted, sizeof wanted, "%.*f", decimals, value);
    cr_assert_str_eq(got, wanted);
    cr_assert_eq(length, strlen(got));
}

/* printf of the C library rounds correctly, so it may judge. */
Test(numbers, agree_with_printf) {
    uint64_t state = 1;
    for (int i = 0; i < 200000; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        double value = (double)(state >> 11) * 0x1p-53 * 120;
        check(value, QUAL_DECIMALS);
        check(value / 120, AF_DECIMALS);
    }
}

Test(numbers, halves_and_their_neighbours) {
    for (int i = 0; i < 20000; i++) {
        double half = (i + 0.5) / 100;
        check(half, 2);
        check(nextafter(half, 0), 2);
        check(nextafter(half, 1000), 2);
    }
    check(0.125, 2); /* exact ties go to the even digit */
    check(0.375, 2);
    check(2.5, 0);
    check(3.5, 0);
    check(0.03125, 4);
}

Test(numbers, rounded_is_what_the_text_says) {
    uint64_t state = 2;
    for (int i = 0; i < 50000; i++) {
        char text[64];
        state = state * 6364136223846793005U + 1442695040888963407U;
        double value = (double)(int64_t)state * 0x1p-53;
        snprintf(text, sizeof text, "%.6f", value);
        cr_assert_eq(number_rounded(value, 6), strtod(text, NULL), "%s", text);
    }
}

Test(numbers, ends) {
    char text[NUMBER_TEXT_MAX];
    number_fixed(text, nan(""), 2);
    cr_assert_str_eq(text, "0.00");
    number_fixed(text, -1, 2);
    cr_assert_str_eq(text, "0.00");
    number_fixed(text, HUGE_VAL, 2);
    cr_assert_str_eq(text, "1000000000.00");
    number_integer(text, INT64_MIN);
    cr_assert_str_eq(text, "-9223372036854775808");
    number_integer(text, 0);
    cr_assert_str_eq(text, "0");
}
