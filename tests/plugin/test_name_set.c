/* SPDX-License-Identifier: MIT
 *
 * Each alignment is new once, however many there are. */
#include "plugin/name_set.h"

#include <criterion/criterion.h>
#include <stdio.h>

static bool is_new(struct name_set *set, const char *name, int64_t contig, int64_t position,
                   unsigned flag) {
    bool new;
    cr_assert_eq(name_set_add(set, name, contig, position, flag, &new, NULL), STATUS_OK);
    return new;
}

Test(name_set, each_part_of_the_key_counts) {
    struct name_set set = {0};
    cr_expect(is_new(&set, "a", 1, 100, 16));
    cr_expect_not(is_new(&set, "a", 1, 100, 16));
    cr_expect(is_new(&set, "b", 1, 100, 16));
    cr_expect(is_new(&set, "a", 2, 100, 16));
    cr_expect(is_new(&set, "a", 1, 101, 16));
    cr_expect(is_new(&set, "a", 1, 100, 0));
    cr_expect_not(is_new(&set, "a", 1, 100, 16));
    cr_expect_eq(set.count, 5);
    name_set_free(&set);
}

Test(name_set, grows) {
    enum { NAMES = 50000 };
    struct name_set set = {0};
    char name[32];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < NAMES; i++) {
            snprintf(name, sizeof name, "read-%d", i);
            cr_assert_eq(is_new(&set, name, i % 3, i / 7, 0), round == 0, "%s", name);
        }
    cr_expect_eq(set.count, NAMES);
    cr_expect_geq(set.room, 2 * NAMES);
    name_set_free(&set);
}
