/* SPDX-License-Identifier: MIT
 *
 * Our own gVCF of whole runs: every base once, every variant of the VCF in it.  The original's text
 * is compared in tests/plugin/host/test_call_line.c. */
#include "tests/plugin/stages/calls.h"

static const struct contig {
    const char *name;
    int64_t length;
} CONTIGS[] = {{"chr21", 30000}, {"chr20", 90000}, {"scaffold_1", 9000}, {"chr2", 15000}};
enum { CONTIG_COUNT = 4 };

static bool is(const struct letters *letters, const char *text) {
    return letters->length == strlen(text) && memcmp(letters->bytes, text, letters->length) == 0;
}

/* The number behind END=; 0 where there is none. */
static int64_t end_of(const struct letters *line) {
    const char *end = find_text(line, "\tEND=");
    return end ? strtoll(end + 5, NULL, 10) : 0;
}

/* Walks over the gVCF: each block begins where the one before ends, variants leave no hole.
 * `only` names the one contig that is in it; NULL: all are.  Returns the bases in known blocks. */
static int64_t check_cover(const struct scratch *scratch, const char *only, size_t *variants) {
    struct vcf_reader *reader = open_vcf(scratch, "out.g.vcf.gz");
    struct site site;
    struct letters line;
    int64_t next = 1, known = 0;
    size_t contig = only ? 1 : 0, last = only ? 1 : CONTIG_COUNT - 1;
    *variants = 0;
    while (next_site(reader, &site, &line)) {
        if (!is(&site.contig, CONTIGS[contig].name)) {
            cr_expect_eq(next, CONTIGS[contig].length + 1, "%s", CONTIGS[contig].name);
            next = 1;
            contig++;
            cr_assert(contig <= last && is(&site.contig, CONTIGS[contig].name));
        }
        if (is(&site.alt, "<NON_REF>")) {
            cr_assert_eq(site.position, next, "block at %.*s", (int)line.length, line.bytes);
            next = end_of(&line) + 1;
            cr_assert_gt(next, site.position);
            known += site.genotype[0] == 0 ? next - site.position : 0;
        } else {
            int64_t end = site.position + (int64_t)site.ref.length;
            cr_assert_leq(site.position, next, "%.*s", (int)line.length, line.bytes);
            next = end > next ? end : next;
            ++*variants;
        }
    }
    cr_expect_eq(next, CONTIGS[contig].length + 1);
    cr_expect_eq(contig, last);
    vcf_reader_free(reader);
    return known;
}

/* Counts the VCF's records, each of which the gVCF must hold with <NON_REF> behind. */
static size_t check_variants(const struct scratch *scratch) {
    struct vcf_reader *reader = open_vcf(scratch, "out.vcf");
    struct vcf_reader *all = open_vcf(scratch, "out.g.vcf.gz");
    struct site site, other;
    struct letters line, other_line;
    size_t count = 0;
    for (; next_site(reader, &site, &line); count++) {
        do
            cr_assert(next_site(all, &other, &other_line), "lost: %.*s", (int)line.length,
                      line.bytes);
        while (other.position != site.position || is(&other.alt, "<NON_REF>") ||
               other.contig.length != site.contig.length ||
               memcmp(other.contig.bytes, site.contig.bytes, site.contig.length) != 0);
        size_t length = site.alt.length;
        cr_expect(other.alt.length == length + strlen(",<NON_REF>") &&
                  memcmp(other.alt.bytes, site.alt.bytes, length) == 0);
        cr_expect(find_text(&line, ":PL") != NULL);
    }
    vcf_reader_free(reader);
    vcf_reader_free(all);
    return count;
}

static int64_t check_run(const char *options, const char *only, size_t least) {
    char all[256];
    size_t in_gvcf;
    struct scratch scratch = scratch_new();
    write_text(&scratch, "haploid.bed",
               "chr20\t10000\t30000\nchr20\t20000\t40000\nchr2\t0\t15000\n");
    snprintf(all, sizeof all, "-o out.vcf --gvcf out.g.vcf.gz %s", options);
    run_call(&scratch, all);
    int64_t known = check_cover(&scratch, only, &in_gvcf);
    size_t in_vcf = check_variants(&scratch);
    cr_expect_geq(in_vcf, least);
    cr_expect_eq(in_gvcf, in_vcf);
    scratch_free(&scratch);
    return known;
}

Test(gvcf_stage, all_contigs) {
    cr_expect_gt(check_run("", NULL, 700), 100000);
}

Test(gvcf_stage, a_region_leaves_the_rest_of_its_contig_unknown) {
    int64_t known = check_run("-r chr20:10,001-20,000", "chr20", 30);
    cr_expect(known > 8000 && known <= 10000, "%lld", (long long)known);
}

Test(gvcf_stage, pileup_alone) {
    check_run("--pileup-only --haploid-af 0.65", NULL, 200);
}

Test(gvcf_stage, haploid_regions_have_haploid_blocks) {
    struct scratch scratch = scratch_new();
    struct site site;
    struct letters line;
    size_t variants, haploid = 0;
    write_text(&scratch, "some.bed", "chr20\t10000\t30000\nchr20\t20000\t40000\n");
    run_call(&scratch, "-o out.vcf --gvcf out.g.vcf.gz --haploid-regions some.bed");
    check_cover(&scratch, NULL, &variants);
    cr_expect_eq(variants, check_variants(&scratch));
    struct vcf_reader *reader = open_vcf(&scratch, "out.g.vcf.gz");
    while (next_site(reader, &site, &line)) {
        bool inside = is(&site.contig, "chr20") && site.position > 10000 && site.position <= 40000;
        cr_expect_eq(site.ploidy, inside ? 1 : 2, "%.*s", (int)line.length, line.bytes);
        haploid += inside;
    }
    cr_expect_gt(haploid, 100);
    vcf_reader_free(reader);
    scratch_free(&scratch);
}

Test(gvcf_stage, contigs_without_calls_are_covered_too) {
    check_run("-r chr21:1-2,chr20:1-2,scaffold_1:1-2,chr2:1-2", NULL, 0);
}
