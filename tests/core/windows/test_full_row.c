/* SPDX-License-Identifier: MIT
 *
 * Rows and alleles by hand (2.2, 2.7, 2.8); random reads are compared in test_full_window.c. */
#include "core/windows/full_row.h"

#include "tests/core/windows/hand_reads.h"

static struct hand_read made;
static struct held_reads held;
static struct full_site site;
static int8_t row[WINDOW_WIDTH][FULL_CHANNELS];

static void release(void) {
    held_reads_release(&held);
    full_site_release(&site);
}

TestSuite(full_row, .fini = release);

static struct held_read *hold(const char *cigar, int64_t position, const char *letters) {
    struct held_read *read;
    struct alignment *a = hand_read(&made, cigar, position, letters);
    int64_t span = 0;
    for (size_t k = 0; k < a->cigar_count; k++)
        if (cigar_takes_reference(cigar_operation(a->cigar[k])))
            span += cigar_length(a->cigar[k]);
    cr_assert_eq(held_reads_add(&held, a, span, false, &read, NULL), STATUS_OK);
    return read;
}

/* Draws into `row` with the reference all A. */
static void draw(struct held_read *read, int64_t begin, int8_t share) {
    char reference[WINDOW_WIDTH + 1];
    struct full_columns columns;
    memset(reference, 'A', sizeof reference);
    reference[1] = 'R'; /* has the code 0 */
    full_columns_begin(&columns, begin, reference, FULL_CHANNELS);
    memset(row, 0, sizeof row);
    full_row_seek(read, begin);
    full_row_draw(row[0], &columns, read, share);
}

Test(full_row, plain_letters) {
    struct held_read *read = hold("6M", 102, "ACGTND");
    static const int8_t alternatives[] = {0, 25, 75, 50, 100, -100};
    read->haplotype = 2;
    draw(read, 100, 40);
    for (int p = 0; p < WINDOW_WIDTH; p++) {
        bool inside = p >= 2 && p < 8;
        cr_assert_eq(row[p][0], inside ? 100 : 0);
        cr_assert_eq(row[p][1], inside ? alternatives[p - 2] : 0);
        cr_assert_eq(row[p][2], inside ? 100 : 0);
        cr_assert_eq(row[p][3], inside ? 100 : 0);
        cr_assert_eq(row[p][4], inside ? 75 : 0); /* quality 30 of 40 */
        cr_assert_eq(row[p][5], inside ? 40 : 0);
        cr_assert_eq(row[p][7], inside ? 90 : 0);
    }
}

Test(full_row, share_only_where_the_reference_has_a_code) {
    draw(hold("10M", 100, NULL), 100, 40);
    cr_assert(row[0][5] == 40 && row[1][5] == 0 && row[2][5] == 40);
    cr_assert_eq(row[1][1], 100); /* A against R */
}

Test(full_row, insertions_go_to_the_right) {
    draw(hold("4M3I2M1I4M", 100, "AAAACGTAATAAAA"), 100, 0);
    static const int8_t inserted[] = {0, 0, 0, 25, 75, 50, 0, 0};
    for (int p = 0; p < 5; p++)
        cr_assert_eq(row[p][6], inserted[p]);
    cr_assert_eq(row[5][6], 50); /* the later one overwrites T with T: column 5 is both */
    cr_assert(row[3][1] == -50 && row[5][1] == -50 && row[4][1] == 0);
}

Test(full_row, second_insertion_replaces_the_first) {
    draw(hold("4M3I1P1I4M", 100, "AAAACGTGAAAA"), 100, 0);
    cr_assert_eq(row[3][6], 75);
    cr_assert_eq(row[4][6], 0);
}

Test(full_row, insertion_in_the_last_column) {
    draw(hold("33M2I5M", 100, NULL), 100, 0);
    cr_assert(row[32][1] == -50 && row[32][6] == 0);
}

Test(full_row, deletions_and_what_hangs_on_them) {
    draw(hold("4M2D1I4M", 100, "AAAAGAAAA"), 100, 0);
    cr_assert_eq(row[3][1], -100);
    cr_assert(row[4][0] == 0 && row[5][0] == 0 && row[5][6] == 0 && row[6][0] == 100);
    draw(hold("4M1I2D4M", 100, "AAAAGAAAA"), 100, 0);
    cr_assert(row[3][1] == -50 && row[3][6] == 75 && row[4][0] == 0);
}

Test(full_row, skipped_positions_are_empty) {
    draw(hold("2M3N2M", 100, NULL), 100, 30);
    cr_assert(row[3][0] == 100 && row[3][1] == 0 && row[3][2] == 100 && row[3][4] == 0);
    cr_assert_eq(row[3][5], 30);
}

Test(full_row, leading_insertion_is_ignored) {
    draw(hold("3I4M", 105, NULL), 100, 0);
    for (int p = 0; p < WINDOW_WIDTH; p++)
        cr_assert(row[p][6] == 0 && row[p][1] == 0);
}

Test(full_row, cursor_moves_on) {
    struct held_read *read = hold("50M2I50M3D50M", 0, NULL);
    for (int64_t begin = 0; begin < 150; begin++) {
        draw(read, begin, 0);
        int64_t deletion = 99 - begin;
        if (deletion >= 0 && deletion < WINDOW_WIDTH)
            cr_assert_eq(row[deletion][1], -100, "%d", (int)begin);
        if (begin > 102)
            cr_assert_eq(row[0][0], 100);
    }
}

/* ---- alleles at the site ------------------------------------------------------------------- */

static struct full_allele add(const char *cigar, const char *letters) {
    struct full_allele allele;
    cr_assert_eq(full_site_add(&site, hold(cigar, 100, letters), &allele, NULL), STATUS_OK);
    return allele;
}

Test(full_row, alleles_and_shares) {
    full_site_begin(&site, 103, 'c');
    struct full_allele reference = add("8M", "AAACAAAA");
    struct full_allele snp = add("8M", "AAATAAAA");
    struct full_allele n = add("8M", "AAANAAAA");
    struct full_allele insertion = add("4M2I4M", "AAACGGAAAA");
    struct full_allele both = add("4M2I3D4M", "AAACGGAAAA");
    struct full_allele deletion = add("4M3D4M", "AAACAAAA");
    struct full_allele deleted = add("3M1D2I4M", "AAAGGAAAA");
    struct full_allele skipped = add("2M4N4M", NULL);
    cr_assert_eq(site.depth, 7); /* the skipped one is not counted */
    cr_assert_eq(site.base[0], 1);
    cr_assert_eq(site.base[1], 4);
    cr_assert_eq(site.base[3], 1);
    cr_assert_eq(reference.kind, ALLELE_NONE);
    cr_assert_eq(deleted.kind, ALLELE_NONE);
    cr_assert_eq(full_site_share(&site, reference), 0);
    cr_assert_eq(full_site_share(&site, deleted), 0);
    cr_assert_eq(full_site_share(&site, snp), 100 / 7);
    cr_assert_eq(full_site_share(&site, n), 100 / 7);         /* from the slot of A */
    cr_assert_eq(full_site_share(&site, skipped), 100 / 7);   /* from the slot of A too */
    cr_assert_eq(full_site_share(&site, insertion), 300 / 7); /* the deleted one's counts too */
    cr_assert_eq(full_site_share(&site, both), 300 / 7);
    cr_assert_eq(full_site_share(&site, deletion), 200 / 7);
}

Test(full_row, share_without_depth_is_full) {
    full_site_begin(&site, 103, 'C');
    struct full_allele skipped = add("2M4N4M", NULL);
    cr_assert_eq(site.depth, 0);
    cr_assert_eq(full_site_share(&site, skipped), 100);
}
