/* SPDX-License-Identifier: MIT
 *
 * The 300 golden merges before the last sort, and a whole run with its blocks. */
#include "tests/core/calls/gvcf_data.h"

#define GVCF_FOLDER TEST_DATA "/calls/gvcf"

/* The line after "# case K" and the one before the next case. */
static struct block_lines case_of(const struct lines *lines, size_t number) {
    char mark[32];
    size_t at = 0;
    snprintf(mark, sizeof mark, "# case %zu", number);
    while (at < lines->count && strcmp(lines->line[at], mark) != 0)
        at++;
    cr_assert(at < lines->count, "%s is missing", mark);
    struct block_lines found = {lines->line, at + 1, at + 1};
    while (found.end < lines->count && lines->line[found.end][0] != '#')
        found.end++;
    return found;
}

static void run_contig(struct gvcf_original_options options, char **variants, size_t count) {
    struct failure why = {0};
    struct gvcf_original *gvcf = gvcf_original_new(&options, &why);
    struct call call = {0};
    cr_assert(gvcf != NULL, "%s", why.text);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(record_parse(&call, options.contig, variants[i], &why), 0, "%s", why.text);
        cr_assert_eq(gvcf_original_add(gvcf, &call, &why), STATUS_OK, "%s", why.text);
    }
    cr_assert_eq(gvcf_original_finish(gvcf, &why), STATUS_OK, "%s", why.text);
    gvcf_original_free(gvcf);
    call_free(&call);
}

static void check_cases(const char *expected_file, bool haploid) {
    struct lines variants = golden_lines(GVCF_FOLDER "/merge.variants.txt.gz");
    struct lines blocks = golden_lines(GVCF_FOLDER "/merge.blocks.txt.gz");
    struct lines expected = golden_lines(GVCF_FOLDER "/%s", expected_file);
    struct contig_letters *contig = read_contig(GVCF_FOLDER "/ref.fa.gz", "chrA");
    size_t differing = 0;
    for (size_t number = 0; number < 300; number++) {
        struct block_lines in = case_of(&variants, number), from = case_of(&blocks, number);
        struct block_lines out = case_of(&expected, number);
        struct text got = {0}, wanted = {0};
        for (size_t i = out.at; i < out.end; i++) {
            text_append_string(&wanted, out.line[i]);
            text_append_char(&wanted, '\n');
        }
        run_contig((struct gvcf_original_options){.contig = "chrA",
                                                  .blocks = {&from, next_block_line},
                                                  .reference = &contig->reference,
                                                  .lines = {&got, collect_line},
                                                  .haploid = haploid,
                                                  .unsorted = true},
                   in.line + in.at, in.end - in.at);
        if (strcmp(text_bytes(&got), text_bytes(&wanted)) != 0 && differing++ < 3)
            cr_log_error("case %zu: wanted\n%sgot\n%s", number, text_bytes(&wanted),
                         text_bytes(&got));
        text_free(&got);
        text_free(&wanted);
    }
    cr_expect_eq(differing, 0, "%zu of 300 differ", differing);
    golden_free(&variants);
    golden_free(&blocks);
    golden_free(&expected);
    free_contig(contig);
}

Test(gvcf_original, golden_cases) {
    check_cases("merge.expected.txt.gz", false);
}

/* The variants of these cases keep their diploid genotypes. */
Test(gvcf_original, golden_cases_haploid) {
    check_cases("merge.expected.haploid.txt.gz", true);
}

/* How many lines from `at` on belong to a contig; comments do not. */
static size_t lines_of(const struct lines *lines, const char *contig, size_t *begin) {
    size_t length = strlen(contig), count = 0;
    for (size_t i = 0; i < lines->count; i++) {
        if (strncmp(lines->line[i], contig, length) != 0 || lines->line[i][length] != '\t')
            continue;
        if (count++ == 0)
            *begin = i;
    }
    return count;
}

Test(gvcf_original, whole_run) {
    struct run run = run_open("ont_gvcf_all_contigs");
    struct lines variants = run_lines(&run, "merge_output.vcf.gz");
    struct lines expected = run_lines(&run, "merge_output.gvcf.gz");
    struct lines blocks =
        golden_lines(RUNS_FOLDER "/ont_gvcf_all_contigs/non_variant_blocks.tsv.gz");
    static const char *const contigs[] = {"chr2", "chr20", "chr21", "scaffold_1"};
    struct text got = {0}, wanted = {0};
    for (size_t c = 0; c < 4; c++) {
        struct contig_letters *contig =
            read_contig(RUNS_FOLDER "/inputs/ont/ref.fa.gz", contigs[c]);
        size_t first_variant = 0, first_block = 0;
        size_t variant_count = lines_of(&variants, contigs[c], &first_variant);
        size_t block_count = lines_of(&blocks, contigs[c], &first_block);
        struct block_lines from = {blocks.line, first_block, first_block + block_count};
        cr_assert(variant_count > 0 && block_count > 0);
        run_contig((struct gvcf_original_options){.contig = contigs[c],
                                                  .blocks = {&from, next_block_line},
                                                  .reference = &contig->reference,
                                                  .lines = {&got, collect_line}},
                   variants.line + first_variant, variant_count);
        free_contig(contig);
    }
    for (size_t i = 0; i < expected.count; i++) {
        if (expected.line[i][0] == '#')
            continue;
        text_append_string(&wanted, expected.line[i]);
        text_append_char(&wanted, '\n');
    }
    cr_expect(wanted.length > 500000);
    cr_expect(strcmp(got.bytes, wanted.bytes) == 0);
    text_free(&got);
    text_free(&wanted);
    golden_free(&variants);
    golden_free(&expected);
    golden_free(&blocks);
    run_close(&run);
}
