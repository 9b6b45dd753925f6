/* SPDX-License-Identifier: MIT */
#include "plugin/host/site_list.h"

#include "tests/plugin/host/window_commands.h"

TestSuite(site_list, .init = make_scratch, .fini = remove_scratch);

static int read_list(struct site_list *list, const char *path, struct failure *why) {
    struct alignments *alignments;
    *list = (struct site_list){0};
    cr_assert_eq(alignments_open(&alignments, TINY_BAM, NULL, why), STATUS_OK);
    int status = site_list_read(list, path, alignments, why);
    alignments_close(alignments);
    return status;
}

static const char *write_sites(const char *text) {
    FILE *file = fopen(in_scratch("sites"), "wb");
    fputs(text, file);
    fclose(file);
    return in_scratch("sites");
}

Test(site_list, lines_are_sorted_and_each_counts_once) {
    struct site_list list;
    struct failure why = {0};
    cr_assert_eq(read_list(&list,
                           write_sites("# sites\nchrS3\t9\nchrS1\t4\tmore\nchrS3\t2\n\n"
                                       "chrS3\t9\nchrS3\t1500"),
                           &why),
                 STATUS_OK, "%s", why.text);
    cr_assert_eq(list.contigs[0].count, 1);
    cr_assert_eq(list.contigs[0].positions[0], 3);
    cr_assert_eq(list.contigs[1].count, 0);
    cr_assert_eq(list.contigs[2].count, 3);
    cr_assert(list.contigs[2].positions[0] == 1 && list.contigs[2].positions[2] == 1499);
    site_list_free(&list);
}

Test(site_list, vcf) {
    struct site_list list;
    struct failure why = {0};
    cr_assert_eq(read_list(&list, DATA "vcf/known_sites.vcf", &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(list.contigs[1].positions[0], 11);
    cr_assert_gt(list.contigs[1].count, 20);
    site_list_free(&list);
}

static void expect_failure(const char *text, const char *piece) {
    struct site_list list;
    struct failure why = {0};
    cr_assert_lt(read_list(&list, write_sites(text), &why), 0);
    cr_assert_not_null(strstr(why.text, piece), "%s", why.text);
    cr_assert_not_null(strstr(why.text, "line 2"), "%s", why.text);
    site_list_free(&list);
}

Test(site_list, bad_lines) {
    expect_failure("chrS3\t1\nchrX\t5\n", "no contig 'chrX'");
    expect_failure("chrS3\t1\nchrS3\t1501\n", "no position");
    expect_failure("chrS3\t1\nchrS3\t0\n", "no position");
    expect_failure("chrS3\t1\nchrS3\tfive\n", "no position");
    expect_failure("chrS3\t1\nchrS3 5\n", "not contig, tab, position");
}

Test(site_list, no_such_file) {
    struct site_list list;
    struct failure why = {0};
    cr_assert_eq(read_list(&list, "/nowhere/sites", &why), STATUS_IO);
    site_list_free(&list);
}
