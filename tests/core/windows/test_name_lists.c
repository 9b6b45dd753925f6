/* SPDX-License-Identifier: MIT
 *
 * For compatibility: repeated names are looked for in a whole list of sites. */
#include "core/windows/name_lists.h"

#include "core/windows/full_window.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static bool blocked(struct name_lists *lists, const int64_t *sites, size_t count, uint64_t hash,
                    int64_t start, int64_t end, size_t list) {
    struct held_read read = {.name_hash = hash, .start = start, .end = end};
    cr_assert_eq(name_lists_add(lists, &read, sites, count, NULL), STATUS_OK);
    return name_lists_blocked(&read, list);
}

Test(name_lists, within_a_list_and_between_lists) {
    size_t count = FULL_LIST_SITES + 10;
    int64_t *sites = malloc(count * sizeof *sites);
    struct name_lists lists = {0};
    for (size_t i = 0; i < count; i++)
        sites[i] = 1000 + 100 * (int64_t)i;
    int64_t second = sites[FULL_LIST_SITES];
    name_lists_begin(&lists);
    cr_assert(!blocked(&lists, sites, count, 1, 0, 984, 0));    /* ends before the first window */
    cr_assert(!blocked(&lists, sites, count, 1, 900, 1100, 0)); /* so this is the first */
    cr_assert(blocked(&lists, sites, count, 1, 5000, 6000, 0)); /* far, but of the same list */
    cr_assert(!blocked(&lists, sites, count, 2, 5000, 6000, 0));
    cr_assert(!blocked(&lists, sites, count, 1, second - 10, second + 10, 1)); /* the next list */
    cr_assert(blocked(&lists, sites, count, 1, second, second + 10, 1));
    name_lists_begin(&lists); /* another contig */
    cr_assert(!blocked(&lists, sites, count, 1, 5000, 6000, 0));
    name_lists_release(&lists);
    free(sites);
}

Test(name_lists, many_names) {
    static const int64_t sites[] = {100};
    struct name_lists lists = {0};
    name_lists_begin(&lists);
    for (uint64_t round = 0; round < 2; round++)
        for (uint64_t i = 0; i < 20000; i++)
            cr_assert_eq(blocked(&lists, sites, 1, i * 0x9E3779B97F4A7C15U, 90, 110, 0),
                         round == 1);
    name_lists_release(&lists);
}
