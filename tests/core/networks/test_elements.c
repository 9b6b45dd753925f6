/* SPDX-License-Identifier: MIT
 *
 * Stored numbers of every type against values known by definition, and every float16 against
 * its formula. */
#include "core/networks/elements.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static float read(enum element element, uint64_t bits) {
    uint8_t bytes[9] = {0};
    for (size_t i = 0; i < 8; i++)
        bytes[i + 1] = (uint8_t)(bits >> 8 * i); /* one off: alignment must not matter */
    return element_read(element, bytes + 1);
}

Test(elements, known_values) {
    cr_expect_eq(read(ELEMENT_FLOAT32, 0x3fc00000), 1.5F);
    cr_expect_eq(read(ELEMENT_FLOAT32, 0x80000000), -0.0F);
    cr_expect(signbit(read(ELEMENT_FLOAT32, 0x80000000)));
    cr_expect_eq(read(ELEMENT_FLOAT64, 0x3ff8000000000000), 1.5F);
    cr_expect_eq(read(ELEMENT_FLOAT64, 0x3fb999999999999a), 0.1F);
    cr_expect_eq(read(ELEMENT_BFLOAT16, 0xc049), -3.140625F);
    cr_expect_eq(read(ELEMENT_INT64, (uint64_t)-7), -7.0F);
    cr_expect(isnan(read(ELEMENT_FLOAT32, 0x7fc00000)));
    cr_expect_eq(element_size(ELEMENT_FLOAT16), 2);
    cr_expect_eq(element_size(ELEMENT_BFLOAT16), 2);
    cr_expect_eq(element_size(ELEMENT_FLOAT32), 4);
    cr_expect_eq(element_size(ELEMENT_FLOAT64), 8);
    cr_expect_eq(element_size(ELEMENT_INT64), 8);
}

Test(elements, every_float16) {
    for (uint32_t bits = 0; bits < 65536; bits++) {
        uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
        float ours = read(ELEMENT_FLOAT16, bits);
        if (exponent == 31) {
            cr_assert(fraction != 0 ? isnan(ours) : isinf(ours));
            continue;
        }
        double truth =
            exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, (int)exponent - 25);
        cr_assert_eq((double)ours, bits >> 15 ? -truth : truth, "bits %04x", bits);
        cr_assert_eq((bool)signbit(ours), (bits >> 15) == 1);
    }
}
