/* SPDX-License-Identifier: MIT
 *
 * Reads wait for the SNPs that they show, in memory or in a file, and go on in their order. */
#include "plugin/waiting_reads.h"
#include "tests/plugin/reads.h"

#include <stdlib.h>

enum { SNPS = 8 };

static struct waiting_reads waiting;
static struct phased_snp snps[SNPS];

/* SNP s has type 1 or 2 in turn, all in one set. */
static void begin(int64_t most_bytes) {
    for (size_t s = 0; s < SNPS; s++)
        snps[s] =
            (struct phased_snp){.position = (int64_t)s, .type = 1 + (int)(s % 2), .phase_set = 1};
    waiting_reads_begin(&waiting, most_bytes, NULL);
}

static void add(int64_t first, size_t count) {
    struct failure why = {0};
    struct runnel_batch *batch = batch_of_reads(first, count);
    cr_assert_eq(waiting_reads_add(&waiting, batch, &why), STATUS_OK, "%s", why.text);
    batch->release(batch);
}

/* The next row is of a haplotype that shows SNPs [first, last]; with none where first > last. */
static void row(size_t first, size_t last, int haplotype) {
    struct snp_allele alleles[SNPS];
    size_t count = 0;
    for (size_t s = first; s <= last && s < SNPS; s++)
        alleles[count++] = (struct snp_allele){s, snps[s].type == haplotype ? 1 : 2};
    cr_assert_eq(waiting_reads_row(&waiting, alleles, count, NULL), STATUS_OK);
}

static void settle(size_t settled) {
    cr_assert_eq(waiting_reads_tag(&waiting, snps, settled, NULL), STATUS_OK);
}

static void expect_none(void) {
    struct failure why = {0};
    cr_expect_null(waiting_reads_take(&waiting, &why));
    cr_expect_eq(why.code, STATUS_OK, "%s", why.text);
}

/* The next batch begins at `first` and has these haplotypes, a digit each. */
static void expect_next(int64_t first, const char *haplotypes) {
    struct failure why = {0};
    const struct runnel_batch *batch = waiting_reads_take(&waiting, &why);
    cr_assert_not_null(batch, "%s", why.text);
    cr_assert_eq(stream_check(batch, &READS_STREAM, &why), STATUS_OK, "%s", why.text);
    cr_expect_eq(runnel_rows(batch), (int64_t)strlen(haplotypes));
    cr_expect(batch->mark_contig == 2 && batch->mark_position == first);
    int64_t nulls = 0;
    for (int64_t i = 0; i < runnel_rows(batch); i++) {
        cr_expect_eq(runnel_integer(batch, READS_POSITION, i), first + i + 1);
        cr_expect_eq(runnel_integer(batch, READS_HP, i), haplotypes[i] - '0', "%d at %d of %s",
                     (int)runnel_integer(batch, READS_HP, i), (int)i, haplotypes);
        cr_expect_eq(runnel_is_null(batch, READS_HP, i), haplotypes[i] == '0');
        nulls += haplotypes[i] == '0';
    }
    cr_expect_eq(batch->array->children[READS_HP]->null_count, nulls + batch->array->offset);
    batch->release(batch);
}

static void steps(int64_t most_bytes) {
    begin(most_bytes);
    expect_none();
    add(10, 3);
    row(0, 1, 1);
    settle(1);
    expect_none(); /* its second SNP is not settled, and other rows are to come */
    row(1, 0, 1);
    row(2, 4, 2);
    settle(4);
    expect_none();
    add(20, 0);
    add(30, 2);
    row(3, 3, 2);
    row(5, 7, 1);
    settle(5);
    expect_next(10, "102");
    expect_next(20, "");
    expect_none();
    settle(SNPS);
    expect_next(30, "21");
    expect_none();
    add(40, 1);
    row(1, 0, 1); /* shows nothing, so needs nothing */
    settle(0);
    expect_next(40, "0");
    add(50, 2);
    row(7, 7, 1); /* and some that nobody takes any more */
    waiting_reads_free(&waiting);
}

Test(waiting_reads, in_memory) {
    steps(INT64_MAX);
}

Test(waiting_reads, in_a_file) {
    steps(0);
}

Test(waiting_reads, first_in_memory_then_in_a_file) {
    steps(100);
}

/* Alleles that are not phased say nothing. */
Test(waiting_reads, unphased_snps) {
    begin(INT64_MAX);
    snps[0].type = snps[2].type = 0;
    add(10, 2);
    row(0, 2, 2);
    row(2, 2, 2);
    settle(3);
    expect_next(10, "20");
    waiting_reads_free(&waiting);
}

/* A batch that is a slice keeps its rows. */
Test(waiting_reads, of_a_slice) {
    begin(INT64_MAX);
    struct runnel_batch *batch = batch_of_reads(10, 12);
    struct ArrowArray slice = *batch->array;
    const struct ArrowArray *whole = batch->array;
    slice.offset = 9;
    slice.length = 3;
    batch->array = &slice;
    batch->mark_position = 19;
    cr_assert_eq(waiting_reads_add(&waiting, batch, NULL), STATUS_OK);
    row(0, 0, 1);
    row(1, 0, 1);
    row(1, 1, 2);
    settle(SNPS);
    expect_next(19, "102");
    waiting_reads_free(&waiting);
    batch->array = whole;
    batch->release(batch);
}

/* And the room for alleles is used again. */
Test(waiting_reads, many) {
    begin(2000);
    for (int64_t i = 0; i < 300; i++) {
        add(10 + i, 1);
        row((size_t)i % SNPS, SNPS, 1 + (int)(i % 2));
        settle(SNPS);
        if (i >= 5)
            expect_next(10 + i - 5, i % 2 == 1 ? "1" : "2");
    }
    waiting_reads_free(&waiting);
}
