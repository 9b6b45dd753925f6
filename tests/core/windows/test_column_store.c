/* SPDX-License-Identifier: MIT
 *
 * Ring and pages: what is counted stays while it is kept, and is gone when dropped. */
#include "core/windows/column_store.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Adds 1 to `other` of columns [begin, end). */
static void count(struct column_store *store, int64_t begin, int64_t end) {
    cr_assert_eq(column_store_reserve(store, begin, end, NULL), STATUS_OK);
    for (int64_t x = begin; x < end;) {
        struct stretch s = column_store_at(store, x);
        for (int64_t i = 0; i < s.count && x + i < end; i++)
            s.rest[i].other++;
        x += s.count;
    }
}

static uint32_t counted(const struct column_store *store, int64_t x) {
    struct stretch s = column_store_at(store, x);
    return s.rest == NULL ? 0 : s.rest[0].other;
}

static void check_sliding(bool paged) {
    struct column_store store = {.paged = paged};
    cr_assert_eq(column_store_begin(&store, 1 << 20, NULL), STATUS_OK);
    for (int64_t at = 0; at < 100000; at += 500) {
        column_store_drop(&store, at);
        int64_t reach = at % 7000 == 0 ? 20000 : 2000; /* makes the ring grow now and then */
        count(&store, at, at + reach);
        cr_assert_eq(column_store_next(&store, 0), at);
        cr_assert_geq(counted(&store, at), 1);
    }
    column_store_release(&store);
}

Test(column_store, ring_slides_and_grows) {
    check_sliding(false);
}

Test(column_store, pages_slide) {
    check_sliding(true);
}

Test(column_store, ring_keeps_its_counts_when_it_grows) {
    struct column_store store = {0};
    count(&store, 3000, 6000);
    column_store_drop(&store, 3500);
    count(&store, 3500, 30000);
    count(&store, 3500, 3600);
    for (int64_t x = 3500; x < 30000; x++)
        cr_assert_eq(counted(&store, x), 1U + (x < 6000) + (x < 3600), "%d", (int)x);
    column_store_release(&store);
}

Test(column_store, ring_jumps_over_a_gap_when_it_is_empty) {
    struct column_store store = {0};
    count(&store, 10, 20);
    column_store_drop(&store, 20);
    count(&store, 500000000, 500000010);
    cr_assert_eq(column_store_next(&store, 0), 500000000);
    cr_assert_leq(store.capacity, 1U << 12);
    column_store_release(&store);
}

Test(column_store, pages_in_any_order) {
    struct column_store store = {.paged = true};
    cr_assert_eq(column_store_begin(&store, 1 << 20, NULL), STATUS_OK);
    count(&store, 900000, 901000);
    count(&store, 100, 200);
    count(&store, 900500, 900501);
    cr_assert_eq(column_store_next(&store, 0), 100);
    cr_assert_eq(column_store_next(&store, 200), 900000);
    cr_assert_eq(counted(&store, 900500), 2);
    cr_assert_eq(column_store_next(&store, 901000), INT64_MAX);
    column_store_release(&store);
}

Test(column_store, pages_that_are_not_wanted_are_not_made) {
    struct column_store store = {.paged = true};
    cr_assert_eq(column_store_begin(&store, 1 << 20, NULL), STATUS_OK);
    cr_assert_eq(column_store_want(&store, 50000, 50010, NULL), STATUS_OK);
    cr_assert_eq(column_store_want(&store, 90000, 99999, NULL), STATUS_OK);
    cr_assert_eq(column_store_reserve(&store, 0, 1 << 20, NULL), STATUS_OK);
    size_t made = 0;
    for (int64_t x = 0; x < 1 << 20;) {
        struct stretch s = column_store_at(&store, x);
        for (int64_t i = 0; i < s.count; i++) {
            bool wanted = (x + i >= 50000 && x + i < 50010) || (x + i >= 90000 && x + i < 99999);
            cr_assert(!wanted || s.rest != NULL, "%d is wanted", (int)(x + i));
        }
        made += s.rest != NULL;
        x += s.count;
    }
    cr_expect_leq(made, 1 + 11, "%zu pages", made);
    column_store_begin(&store, 1 << 20, NULL);
    cr_assert_eq(column_store_reserve(&store, 7, 8, NULL), STATUS_OK);
    cr_expect_not_null(column_store_at(&store, 7).rest, "the next contig is wanted as a whole");
    column_store_release(&store);
}
