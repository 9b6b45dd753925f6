/* SPDX-License-Identifier: MIT */
#include "core/windows/shuffle.h"

#include <criterion/criterion.h>

/* The figures are those of the specification, 2.6. */
Test(shuffle, first_outputs) {
    struct generator generator;
    generator_begin(&generator);
    cr_assert_eq(generator_next(&generator), 1804289383);
    cr_assert_eq(generator_next(&generator), 846930886);
    cr_assert_eq(generator_next(&generator), 1681692777);
}

/* r[i] by its definition, for long enough to come round many times. */
Test(shuffle, two_thousand_outputs) {
    static uint32_t r[2344];
    struct generator generator;
    int64_t value = 1;
    for (int i = 0; i < 31; i++, value = 16807 * value % 2147483647)
        r[i] = (uint32_t)value;
    for (int i = 31; i < 34; i++)
        r[i] = r[i - 31];
    for (int i = 34; i < 2344; i++)
        r[i] = r[i - 3] + r[i - 31];
    generator_begin(&generator);
    for (int k = 0; k < 2000; k++)
        cr_assert_eq(generator_next(&generator), r[k + 344] >> 1, "output %d", k);
}

Test(shuffle, numbers_change_places_as_defined) {
    uint32_t numbers[100], expected[100];
    struct generator generator;
    for (uint32_t i = 0; i < 100; i++)
        numbers[i] = expected[i] = i;
    generator_begin(&generator);
    for (int i = 0; i < 99; i++) {
        int j = i + (int)(generator_next(&generator) / (2147483647 / (100 - i) + 1));
        uint32_t other = expected[j];
        expected[j] = expected[i];
        expected[i] = other;
    }
    generator_begin(&generator);
    shuffle(&generator, numbers, 100);
    cr_assert_arr_eq(numbers, expected, sizeof numbers);
}

Test(shuffle, one_or_none_draws_nothing) {
    uint32_t number = 7;
    struct generator generator, fresh;
    generator_begin(&generator);
    shuffle(&generator, &number, 1);
    shuffle(&generator, &number, 0);
    generator_begin(&fresh);
    cr_assert_eq(number, 7);
    cr_assert_eq(generator_next(&generator), generator_next(&fresh));
}
