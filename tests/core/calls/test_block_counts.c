/* SPDX-License-Identifier: MIT
 *
 * From the reads of a golden run to its blocks: windows count, blocks join. */
#include "core/calls/block_counts.h"

#include "adapters/alignments.h"
#include "tests/core/calls/contig.h"
#include "tests/core/calls/runs.h"

#define INPUTS RUNS_FOLDER "/inputs/ont"

/* Counts up to the end of the original's range, which leaves out the last base of a contig. */
struct counting {
    struct pileup_windows *windows;
    struct blocks *blocks;
    struct contig_letters *contig;
    int64_t done, end;
};

static void take_counts(struct counting *it) {
    size_t count;
    struct failure why = {0};
    const struct pileup_column_counts *counts = pileup_windows_take_counts(it->windows, &count);
    while (count > 0 && counts[count - 1].position >= it->end)
        count--;
    if (count == 0)
        return;
    int64_t end = counts[count - 1].position + 1;
    cr_assert_eq(blocks_add_counts(it->blocks, &it->contig->reference, it->done, end, counts,
                                   count, &why),
                 STATUS_OK, "%s", why.text);
    it->done = end;
}

static void pull_all(struct counting *it) {
    struct pileup_window window;
    while (pileup_windows_pull(it->windows, &window, NULL) == STATUS_OK)
        continue;
    take_counts(it);
}

static void append_blocks(struct counting *it, const char *contig, struct text *out) {
    const struct block *whole;
    size_t count = blocks_take(it->blocks, &whole);
    for (size_t i = 0; i < count; i++)
        block_append(out, contig, &whole[i], BLOCK_DIPLOID);
}

static void count_contig(const char *contig, struct text *out) {
    struct pileup_options options = pileup_options_default;
    struct counting it = {.contig = read_contig(INPUTS "/ref.fa.gz", contig)};
    struct blocks_options blocks_options = {
        .base_error = 0.001, .gq_bin = 5, .contig_length = it.contig->reference.length};
    struct alignments *file;
    struct alignment alignment;
    struct failure why = {0};
    int32_t index;
    options.gvcf = true;
    it.end = it.contig->reference.length - 1;
    it.blocks = blocks_new(&blocks_options, &why);
    cr_assert_eq(pileup_windows_new(&it.windows, &options, &why), STATUS_OK);
    cr_assert_eq(pileup_windows_begin(it.windows, &it.contig->reference, NULL, &why), STATUS_OK);
    cr_assert_eq(alignments_open(&file, INPUTS "/reads.bam", NULL, &why), 0, "%s", why.text);
    cr_assert_eq(alignments_region(file, alignments_find_contig(file, contig), 0,
                                   it.contig->reference.length, &why),
                 STATUS_OK, "%s", why.text);
    while (alignments_next(file, &alignment, &index, &why) == STATUS_OK) {
        cr_assert_eq(pileup_windows_add(it.windows, &alignment, &why), STATUS_OK);
        pull_all(&it);
    }
    pileup_windows_end(it.windows);
    pull_all(&it);
    cr_assert_eq(blocks_add_counts(it.blocks, &it.contig->reference, it.done, it.end, NULL, 0,
                                   &why),
                 STATUS_OK);
    cr_assert_eq(blocks_finish(it.blocks, &why), STATUS_OK);
    append_blocks(&it, contig, out);
    alignments_close(file);
    pileup_windows_free(it.windows);
    blocks_free(it.blocks);
    free_contig(it.contig);
}

Test(block_counts, blocks_of_a_run) {
    struct lines wanted =
        golden_lines(RUNS_FOLDER "/ont_gvcf_all_contigs/non_variant_blocks.tsv.gz");
    struct text got = {0}, expected = {0};
    static const char *const contigs[] = {"chr2", "chr20", "chr21", "scaffold_1"};
    for (size_t i = 0; i < 4; i++)
        count_contig(contigs[i], &got);
    for (size_t i = 0; i < wanted.count; i++) {
        text_append_string(&expected, wanted.line[i]);
        text_append_char(&expected, '\n');
    }
    cr_assert_gt(wanted.count, 10000);
    cr_assert(strcmp(got.bytes, expected.bytes) == 0);
    text_free(&got);
    text_free(&expected);
    golden_free(&wanted);
}

Test(block_counts, stretches_and_holes) {
    struct blocks_options options = {.base_error = 0.001, .gq_bin = 5, .uncovered_unknown = true};
    struct blocks *blocks = blocks_new(&options, NULL);
    struct contig_letters *contig = contig_of("ACGTACGT");
    struct pileup_column_counts first[] = {{1, 9, 9}, {2, 9, 9}}, second[] = {{6, 9, 9}};
    struct text got = {0};
    cr_assert_eq(blocks_add_counts(blocks, &contig->reference, 0, 3, first, 2, NULL), STATUS_OK);
    cr_assert_eq(blocks_add_counts(blocks, &contig->reference, 3, 8, second, 1, NULL), STATUS_OK);
    cr_assert_eq(blocks_finish(blocks, NULL), STATUS_OK);
    struct counting it = {.blocks = blocks};
    append_blocks(&it, "c", &got);
    cr_assert_str_eq(got.bytes,
                     "c\t1\t.\tA\t<NON_REF>\t0\t.\tEND=1\tGT:GQ:MIN_DP:PL\t./.:0:0:0,0,0\n"
                     "c\t2\t.\tC\t<NON_REF>\t0\t.\tEND=3\tGT:GQ:MIN_DP:PL\t0/0:27:9:0,27,269\n"
                     "c\t4\t.\tT\t<NON_REF>\t0\t.\tEND=6\tGT:GQ:MIN_DP:PL\t./.:0:0:0,0,0\n"
                     "c\t7\t.\tG\t<NON_REF>\t0\t.\tEND=7\tGT:GQ:MIN_DP:PL\t0/0:27:9:0,27,269\n"
                     "c\t8\t.\tT\t<NON_REF>\t0\t.\tEND=8\tGT:GQ:MIN_DP:PL\t./.:0:0:0,0,0\n");
    text_free(&got);
    free_contig(contig);
    blocks_free(blocks);
}
