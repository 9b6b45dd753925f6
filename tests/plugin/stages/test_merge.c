/* SPDX-License-Identifier: MIT
 *
 * Haploid rules in whole runs.  What the merge does with two networks' calls is compared in
 * tests/plugin/host/test_call_line.c, the rules themselves in tests/core/calls/test_haploid.c. */
#include "tests/plugin/stages/calls.h"

/* Records of each ploidy, inside chr20:10001-40000 and elsewhere. */
struct ploidies {
    size_t inside[3], outside[3];
};

static struct ploidies count_ploidies(const char *options) {
    char all[256];
    struct ploidies counts = {{0}, {0}};
    struct scratch scratch = scratch_new();
    struct site site;
    struct letters line;
    write_text(&scratch, "some.bed", "chr20\t10000\t40000\n");
    snprintf(all, sizeof all, "--pileup-only -o out.vcf %s", options);
    run_call(&scratch, all);
    struct vcf_reader *reader = open_vcf(&scratch, "out.vcf");
    while (next_site(reader, &site, &line)) {
        bool inside = site.contig.length == 5 && memcmp(site.contig.bytes, "chr20", 5) == 0 &&
                      site.position > 10000 && site.position <= 40000;
        ++(inside ? counts.inside : counts.outside)[site.ploidy];
    }
    vcf_reader_free(reader);
    scratch_free(&scratch);
    return counts;
}

Test(merge_stage, haploid_rules_from_strict_to_lenient) {
    struct ploidies diploid = count_ploidies(""), precise = count_ploidies("--haploid-precise"),
                    most = count_ploidies("--haploid-af 0.65"),
                    all = count_ploidies("--haploid-af=0.01");
    cr_expect_eq(diploid.inside[1] + diploid.outside[1], 0);
    cr_expect_eq(precise.inside[2] + precise.outside[2], 0);
    cr_expect_eq(most.inside[2] + most.outside[2], 0);
    cr_expect_gt(precise.outside[1], 50);
    cr_expect_gt(most.outside[1], precise.outside[1]);
    cr_expect_gt(all.outside[1], most.outside[1]);
    cr_expect_leq(all.outside[1], diploid.outside[2]);
}

Test(merge_stage, haploid_regions_change_nothing_elsewhere) {
    struct ploidies diploid = count_ploidies(""), everywhere = count_ploidies("--haploid-af 0.65"),
                    regions = count_ploidies("--haploid-regions some.bed"),
                    precise = count_ploidies("--haploid-regions some.bed --haploid-precise");
    cr_expect_eq(regions.inside[2], 0);
    cr_expect_eq(regions.inside[1], everywhere.inside[1]);
    cr_expect_eq(regions.outside[2], diploid.outside[2]);
    cr_expect_eq(regions.outside[1], 0);
    cr_expect_lt(precise.inside[1], regions.inside[1]);
}

Test(merge_stage, rules_exclude_each_other) {
    cr_expect_neq(system(BUILD_DIR "/runnel call -q --haploid-af 0.7 --haploid-precise -p ont "
                                   "-o /dev/null " INPUTS "/ref.fa " INPUTS
                                   "/reads.bam 2> /dev/null"),
                  0);
}
