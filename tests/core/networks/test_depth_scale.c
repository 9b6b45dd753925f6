/* SPDX-License-Identifier: MIT
 *
 * Depth scaling: spec windows, 1.10, by hand. */
#include "core/networks/depth_scale.h"

#include "core/windows/shape.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static int32_t scaled(int32_t count, int64_t depth) {
    int32_t window[PILEUP_WINDOW_SIZE] = {0};
    window[0] = window[PILEUP_WINDOW_SIZE - 1] = count;
    depth_scale(window, depth);
    cr_assert_eq(window[0], window[PILEUP_WINDOW_SIZE - 1]);
    cr_assert_eq(window[1], 0);
    return window[0];
}

Test(depth_scale, only_above_216) {
    cr_expect_eq(scaled(200, 0), 200);
    cr_expect_eq(scaled(200, 216), 200);
    cr_expect_eq(scaled(200, 217), 132); /* 200 / 1.5069 = 132.7 */
}

Test(depth_scale, cut_toward_zero_on_both_sides) {
    cr_expect_eq(scaled(-200, 217), -132);
    cr_expect_eq(scaled(1, 217), 0);
    cr_expect_eq(scaled(-1, 217), 0);
    cr_expect_eq(scaled(288, 288), 144);
    cr_expect_eq(scaled(-3001, 1000), -432); /* -3001 / 6.9444 = -432.1 */
}
