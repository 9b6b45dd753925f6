/* SPDX-License-Identifier: MIT
 *
 * Sites are found by place, stay where they are, and are listed in order. */
#include "plugin/site_table.h"

#include <criterion/criterion.h>

Test(site_table, found_and_sorted) {
    enum { SITES = 20000 };
    struct site_table table = {0};
    cr_expect_null(site_table_find(&table, 0, 1));
    for (int64_t i = 0; i < SITES; i++) {
        int64_t mixed = i * 7919 % SITES; /* 7919 is prime: every number once */
        struct table_site *site = site_table_at(&table, mixed % 3, 1 + mixed, NULL);
        site->revised.looks = (uint32_t)mixed;
        if (i % 5000 == 0)
            site_table_sort(&table);
    }
    cr_expect_eq(table.count, SITES);
    for (int64_t i = 0; i < SITES; i++) {
        const struct table_site *site = site_table_find(&table, i % 3, 1 + i);
        cr_assert(site != NULL && site->revised.looks == i, "%d", (int)i);
        cr_assert_eq(site_table_at(&table, i % 3, 1 + i, NULL), site);
    }
    cr_expect_null(site_table_find(&table, 0, 2));
    site_table_sort(&table);
    for (size_t i = 1; i < table.count; i++) {
        const struct table_site *a = table.sites[i - 1], *b = table.sites[i];
        cr_assert(a->contig < b->contig || (a->contig == b->contig && a->position < b->position));
    }
    site_table_free(&table);
}
