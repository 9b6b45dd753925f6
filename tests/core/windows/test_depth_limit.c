/* SPDX-License-Identifier: MIT
 *
 * A read is refused only when FULL_DEPTH_MAX earlier ones hash lower and reach as far. */
#include "core/windows/depth_limit.h"

#include "core/windows/full_window.h"
#include "tests/core/windows/hand_reads.h"

#include <stdio.h>

enum { READS = 25000 };

Test(depth_limit, refuses_exactly_what_is_beyond) {
    struct held_reads held = {0};
    struct depth_limit limit = {0};
    struct hand_read made;
    struct held_read *read;
    char name[16];
    depth_limit_begin(&limit);
    for (int i = 0; i < READS; i++) {
        snprintf(name, sizeof name, "n%d", i);
        struct alignment *a = hand_read(&made, i % 2 ? "40M" : "50M", 0, NULL);
        a->name = name;
        cr_assert(!depth_limit_refuses(&limit, 10, 1)); /* the lowest hash always stays */
        cr_assert_eq(held_reads_add(&held, a, i % 2 ? 40 : 50, false, &read, NULL), STATUS_OK);
    }
    cr_assert_eq(depth_limit_update(&limit, &held, NULL), STATUS_OK);
    static const int64_t ends[] = {30, 40, 41, 50, 51};
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
        for (uint64_t hash = 1; hash < UINT64_MAX / 2; hash *= 3) {
            size_t before = 0;
            for (size_t i = 0; i < held.count; i++)
                before += held.reads[i]->end >= ends[k] && held.reads[i]->name_hash <= hash;
            cr_assert_eq(depth_limit_refuses(&limit, ends[k], hash), before >= FULL_DEPTH_MAX);
        }
    depth_limit_release(&limit);
    held_reads_release(&held);
}

Test(depth_limit, shallow_piles_are_let_alone) {
    struct held_reads held = {0};
    struct depth_limit limit = {0};
    cr_assert_eq(depth_limit_update(&limit, &held, NULL), STATUS_OK);
    cr_assert(!depth_limit_refuses(&limit, 0, UINT64_MAX));
    depth_limit_release(&limit);
}
