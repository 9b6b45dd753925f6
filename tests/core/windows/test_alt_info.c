/* SPDX-License-Identifier: MIT */
#include "core/windows/alt_info.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct alt_info info;
static struct indel_table insertions, deletions;

static void insert(const char *text, int times) {
    while (times-- > 0)
        cr_assert_eq(indel_table_add(&insertions, text, (int32_t)strlen(text), times % 2, NULL), 0);
}

static void drop(int32_t length, int times) {
    while (times-- > 0)
        cr_assert_eq(indel_table_add(&deletions, NULL, length, times % 2, NULL), 0);
}

static struct alt_info_counts counts(void) {
    return (struct alt_info_counts){
        .depth = 24,
        .base = {0, 20, 0, 3},
        .reference_base = 1,
        .reference_letter = 'C',
        .insertions = &insertions,
        .deletions = &deletions,
        .following = "aAGTC",
        .following_count = 5,
        .limit = ALT_INFO_LIMIT,
    };
}

static void release(void) {
    alt_info_release(&info);
    indel_table_release(&insertions);
    indel_table_release(&deletions);
}

TestSuite(alt_info, .fini = release);

Test(alt_info, pileup_lists_deletions_by_length_before_insertions) {
    struct alt_info_counts c = counts();
    drop(5, 1);
    drop(2, 3);
    insert("G", 5);
    cr_assert_eq(alt_info_write_pileup(&info, &c, NULL), STATUS_OK);
    cr_assert_str_eq(info.text, "24-XT 3 DaA 3 DaAGTC 1 ICG 5 RC 11");
}

Test(alt_info, full_lists_insertions_first) {
    struct alt_info_counts c = counts();
    drop(5, 1);
    drop(2, 3);
    insert("G", 5);
    cr_assert_eq(alt_info_write_full(&info, &c, NULL), STATUS_OK);
    cr_assert_str_eq(info.text, "24-XT 3 ICG 5 DaAGTC 1 DaA 3 RC 11"); /* bucket 1, bucket 2 */
}

Test(alt_info, nothing_but_depth) {
    struct alt_info_counts c = {.depth = 1, .reference_letter = 'A'};
    cr_assert_eq(alt_info_write_pileup(&info, &c, NULL), STATUS_OK);
    cr_assert_str_eq(info.text, "1-");
    cr_assert_eq(alt_info_write_full(&info, &c, NULL), STATUS_OK);
    cr_assert_str_eq(info.text, "1-");
}

/* Beyond the limit: not listed, but taken from the reference's count; at the limit: listed. */
Test(alt_info, limit) {
    char text[ALT_INFO_LIMIT + 2];
    struct alt_info_counts c = counts();
    memset(text, 'A', sizeof text);
    text[ALT_INFO_LIMIT] = '\0';
    insert(text, 1);
    text[ALT_INFO_LIMIT] = 'A';
    text[ALT_INFO_LIMIT + 1] = '\0';
    insert(text, 2);
    drop(ALT_INFO_LIMIT + 1, 4);
    cr_assert_eq(alt_info_longest_deletion(&deletions, c.limit), 0);
    cr_assert_eq(alt_info_longest_deletion(&deletions, ALT_INFO_LIMIT_LONG), ALT_INFO_LIMIT + 1);
    text[ALT_INFO_LIMIT] = '\0';
    char expected[200];
    snprintf(expected, sizeof expected, "24-XT 3 IC%s 1 RC 13", text);
    cr_assert_eq(alt_info_write_pileup(&info, &c, NULL), STATUS_OK);
    cr_assert_str_eq(info.text, expected);
}

Test(alt_info, deletion_text_ends_with_the_contig) {
    struct alt_info_counts c = counts();
    drop(9, 1);
    cr_assert_eq(alt_info_write_pileup(&info, &c, NULL), STATUS_OK);
    cr_assert_str_eq(info.text, "24-XT 3 DaAGTC 1 RC 19");
}

Test(alt_info, no_reference_left) {
    struct alt_info_counts c = counts();
    insert("G", 20);
    cr_assert_eq(alt_info_write_pileup(&info, &c, NULL), STATUS_OK);
    cr_assert_str_eq(info.text, "24-XT 3 ICG 20");
}
