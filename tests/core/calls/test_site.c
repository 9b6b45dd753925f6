/* SPDX-License-Identifier: MIT */
#include "core/calls/site.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static int read_line(struct site *site, const char *line) {
    return site_read(site, line, strlen(line), NULL);
}

static void expect_letters(struct letters got, const char *wanted) {
    cr_expect(got.length == strlen(wanted) && memcmp(got.bytes, wanted, got.length) == 0,
              "wanted %s, got %.*s", wanted, (int)got.length, got.bytes);
}

Test(site, all_columns) {
    struct site site;
    cr_assert_eq(read_line(&site, "chr2\t14144\trs1\tT\tC,GA\t27.1\tPASS\tP\tGT:GQ:PS\t2|1:27:12454"
                                  "\t0/0:1:1\n"),
                 STATUS_OK);
    expect_letters(site.contig, "chr2");
    cr_expect_eq(site.position, 14144);
    expect_letters(site.id, "rs1");
    expect_letters(site.ref, "T");
    expect_letters(site_alt(&site, 1), "C");
    expect_letters(site_alt(&site, 2), "GA");
    cr_expect_null(site_alt(&site, 3).bytes);
    cr_expect(site.has_qual && site.qual == 27.1);
    cr_expect(site_passes(&site));
    cr_assert_eq(site.ploidy, 2);
    cr_expect(site.genotype[0] == 2 && site.genotype[1] == 1 && site.phased);
    cr_expect(site.has_phase_set && site.phase_set == 12454);
}

Test(site, of_several_samples_one) {
    const char *line = "c\t7\t.\tA\tC\t.\t.\t.\tGT:PS\t0|1:5\t1/1:.\t1|0:9";
    struct site site;
    cr_assert_eq(site_read_sample(&site, line, strlen(line), 1, NULL), STATUS_OK);
    cr_expect(site.genotype[0] == 1 && site.genotype[1] == 1 && !site.phased);
    cr_assert_eq(site_read_sample(&site, line, strlen(line), 2, NULL), STATUS_OK);
    cr_expect(site.genotype[0] == 1 && site.genotype[1] == 0 && site.phase_set == 9);
    cr_assert_eq(site_read_sample(&site, line, strlen(line), 3, NULL), STATUS_OK);
    cr_expect(!site.phased && !site.has_phase_set);
}

static const char *letters_of(void *source, int64_t begin, int64_t end, struct failure *why) {
    (void)end;
    (void)why;
    return (const char *)source + begin;
}

Test(site, another_reference_is_noticed) {
    static const struct {
        const char *line, *wanted; /* NULL: fits */
    } rows[] = {{"c\t1\t.\tA\tC", NULL},
                {"c\t2\t.\tC\tT", NULL}, /* soft-masked */
                {"c\t2\t.\tcg\tT", NULL},
                {"c\t4\t.\tT\tC", NULL}, /* N of the reference */
                {"c\t1\t.\tN\tC", NULL},
                {"c\t5\t.\tG\tC", NULL}, /* R, which may be one */
                {"c\t0\t.\tT\tC", NULL}, /* the telomere */
                {"c\t1\t.\t.\tC", NULL},
                {"c\t1\t.\tG\tC", "c:1: REF is G, the reference has A"},
                {"c\t1\t.\tACT\tC", "c:1: REF begins with ACT, the reference has AcG"},
                {"c\t6\t.\tTGG\tC", NULL}, /* its begin fits */
                {"c\t7\t.\tA\tC", "c:7: lies behind the contig's end at 6"}};
    const struct reference reference = {6, (void *)(uintptr_t) "AcGNRT", letters_of};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct site site;
        struct failure why = {0};
        cr_assert_eq(read_line(&site, rows[i].line), STATUS_OK);
        int status = site_check_reference(&site, &reference, &why);
        cr_expect_str_eq(why.text, rows[i].wanted ? rows[i].wanted : "", "%s", rows[i].line);
        cr_expect_eq(status == STATUS_OK, rows[i].wanted == NULL);
    }
}

Test(site, few_columns) {
    struct site site;
    cr_assert_eq(read_line(&site, "c\t7\t.\tA"), STATUS_OK);
    expect_letters(site.alt, ".");
    cr_expect(!site.has_qual && site_passes(&site) && site.ploidy == 0 && !site.has_phase_set);
}

Test(site, genotypes) {
    struct site site;
    static const struct {
        const char *text;
        size_t ploidy;
        int first, second;
    } rows[] = {{"1", 1, 1, 0},      {"./.", 2, -1, -1}, {"0/1", 2, 0, 1},
                {".|12", 2, -1, 12}, {"0/1/1", 0, 0, 0}, {".", 1, -1, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[64];
        snprintf(line, sizeof line, "c\t7\t.\tA\tC\t.\t.\t.\tGT\t%s", rows[i].text);
        cr_assert_eq(read_line(&site, line), STATUS_OK, "%s", line);
        cr_assert_eq(site.ploidy, rows[i].ploidy, "%s", line);
        cr_expect(site.ploidy < 1 || site.genotype[0] == rows[i].first, "%s", line);
        cr_expect(site.ploidy < 2 || site.genotype[1] == rows[i].second, "%s", line);
    }
}

Test(site, damaged_lines_are_refused) {
    static const char *const damaged[] = {"",
                                          "c",
                                          "c\tx\t.\tA\tC",
                                          "c\t-7\t.\tA\tC",
                                          "c\t7\t.\t\tC",
                                          "\t7\t.\tA\tC",
                                          "c\t7\t.\tA\tC\tbad\t.",
                                          "c\t7\t.\tA\tC\t.\t.\t.\tGT\t0/x",
                                          "c\t7\t.\tA\tC\t.\t.\t.\tGT\t0/"};
    struct site site;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        cr_expect_eq(read_line(&site, damaged[i]), STATUS_BAD_INPUT, "%s", damaged[i]);
}

Test(site, uncalled_form_of_a_known_site) {
    struct text out = {0};
    const char *full = "c\t7\trs\tACG\tC\t9\tq\tX\tGT:DP\t0/1:3\tmore\tand";
    site_append_uncalled(&out, full, strlen(full));
    cr_expect_str_eq(out.bytes, "c\t7\trs\tA\t.\t.\t.\t.\tGT\t./.\tmore\tand\n");
    text_clear(&out);
    site_append_uncalled(&out, "c\t7\trs\tA\n", 9);
    cr_expect_str_eq(out.bytes, "c\t7\trs\tA\t.\t.\t.\t.\tGT\t./.\n");
    text_free(&out);
}
