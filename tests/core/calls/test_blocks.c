/* SPDX-License-Identifier: MIT */
#include "core/calls/blocks.h"

#include "tests/core/calls/golden.h"

static void drain(struct blocks *blocks, struct text *out) {
    const struct block *whole;
    size_t count = blocks_take(blocks, &whole);
    for (size_t i = 0; i < count; i++)
        block_append(out, "chrA", &whole[i], BLOCK_DIPLOID);
}

static struct text blocks_of_counts(struct blocks_options options) {
    struct lines counts = golden_lines(TEST_DATA "/calls/gvcf/counts.tsv.gz");
    struct blocks *blocks = blocks_new(&options, NULL);
    struct text got = {0};
    for (size_t i = 0; i < counts.count; i++) {
        long long position, reference_reads, reads;
        char letter;
        cr_assert_eq(sscanf(counts.line[i], "chrA %lld %c %lld %lld", &position, &letter,
                            &reference_reads, &reads),
                     4);
        cr_assert_eq(blocks_add(blocks, position, letter, reference_reads, reads, NULL), 0);
        drain(blocks, &got);
    }
    cr_assert_eq(blocks_finish(blocks, NULL), STATUS_OK);
    drain(blocks, &got);
    blocks_free(blocks);
    golden_free(&counts);
    return got;
}

static void check(const char *file, double base_error, int gq_bin) {
    struct lines lines = golden_lines(TEST_DATA "/calls/gvcf/%s", file);
    struct text wanted = {0};
    struct text got = blocks_of_counts((struct blocks_options){
        .base_error = base_error, .gq_bin = gq_bin, .contig_length = 12000});
    for (size_t i = 0; i < lines.count; i++) {
        text_append_string(&wanted, lines.line[i]);
        text_append_char(&wanted, '\n');
    }
    cr_expect_str_eq(got.bytes, wanted.bytes, "%s", file);
    text_free(&got);
    text_free(&wanted);
    golden_free(&lines);
}

Test(blocks, golden) {
    check("blocks.base_err_0.001.bin_5.tsv.gz", 0.001, 5);
    check("blocks.base_err_0.01.bin_10.tsv.gz", 0.01, 10);
    check("blocks.base_err_0.05.bin_1.tsv.gz", 0.05, 1);
}

Test(blocks, a_chunk_without_reads) {
    struct text got = {0};
    struct block block = block_of_nothing(5, 900);
    block_append(&got, "c", &block, BLOCK_DIPLOID);
    block_append(&got, "c", &block, BLOCK_HAPLOID_ORIGINAL);
    cr_assert_str_eq(got.bytes,
                     "c\t5\t.\tN\t<NON_REF>\t0\t.\tEND=900\tGT:GQ:MIN_DP:PL\t./.:1:0:0,0,0\n"
                     "c\t5\t.\tN\t<NON_REF>\t0\t.\tEND=900\tGT:GQ:MIN_DP:PL\t.:1:0:0,0,0\n");
    text_free(&got);
}

/* Ours: without reads nothing is known, in one block however long. */
Test(blocks, uncovered_positions_are_unknown) {
    struct blocks_options options = {.base_error = 0.001, .gq_bin = 5, .uncovered_unknown = true};
    struct blocks *blocks = blocks_new(&options, NULL);
    struct text got = {0};
    blocks_add(blocks, 1, 'a', 9, 9, NULL);
    blocks_add(blocks, 2, 'C', 0, 0, NULL);
    blocks_add(blocks, 3, 'G', 0, 0, NULL);
    blocks_add(blocks, 4, 'T', 0, 9, NULL);
    blocks_finish(blocks, NULL);
    drain(blocks, &got);
    cr_assert_str_eq(got.bytes,
                     "chrA\t1\t.\tA\t<NON_REF>\t0\t.\tEND=1\tGT:GQ:MIN_DP:PL\t0/0:27:9:0,27,269\n"
                     "chrA\t2\t.\tC\t<NON_REF>\t0\t.\tEND=3\tGT:GQ:MIN_DP:PL\t./.:0:0:0,0,0\n"
                     "chrA\t4\t.\tT\t<NON_REF>\t0\t.\tEND=4\tGT:GQ:MIN_DP:PL\t./.:0:9:269,27,0\n");
    text_free(&got);
    blocks_free(blocks);
}

Test(blocks, senseless_options_are_refused) {
    struct blocks_options options = {.base_error = 0.001, .gq_bin = 0};
    cr_assert_null(blocks_new(&options, NULL));
    options.gq_bin = 5;
    options.base_error = 0;
    cr_assert_null(blocks_new(&options, NULL));
    options.base_error = 1;
    cr_assert_null(blocks_new(&options, NULL));
}
