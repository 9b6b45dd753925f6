/* SPDX-License-Identifier: MIT
 *
 * What one read shows in a column (1.2): the consequences that the specification lists. */
#include "core/windows/columns.h"

#include "tests/core/windows/hand_reads.h"

static struct columns *columns;
static struct hand_read read;
static struct column column;

static void begin(void) {
    cr_assert_eq(columns_new(&columns, COLUMNS_SORTED, NULL), STATUS_OK);
    cr_assert_eq(columns_begin(columns, 10000, NULL), STATUS_OK);
}

static void end(void) {
    columns_free(columns);
}

TestSuite(columns, .init = begin, .fini = end);

static int64_t span_of(const struct alignment *a) {
    int64_t span = 0;
    for (size_t k = 0; k < a->cigar_count; k++)
        if (cigar_takes_reference(cigar_operation(a->cigar[k])))
            span += cigar_length(a->cigar[k]);
    return span;
}

static void add(const char *cigar, int64_t position, const char *letters) {
    struct alignment *a = hand_read(&read, cigar, position, letters);
    cr_assert_eq(columns_add(columns, a, span_of(a), NULL), STATUS_OK);
}

/* The indels behind a column of a fresh pile of this one read, such as "+AC", "-3", "+A-2". */
static void expect(const char *cigar, int64_t position, const char *letters, const char *expected) {
    char text[256] = "";
    cr_assert_eq(columns_begin(columns, 10000, NULL), STATUS_OK);
    add(cigar, 0, letters);
    cr_assert_eq(columns_borrow(columns, position, &column, NULL), STATUS_OK);
    if (column.insertions != NULL)
        snprintf(text, sizeof text, "+%.*s", (int)column.insertions->entries[0].length,
                 column.insertions->letters);
    if (column.deletions != NULL)
        snprintf(text + strlen(text), sizeof text - strlen(text), "-%d",
                 (int)column.deletions->entries[0].length);
    cr_assert_str_eq(text, expected, "%s at %d: '%s', not '%s'", cigar, (int)position, text,
                     expected);
}

Test(columns, indels_by_the_next_operation_only) {
    expect("4M2I3M", 3, "AAAACGTTT", "+CG");
    expect("4M2I2I3M", 3, "AAAACGGGTTT", "+CG");
    expect("4M2I1P2I3M", 3, "AAAACGGGTTT", "+CG");
    expect("4M1P2I1P2I3M", 3, "AAAACGTCTTT", "+CGTC");
    expect("4M1P2D3M", 3, NULL, "");
    expect("4M2I3D3M", 3, "AAAACGTTT", "+CG");
    expect("4M2I3D3M", 6, "AAAACGTTT", "");
    expect("4M2D3I3M", 3, "AAAACGTTTT", "-2");
    expect("4M2D3I3M", 5, "AAAACGTTTT", "+CGT");
    expect("4M2D3D3M", 3, NULL, "-2");
    expect("4M2D3D3M", 5, NULL, "-3");
    expect("2S3I4M", 0, NULL, "");
    expect("4M3I5S", 3, "AAAACGTAAAAA", "+CGT");
    expect("4M3D", 3, NULL, "-3");
    expect("4M5N3I4M", 8, NULL, "");
    expect("4M5N3D4M", 8, NULL, "");
    expect("4M5N4M", 3, NULL, "");
    expect("4=2I3X", 3, "AAAACGTTT", "+CG");
    expect("4M0I3M", 3, NULL, "");
    expect("4M18I4M", 3, "AAAACGTACGTACGTACGTACGAAAA", "+CGTACGTACGTACGTACG");
    expect("4M16I4M", 3, "AAAACGTACGTACGTACGTAAAAA", "+CGTACGTACGTACGTA");
}

/* Open question 6: like any other. */
Test(columns, indel_behind_another_letter) {
    expect("4M2I3M", 3, "AAANCGTTT", "+CG");
    expect("4M2D3M", 3, "AAARTTT", "-2");
    cr_assert_eq(column.other, 1);
}

Test(columns, letters_gaps_and_skips_by_strand) {
    add("1S3M2D1M3N1M", 100, "TACGTN");
    read.alignment.flag = 16;
    cr_assert_eq(columns_add(columns, &read.alignment, 10, NULL), STATUS_OK);
    static const struct {
        uint32_t base[4], deleted, other;
    } rows[10] = {{{1, 0, 0, 0}, 0, 0}, {{0, 1, 0, 0}, 0, 0}, {{0, 0, 1, 0}, 0, 0},
                  {{0, 0, 0, 0}, 1, 0}, {{0, 0, 0, 0}, 1, 0}, {{0, 0, 0, 1}, 0, 0},
                  {{0, 0, 0, 0}, 0, 0}, {{0, 0, 0, 0}, 0, 0}, {{0, 0, 0, 0}, 0, 0},
                  {{0, 0, 0, 0}, 0, 1}};
    for (int64_t i = 0; i < 10; i++) {
        cr_assert_eq(columns_next(columns, 100 + i), 100 + i, "skipped columns exist too");
        cr_assert_eq(columns_borrow(columns, 100 + i, &column, NULL), STATUS_OK);
        for (int strand = 0; strand < 2; strand++) {
            cr_assert_arr_eq(column.base[strand], rows[i].base, sizeof rows[i].base);
            cr_assert_eq(column.deleted[strand], rows[i].deleted);
        }
        cr_assert_eq(column.other, 2 * rows[i].other);
    }
    cr_assert_eq(columns_next(columns, 0), 100);
    cr_assert_eq(columns_next(columns, 110), INT64_MAX);
}

Test(columns, nothing_behind_the_contigs_end) {
    cr_assert_eq(columns_begin(columns, 6, NULL), STATUS_OK);
    add("4M2I4M", 2, "ACGTAATTTT");
    cr_assert_eq(columns_next(columns, 5), 5);
    cr_assert_eq(columns_next(columns, 6), INT64_MAX);
    cr_assert_eq(columns_borrow(columns, 5, &column, NULL), STATUS_OK);
    cr_assert_not_null(column.insertions); /* it hangs on the last column */
}

/* More events than a list may have, and long texts among them: the order stays that of reads. */
Test(columns, many_indels_of_a_column) {
    struct indel_table expected = {0};
    char letters[64];
    for (int i = 0; i < 2000; i++) {
        int length = 1 + i * 7 % 40;
        char cigar[32];
        memset(letters, 'A', sizeof letters);
        for (int k = 0; k < length; k++)
            letters[2 + k] = "ACGT"[(i / (k + 1)) % 4];
        letters[4 + length] = '\0';
        snprintf(cigar, sizeof cigar, "2M%dI2M", length);
        add(cigar, 50, letters);
        cr_assert_eq(indel_table_add(&expected, letters + 2, length, 0, NULL), STATUS_OK);
    }
    cr_assert_eq(columns_borrow(columns, 51, &column, NULL), STATUS_OK);
    uint32_t one = 0, other = 0;
    const struct indel_entry *e, *x;
    while ((x = indel_table_next(&expected, &one)) != NULL) {
        e = indel_table_next(column.insertions, &other);
        cr_assert_not_null(e);
        cr_assert_eq(e->length, x->length);
        cr_assert_eq(e->count[0], x->count[0]);
        cr_assert_arr_eq(column.insertions->letters + e->text, expected.letters + x->text,
                         (size_t)x->length);
    }
    cr_assert_null(indel_table_next(column.insertions, &other));
    indel_table_release(&expected);
}

Test(columns, dropped_columns_are_gone_and_clean) {
    for (int64_t at = 0; at < 9000; at += 10) {
        columns_drop(columns, at);
        cr_assert_eq(columns_next(columns, 0), at == 0 ? INT64_MAX : at);
        add("30M2I10M", at, NULL);
    }
    cr_assert_eq(columns_borrow(columns, 8999, &column, NULL), STATUS_OK);
    cr_assert_eq(column.base[0][0], 4); /* not more: no rest of an earlier round */
}

/* Parts that are wanted count as ever, their indels too; of the rest nothing is kept. */
Test(columns, only_wanted_parts_are_kept) {
    struct columns *parts;
    cr_assert_eq(columns_new(&parts, COLUMNS_ANY_ORDER, NULL), STATUS_OK);
    cr_assert_eq(columns_begin(parts, 100000, NULL), STATUS_OK);
    cr_assert_eq(columns_want(parts, 4000, 4100, NULL), STATUS_OK);
    cr_assert_eq(columns_want(parts, 50000, 50001, NULL), STATUS_OK);
    for (int64_t x = 0; x < 60000; x += 7) {
        struct alignment *a = hand_read(&read, "900M2D900M", x, NULL);
        cr_assert_eq(columns_add(parts, a, span_of(a), NULL), STATUS_OK);
    }
    for (int64_t x = 4000; x < 4100; x++) {
        cr_assert_eq(columns_next(parts, x), x);
        cr_assert_eq(columns_borrow(parts, x, &column, NULL), STATUS_OK);
        uint32_t reads = column.base[0][0] + column.base[1][0] + column.deleted[0];
        cr_assert(reads == 257 || reads == 258, "%u reads over %d", reads, (int)x);
        cr_assert_eq(column.deletions != NULL, (x - 899) % 7 == 0, "%d", (int)x);
    }
    cr_expect_eq(columns_next(parts, 10000), 50000 / 1024 * 1024);
    cr_expect_eq(columns_next(parts, 55000), INT64_MAX);
    columns_free(parts);
}
