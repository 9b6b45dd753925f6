/* SPDX-License-Identifier: MIT
 *
 * What a call writes of its phased SNPs; beside WhatsHap and the truth in tests/plugin/phasing.sh.
 */
#include "tests/plugin/stages/calls.h"

static const char *text(const struct letters *letters) {
    static char copy[64];
    snprintf(copy, sizeof copy, "%.*s", (int)letters->length, letters->bytes);
    return copy;
}

/* Records of heterozygous SNPs, ascending; a set is named by its first SNP, and sets of a contig do
 * not overlap. */
Test(phase_stage, records) {
    struct scratch scratch = scratch_new();
    run_call(&scratch, "-o out.vcf --write-phased phased.vcf.gz");
    struct vcf_reader *reader = open_vcf(&scratch, "phased.vcf.gz");
    struct site site;
    struct letters line;
    char contig[64] = "";
    int64_t position = 0, set = 0;
    size_t records = 0, sets = 0, second = 0;
    while (next_site(reader, &site, &line)) {
        if (strcmp(contig, text(&site.contig)) != 0) {
            snprintf(contig, sizeof contig, "%s", text(&site.contig));
            position = set = 0;
        }
        cr_expect(site.ref.length == 1 && site.alt.length == 1 && site.phased && site.ploidy == 2);
        cr_expect_eq(site.genotype[0] + site.genotype[1], 1);
        cr_expect(site_passes(&site) && site.has_qual && site.has_phase_set);
        cr_expect_gt(site.position, position);
        cr_expect(site.phase_set == set || site.phase_set == site.position);
        sets += site.phase_set == site.position;
        second += site.genotype[0] == 1;
        position = site.position;
        set = site.phase_set;
        records++;
    }
    cr_expect(records > 200 && sets > 2 && sets < records / 10, "%zu in %zu", records, sets);
    cr_expect(second > records / 4 && second < records - records / 4, "%zu of %zu", second,
              records);
    vcf_reader_free(reader);
    scratch_free(&scratch);
}
