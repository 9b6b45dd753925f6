/* SPDX-License-Identifier: MIT
 *
 * The table's order against the hash table that it repeats. */
#include "core/windows/indel_table.h"

#include "tests/core/windows/random_reads.h"

#include <criterion/criterion.h>
#include <htslib/khash.h>

KHASH_MAP_INIT_STR(texts, int)
KHASH_MAP_INIT_INT(lengths, int)

/* Random texts of 1 to 6 letters, many of them repeated. */
static void compare_texts(struct indel_table *table, uint64_t seed) {
    struct dice dice = {seed};
    khash_t(texts) *hash = kh_init(texts);
    int count = 1 + (int)roll(&dice, 600), put;
    char(*keys)[8] = calloc((size_t)count, sizeof *keys);
    indel_table_clear(table);
    for (int i = 0; i < count; i++) {
        int length = 1 + (int)roll(&dice, 6);
        for (int k = 0; k < length; k++)
            keys[i][k] = "ACGTN"[roll(&dice, 5)];
        khint_t at = kh_put(texts, hash, keys[i], &put);
        kh_val(hash, at) = put ? 1 : kh_val(hash, at) + 1;
        cr_assert_eq(indel_table_add(table, keys[i], length, (int)roll(&dice, 2), NULL), 0);
    }
    uint32_t bucket = 0;
    for (khint_t at = kh_begin(hash); at != kh_end(hash); at++) {
        if (!kh_exist(hash, at))
            continue;
        const struct indel_entry *e = indel_table_next(table, &bucket);
        cr_assert_not_null(e);
        cr_assert_eq((size_t)e->length, strlen(kh_key(hash, at)));
        cr_assert_arr_eq(table->letters + e->text, kh_key(hash, at), (size_t)e->length);
        cr_assert_eq((int)(e->count[0] + e->count[1]), kh_val(hash, at));
        cr_assert_eq(indel_table_find(table, kh_key(hash, at), e->length), e);
    }
    cr_assert_null(indel_table_next(table, &bucket));
    kh_destroy(texts, hash);
    free(keys);
}

Test(indel_table, texts_in_the_order_of_khash) {
    struct indel_table table = {0};
    for (uint64_t seed = 0; seed < 300; seed++)
        compare_texts(&table, seed);
    indel_table_release(&table);
}

Test(indel_table, lengths_in_the_order_of_khash) {
    struct indel_table table = {0};
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct dice dice = {seed};
        khash_t(lengths) *hash = kh_init(lengths);
        int put;
        indel_table_clear(&table);
        for (int i = 1 + (int)roll(&dice, 200); i > 0; i--) {
            int length = 1 + (int)roll(&dice, 300);
            kh_put(lengths, hash, (khint32_t)length, &put);
            cr_assert_eq(indel_table_add(&table, NULL, length, 0, NULL), 0);
        }
        uint32_t bucket = 0;
        for (khint_t at = kh_begin(hash); at != kh_end(hash); at++)
            if (kh_exist(hash, at))
                cr_assert_eq(indel_table_next(&table, &bucket)->length, (int)kh_key(hash, at));
        cr_assert_null(indel_table_next(&table, &bucket));
        kh_destroy(lengths, hash);
    }
    indel_table_release(&table);
}

/* Three keys fill four buckets; one more of a known key already doubles them. */
Test(indel_table, a_known_key_can_double_the_table) {
    struct indel_table table = {0};
    for (int length = 1; length <= 3; length++)
        cr_assert_eq(indel_table_add(&table, NULL, length, 0, NULL), 0);
    cr_assert_eq(table.bucket_count, 4);
    cr_assert_eq(indel_table_add(&table, NULL, 2, 1, NULL), 0);
    cr_assert_eq(table.bucket_count, 8);
    cr_assert_eq(table.entry_count, 3);
    cr_assert_eq(table.entries[table.last_entry].count[1], 1);
    indel_table_release(&table);
}

Test(indel_table, empty) {
    struct indel_table table = {0};
    uint32_t bucket = 0;
    cr_assert_null(indel_table_next(&table, &bucket));
    cr_assert_null(indel_table_find(&table, "A", 1));
}
