/* SPDX-License-Identifier: MIT
 *
 * The original's header, but for the two lines that name the program. */
#include "core/calls/header.h"

#include "tests/core/calls/golden.h"

static void check(const char *file, bool non_ref) {
    static const struct header_contig contigs[] = {
        {"chr21", 30000}, {"chr20", 90000}, {"scaffold_1", 9000}, {"chr2", 15000}};
    static const char *const lines[] = {"##clair3_version=2.0.2"};
    struct header header = {.source = "Clair3",
                            .line_count = 1,
                            .lines = lines,
                            .contig_count = 4,
                            .contigs = contigs,
                            .sample = "SAMPLE",
                            .non_ref = non_ref};
    struct text got = {0}, wanted = {0};
    struct lines golden = golden_lines(TEST_DATA "/calls/runs/ont_gvcf_all_contigs/%s", file);
    for (size_t i = 0; i < golden.count && golden.line[i][0] == '#'; i++) {
        text_append_string(&wanted, golden.line[i]);
        text_append_char(&wanted, '\n');
    }
    header_append(&got, &header);
    cr_assert_str_eq(got.bytes, wanted.bytes);
    text_free(&got);
    text_free(&wanted);
    golden_free(&golden);
}

Test(header, as_the_original) {
    check("merge_output.vcf.gz", false);
}

Test(header, of_a_gvcf) {
    check("merge_output.gvcf.gz", true);
}
