/* SPDX-License-Identifier: MIT
 *
 * Blocks through the file: what is covered, in which stretches. */
#include "plugin/block_spool.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LENGTH = 50 };

struct setting {
    char folder[32], reference[64], blocks[64];
    struct block_writer *writer;
    struct block_reader *reader;
};

static struct setting begin(bool compatible) {
    struct setting it = {.folder = "/tmp/runnel-test-XXXXXX"};
    struct failure why = {0};
    const struct block_spool_options options = {0.001, 5, compatible};
    cr_assert_not_null(mkdtemp(it.folder));
    snprintf(it.reference, sizeof it.reference, "%s/ref.fa", it.folder);
    snprintf(it.blocks, sizeof it.blocks, "%s/blocks", it.folder);
    FILE *file = fopen(it.reference, "w");
    fputs(">one\n", file);
    for (int i = 0; i < LENGTH; i++)
        fputc("ACGT"[i % 4], file);
    fputs("\n>two\nACGT\n", file);
    fclose(file);
    cr_assert_eq(block_writer_open(&it.writer, it.blocks, it.reference, &options, &why), STATUS_OK,
                 "%s", why.text);
    return it;
}

/* Counts of 20 reads, all of the reference base, in [from, to). */
static void add(struct setting *it, int64_t from, int64_t to) {
    struct pileup_column_counts counts[LENGTH];
    size_t count = 0;
    for (int64_t at = from; at < to; at++)
        counts[count++] = (struct pileup_column_counts){at, 20, 20};
    cr_assert_eq(block_writer_add(it->writer, counts, count, NULL), STATUS_OK);
}

static void contig(struct setting *it, const struct interval *regions, size_t count) {
    struct failure why = {0};
    cr_assert_eq(block_writer_begin(it->writer, 3, "one", LENGTH, regions, count, &why), STATUS_OK,
                 "%s", why.text);
}

static void turn_to_reading(struct setting *it) {
    cr_assert_eq(block_writer_end(it->writer, NULL), STATUS_OK);
    cr_assert_eq(block_writer_commit(it->writer, NULL), STATUS_OK);
    block_writer_free(it->writer);
    cr_assert_eq(block_reader_open(&it->reader, it->blocks, NULL), STATUS_OK);
    cr_expect_eq(block_reader_contig(it->reader), 3);
    block_reader_ask(it->reader, 3);
}

static void expect(struct setting *it, int64_t first, int64_t last, bool is_reference) {
    struct block block;
    cr_assert_eq(block_reader_next(it->reader, &block, NULL), STATUS_OK, "no block %d-%d",
                 (int)first, (int)last);
    cr_expect(block.begin == first && block.end == last && block.is_reference == is_reference,
              "%d-%d, not %d-%d", (int)block.begin, (int)block.end, (int)first, (int)last);
}

static void end(struct setting *it) {
    struct block block;
    cr_expect_eq(block_reader_next(it->reader, &block, NULL), STATUS_END);
    cr_expect_eq(block_reader_contig(it->reader), INT64_MAX);
    block_reader_free(it->reader);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", it->folder);
    cr_expect_eq(system(command), 0);
}

Test(block_spool, a_contig_from_its_first_to_its_last_base) {
    struct setting it = begin(false);
    contig(&it, NULL, 0);
    add(&it, 10, 20);
    add(&it, 20, 45);
    turn_to_reading(&it);
    expect(&it, 1, 10, false);
    expect(&it, 11, 45, true);
    expect(&it, 46, 50, false);
    end(&it);
}

Test(block_spool, only_the_regions_those_that_overlap_as_one) {
    struct setting it = begin(false);
    const struct interval regions[] = {{5, 12}, {8, 10}, {11, 15}, {30, 32}};
    contig(&it, regions, 4);
    add(&it, 0, 31);
    add(&it, 31, 50);
    turn_to_reading(&it);
    expect(&it, 6, 15, true);
    expect(&it, 31, 32, true);
    end(&it);
}

Test(block_spool, clair3_gives_its_last_block_the_base_that_it_did_not_count) {
    struct setting it = begin(true);
    contig(&it, NULL, 0);
    add(&it, 0, 50);
    turn_to_reading(&it);
    expect(&it, 1, 50, true);
    end(&it);
}

Test(block_spool, clair3_has_one_block_where_no_reads_are) {
    struct setting it = begin(true);
    contig(&it, NULL, 0);
    turn_to_reading(&it);
    expect(&it, 1, 50, false);
    end(&it);
}

/* Likelihoods of every size, and every letter: what went in by hand comes out. */
Test(block_spool, numbers_survive) {
    struct setting it = begin(false);
    contig(&it, NULL, 0);
    for (int64_t at = 0; at < LENGTH; at++) { /* 0 to 7,000,000 reads, half of them reference */
        int64_t reads = at < 3 ? 0 : at * at * at * at;
        struct pileup_column_counts one = {at, (uint32_t)(at % 2 ? reads : reads / 2),
                                           (uint32_t)reads};
        cr_assert_eq(block_writer_add(it.writer, &one, 1, NULL), STATUS_OK);
    }
    turn_to_reading(&it);
    struct block block;
    int64_t next = 1;
    struct blocks_options options = {.base_error = 0.001, .gq_bin = 5, .uncovered_unknown = true};
    struct blocks *expected = blocks_new(&options, NULL);
    for (int64_t at = 0; at < LENGTH; at++) {
        int64_t reads = at < 3 ? 0 : at * at * at * at;
        blocks_add(expected, at + 1, "ACGT"[at % 4], at % 2 ? reads : reads / 2, reads, NULL);
    }
    blocks_finish(expected, NULL);
    const struct block *whole;
    size_t count = blocks_take(expected, &whole);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(block_reader_next(it.reader, &block, NULL), STATUS_OK);
        cr_expect(block.begin == whole[i].begin && block.end == whole[i].end &&
                      block.min_depth == whole[i].min_depth && block.gq == whole[i].gq &&
                      block.reference == whole[i].reference &&
                      block.is_reference == whole[i].is_reference,
                  "block %zu", i);
        cr_expect_arr_eq(block.pl, whole[i].pl, sizeof block.pl);
        next = block.end + 1;
    }
    cr_expect_eq(next, LENGTH + 1);
    cr_expect_gt(count, 20);
    blocks_free(expected);
    end(&it);
}

Test(block_spool, a_file_that_is_cut_short_is_noticed) {
    struct setting it = begin(false);
    struct block block;
    struct failure why = {0};
    contig(&it, NULL, 0);
    add(&it, 10, 45);
    turn_to_reading(&it);
    block_reader_free(it.reader);
    FILE *file = fopen(it.blocks, "r");
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    fclose(file);
    cr_expect_lt(size, 3 * 12); /* three blocks */
    cr_assert_eq(truncate(it.blocks, size - 1), 0);
    int status = block_reader_open(&it.reader, it.blocks, &why);
    block_reader_ask(it.reader, 3);
    while (status == STATUS_OK)
        status = block_reader_next(it.reader, &block, &why);
    cr_expect_eq(status, STATUS_IO);
    block_reader_free(it.reader);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", it.folder);
    cr_expect_eq(system(command), 0);
}

Test(block_spool, another_contig_is_not_given) {
    struct setting it = begin(false);
    contig(&it, NULL, 0);
    add(&it, 0, 50);
    cr_assert_eq(block_writer_end(it.writer, NULL), STATUS_OK);
    cr_assert_eq(block_writer_begin(it.writer, 7, "two", 4, NULL, 0, NULL), STATUS_OK);
    add(&it, 0, 4);
    turn_to_reading(&it);
    struct block block;
    expect(&it, 1, 50, true);
    cr_expect_eq(block_reader_next(it.reader, &block, NULL), STATUS_END);
    cr_expect_eq(block_reader_contig(it.reader), 7);
    block_reader_ask(it.reader, 7);
    expect(&it, 1, 4, true);
    end(&it);
}
