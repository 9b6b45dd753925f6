/* SPDX-License-Identifier: MIT
 *
 * A checker that knows what a right gVCF is, run over whole runs and over the 300 golden
 * merges, whose variants overlap and whose blocks have holes. */
#include "core/calls/gvcf.h"

#include "core/calls/site.h"
#include "tests/core/calls/gvcf_data.h"
#include <ctype.h>
#include <strings.h>

/* What is known of one contig while its lines are checked. */
struct checker {
    const struct contig_letters *contig;
    unsigned char *covered; /* per base: 1 by a variant, 2 by a block */
    int64_t last_position;
    size_t variants, blocks;
};

static size_t count_of(struct letters list, char separator) {
    size_t count = 1;
    for (size_t i = 0; i < list.length; i++)
        count += list.bytes[i] == separator;
    return count;
}

/* Field `number` of a text cut at `separator`. */
static struct letters part_of(struct letters text, char separator, size_t number) {
    struct letters part = {text.bytes, 0};
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] != separator) {
            part.length++;
        } else if (number-- == 0) {
            return part;
        } else {
            part = (struct letters){text.bytes + i + 1, 0};
        }
    }
    return part;
}

static void cover(struct checker *checker, int64_t begin, int64_t end, bool by_block) {
    cr_assert(1 <= begin && begin <= end && end <= checker->contig->reference.length,
              "[%lld, %lld] is not in the contig", (long long)begin, (long long)end);
    for (int64_t i = begin; i <= end; i++) {
        unsigned char *covered = &checker->covered[i - 1];
        cr_assert(!by_block || *covered == 0, "base %lld is covered twice", (long long)i);
        cr_assert(by_block || *covered != 2, "a variant overlaps a block at %lld", (long long)i);
        *covered = by_block ? 2 : 1;
    }
}

/* Number of genotypes of `alleles` alleles for a ploidy of 1 or 2. */
static size_t genotypes(size_t ploidy, size_t alleles) {
    return ploidy == 1 ? alleles : alleles * (alleles + 1) / 2;
}

static void check_line(struct checker *checker, const char *line, size_t length) {
    struct letters whole = {line, length};
    struct site site;
    cr_assert_eq(site_read(&site, line, length, NULL), STATUS_OK);
    cr_assert_geq(site.position, checker->last_position, "%.*s", (int)length, line);
    checker->last_position = site.position;
    struct letters sample = part_of(whole, '\t', 9), alt = site.alt;
    size_t alleles = 1 + count_of(alt, ',');
    cr_assert(memcmp(alt.bytes + alt.length - 9, "<NON_REF>", 9) == 0);
    bool block = alleles == 2;
    struct letters pl = part_of(sample, ':', block ? 3 : 5);
    cr_assert_eq(count_of(pl, ','), genotypes(site.ploidy, alleles), "%.*s", (int)length, line);
    const char *letters = checker->contig->letters.bytes + site.position - 1;
    if (block) {
        struct letters info = part_of(whole, '\t', 7);
        cr_assert(memcmp(info.bytes, "END=", 4) == 0 && site.ref.length == 1);
        int letter = toupper(*letters), base = strchr("ACGT", letter) ? letter : 'N';
        cr_assert_eq(*site.ref.bytes, base, "%.*s", (int)length, line);
        cover(checker, site.position, strtoll(info.bytes + 4, NULL, 10), true);
        checker->blocks++;
        return;
    }
    cr_assert_eq(count_of(part_of(sample, ':', 3), ','), alleles, "AD: %.*s", (int)length, line);
    cr_assert_eq(count_of(part_of(sample, ':', 4), ','), alleles - 1, "AF: %.*s", (int)length,
                 line);
    cr_assert(strncasecmp(letters, site.ref.bytes, site.ref.length) == 0);
    cover(checker, site.position, site.position + (int64_t)site.ref.length - 1, false);
    checker->variants++;
}

static void check_text(const struct contig_letters *contig, const struct text *text,
                       size_t variants) {
    struct checker checker = {contig, calloc(1, contig->letters.length), 0, 0, 0};
    for (size_t at = 0; at < text->length;) {
        size_t length = strcspn(text->bytes + at, "\n");
        check_line(&checker, text->bytes + at, length);
        at += length + 1;
    }
    for (size_t i = 0; i < contig->letters.length; i++)
        cr_assert(checker.covered[i], "base %zu is not covered", i + 1);
    cr_assert_eq(checker.variants, variants);
    cr_assert_gt(checker.blocks, 0);
    free(checker.covered);
}

/* Runs the lines of a VCF that belong to the contig and returns how many are variants. */
static size_t run_contig(struct gvcf_options options, const struct lines *lines, size_t begin,
                         size_t end) {
    struct failure why = {0};
    struct gvcf *gvcf = gvcf_new(&options, &why);
    struct call call = {0};
    size_t length = strlen(options.contig), variants = 0;
    cr_assert(gvcf != NULL, "%s", why.text);
    for (size_t i = begin; i < end; i++) {
        const char *line = lines->line[i];
        if (strncmp(line, options.contig, length) != 0 || line[length] != '\t')
            continue;
        cr_assert_eq(record_parse(&call, options.contig, line, &why), 0, "%s", why.text);
        if (haploid_at(options.haploid, call.position) && !haploid_apply(options.haploid, &call))
            continue;
        variants += !call_is_reference(&call);
        cr_assert_eq(gvcf_add(gvcf, &call, &why), STATUS_OK, "%s", why.text);
    }
    cr_assert_eq(gvcf_finish(gvcf, &why), STATUS_OK, "%s", why.text);
    gvcf_free(gvcf);
    call_free(&call);
    return variants;
}

static void check_run(const struct haploid *haploid) {
    struct run run = run_open("ont_gvcf_all_contigs");
    struct lines calls = run_lines(&run, "merge_output.vcf.gz");
    struct lines blocks =
        golden_lines(RUNS_FOLDER "/ont_gvcf_all_contigs/non_variant_blocks.tsv.gz");
    static const char *const contigs[] = {"chr2", "chr20", "chr21", "scaffold_1"};
    for (size_t c = 0; c < 4; c++) {
        struct contig_letters *contig =
            read_contig(RUNS_FOLDER "/inputs/ont/ref.fa.gz", contigs[c]);
        size_t first = 0, count = 0, length = strlen(contigs[c]);
        for (size_t i = 0; i < blocks.count; i++)
            if (strncmp(blocks.line[i], contigs[c], length) == 0 &&
                blocks.line[i][length] == '\t' && count++ == 0)
                first = i;
        struct block_lines from = {blocks.line, first, first + count};
        struct text got = {0};
        size_t variants = run_contig((struct gvcf_options){.contig = contigs[c],
                                                           .blocks = {&from, next_block_line},
                                                           .reference = &contig->reference,
                                                           .lines = {&got, collect_line},
                                                           .haploid = haploid},
                                     &calls, 0, calls.count);
        cr_assert_gt(variants, 5);
        check_text(contig, &got, variants);
        text_free(&got);
        free_contig(contig);
    }
    golden_free(&calls);
    golden_free(&blocks);
    run_close(&run);
}

Test(gvcf, a_whole_run) {
    check_run(NULL);
}

Test(gvcf, a_haploid_run) {
    check_run(&(struct haploid){.rule = HAPLOID_SENSITIVE, .everywhere = true});
}

Test(gvcf, haploid_regions) {
    static const struct haploid_region regions[] = {{100, 200}, {250, 3000}, {4000, 1000000}};
    check_run(&(struct haploid){
        .rule = HAPLOID_FRACTION, .lowest_fraction = 0.65, .region_count = 3, .regions = regions});
}

static size_t line_of_case(const struct lines *lines, size_t number) {
    char mark[32];
    snprintf(mark, sizeof mark, "# case %zu", number);
    for (size_t i = 0; i < lines->count; i++)
        if (strcmp(lines->line[i], mark) == 0)
            return i;
    return lines->count;
}

Test(gvcf, overlaps_and_holes) {
    struct lines calls = golden_lines(TEST_DATA "/calls/gvcf/merge.variants.txt.gz");
    struct lines blocks = golden_lines(TEST_DATA "/calls/gvcf/merge.blocks.txt.gz");
    struct contig_letters *contig = read_contig(TEST_DATA "/calls/gvcf/ref.fa.gz", "chrA");
    for (size_t number = 0; number < 300; number++) {
        struct block_lines from = {blocks.line, line_of_case(&blocks, number) + 1,
                                   line_of_case(&blocks, number + 1)};
        struct text got = {0};
        size_t variants =
            run_contig((struct gvcf_options){.contig = "chrA",
                                             .blocks = {&from, next_block_line},
                                             .reference = &contig->reference,
                                             .lines = {&got, collect_line}},
                       &calls, line_of_case(&calls, number), line_of_case(&calls, number + 1));
        check_text(contig, &got, variants);
        text_free(&got);
    }
    free_contig(contig);
    golden_free(&calls);
    golden_free(&blocks);
}

static int no_blocks(void *from, struct block *block, struct failure *why) {
    (void)from, (void)block, (void)why;
    return STATUS_END;
}

static const char *fetch_n(void *source, int64_t begin, int64_t end, struct failure *why) {
    (void)source, (void)end, (void)why;
    return &"acNr"[begin];
}

Test(gvcf, without_blocks_everything_is_unknown) {
    struct reference reference = {4, NULL, fetch_n};
    struct text got = {0};
    struct gvcf *gvcf = gvcf_new(&(struct gvcf_options){.contig = "c",
                                                        .blocks = {NULL, no_blocks},
                                                        .reference = &reference,
                                                        .lines = {&got, collect_line}},
                                 NULL);
    cr_assert_eq(gvcf_finish(gvcf, NULL), STATUS_OK);
    cr_assert_str_eq(got.bytes,
                     "c\t1\t.\tA\t<NON_REF>\t0\t.\tEND=4\tGT:GQ:MIN_DP:PL\t./.:0:0:0,0,0\n");
    gvcf_free(gvcf);
    text_free(&got);
}

/* Blocks 2-3 and 6-7 of a contig of 8 with a deletion of 3 to 4: what is known stays known. */
Test(gvcf, blocks_are_cut_and_holes_filled) {
    static char *lines[] = {
        "c\t2\t.\tC\t<NON_REF>\t0\t.\tEND=3\tGT:GQ:MIN_DP:PL\t0/0:30:20:0,30,300",
        "c\t6\t.\tC\t<NON_REF>\t0\t.\tEND=7\tGT:GQ:MIN_DP:PL\t0/0:40:20:0,40,400"};
    struct block_lines from = {lines, 0, 2};
    struct contig_letters *contig = contig_of("ACGTACGT");
    struct text got = {0};
    struct call call = {0};
    struct gvcf *gvcf = gvcf_new(&(struct gvcf_options){.contig = "c",
                                                        .blocks = {&from, next_block_line},
                                                        .reference = &contig->reference,
                                                        .lines = {&got, collect_line}},
                                 NULL);
    cr_assert_eq(record_parse(&call, "c",
                              "c\t3\t.\tGT\tG\t9.00\tPASS\tF\tGT:GQ:DP:AD:AF:PL\t"
                              "0/1:9:20:10,10:0.5000:9,0,9",
                              NULL),
                 STATUS_OK);
    cr_assert_eq(gvcf_add(gvcf, &call, NULL), STATUS_OK);
    cr_assert_eq(gvcf_finish(gvcf, NULL), STATUS_OK);
    cr_assert_str_eq(got.bytes,
                     "c\t1\t.\tA\t<NON_REF>\t0\t.\tEND=1\tGT:GQ:MIN_DP:PL\t./.:0:0:0,0,0\n"
                     "c\t2\t.\tC\t<NON_REF>\t0\t.\tEND=2\tGT:GQ:MIN_DP:PL\t0/0:30:20:0,30,300\n"
                     "c\t3\t.\tGT\tG,<NON_REF>\t9.00\tPASS\tF\tGT:GQ:DP:AD:AF:PL\t"
                     "0/1:9:20:10,10,0:0.5000,0.0000:9,0,9,990,990,990\n"
                     "c\t5\t.\tA\t<NON_REF>\t0\t.\tEND=5\tGT:GQ:MIN_DP:PL\t./.:0:0:0,0,0\n"
                     "c\t6\t.\tC\t<NON_REF>\t0\t.\tEND=7\tGT:GQ:MIN_DP:PL\t0/0:40:20:0,40,400\n"
                     "c\t8\t.\tT\t<NON_REF>\t0\t.\tEND=8\tGT:GQ:MIN_DP:PL\t./.:0:0:0,0,0\n");
    gvcf_free(gvcf);
    call_free(&call);
    text_free(&got);
    free_contig(contig);
}
