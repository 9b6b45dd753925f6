/* SPDX-License-Identifier: MIT */
#include "adapters/regions.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *NAMES[] = {"chr1", "HLA:A*01:2", "chr1:5-6"};
static const int64_t LENGTHS[] = {1000000, 5000, 300};

static struct regions *none(void) {
    struct regions *regions = NULL;
    regions_new(&regions, NAMES, LENGTHS, 3, NULL);
    return regions;
}

struct text {
    char text[40];
    size_t contig;
    int64_t begin, end;
};

ParameterizedTestParameters(regions, texts) {
    static struct text texts[] = {
        {"chr1", 0, 0, 1000000},
        {"chr1:11-20", 0, 10, 20},
        {"chr1:1,001-2,000", 0, 1000, 2000},
        {"chr1:11", 0, 10, 1000000},
        {"chr1:11-", 0, 10, 1000000},
        {"chr1:999,999-2,000,000", 0, 999998, 1000000},
        {"HLA:A*01:2", 1, 0, 5000},
        {"HLA:A*01:2:3-4", 1, 2, 4},
        {"chr1:5-6", 2, 0, 300}, /* a contig of that name wins */
    };
    return cr_make_param_array(struct text, texts, sizeof texts / sizeof *texts);
}

ParameterizedTest(struct text *row, regions, texts) {
    struct regions *regions = none();
    struct failure why = {0};
    size_t count;
    cr_assert_eq(regions_add_texts(regions, row->text, &why), STATUS_OK, "%s", why.text);
    const struct interval *list = regions_of(regions, row->contig, &count);
    cr_assert_eq(count, 1, "%s", row->text);
    cr_expect_eq(list[0].begin, row->begin, "%s", row->text);
    cr_expect_eq(list[0].end, row->end, "%s", row->text);
    regions_free(regions);
}

struct wrong {
    char text[40];
};

ParameterizedTestParameters(regions, wrong_texts) {
    static struct wrong texts[] = {
        {"chr2"}, {"chr1:0-5"}, {"chr1:9-8"}, {"chr1:x"}, {"chr1:2000000-2000001"}, {"chr1:5-6-7"}};
    return cr_make_param_array(struct wrong, texts, sizeof texts / sizeof *texts);
}

ParameterizedTest(struct wrong *row, regions, wrong_texts) {
    struct regions *regions = none();
    struct failure why = {0};
    cr_expect_neq(regions_add_texts(regions, row->text, &why), STATUS_OK, "%s", row->text);
    cr_expect_not_null(strstr(why.text, row->text), "%s", why.text);
    regions_free(regions);
}

static int add_bed(struct regions *regions, const char *lines, struct failure *why) {
    char path[] = "/tmp/runnel-test-XXXXXX";
    int file = mkstemp(path);
    cr_assert_eq(write(file, lines, strlen(lines)), (ssize_t)strlen(lines));
    close(file);
    int status = regions_add_bed(regions, path, why);
    unlink(path);
    return status;
}

Test(regions, bed_is_sorted_and_looked_up) {
    struct regions *regions = none();
    struct failure why = {0};
    size_t count;
    cr_assert_eq(
        add_bed(regions,
                "# a comment\ntrack x\nchr1\t500\t600\tname\nchr1\t100\t900\n\nchr1 10 20\n", &why),
        STATUS_OK, "%s", why.text);
    const struct interval *list = regions_of(regions, 0, &count);
    cr_assert_eq(count, 3);
    cr_expect(list[0].begin == 10 && list[1].begin == 100 && list[2].begin == 500);
    for (int64_t at = 0; at < 1000; at++)
        cr_expect_eq(regions_include(regions, 0, at),
                     (at >= 10 && at < 20) || (at >= 100 && at < 900), "%lld", (long long)at);
    cr_expect_not(regions_include(regions, 1, 15));
    regions_free(regions);
}

Test(regions, bad_bed_lines_are_named) {
    const char *const lines[] = {"chr1\t5\n", "chr1\t9\t8\n", "chr1\t-1\t8\n", "chr1\t5\t6x\n",
                                 "chr9\t5\t6\n"};
    for (size_t i = 0; i < 5; i++) {
        struct regions *regions = none();
        struct failure why = {0};
        char text[64];
        snprintf(text, sizeof text, "#\n%s", lines[i]);
        cr_expect_neq(add_bed(regions, text, &why), STATUS_OK, "%s", lines[i]);
        cr_expect_not_null(strstr(why.text, ", line 2: "), "%s", why.text);
        regions_free(regions);
    }
}

Test(regions, texts_and_a_bed_file_together_give_what_both_have) {
    char path[] = "/tmp/runnel-test-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    fputs("chr1\t100\t200\nchr1\t300\t400\nHLA:A*01:2\t0\t10\n", file);
    fclose(file);
    struct regions *regions;
    struct failure why = {0};
    size_t count;
    cr_assert_eq(regions_read(&regions, NAMES, LENGTHS, 3, "chr1:151-350 chr1:391-500", path, &why),
                 STATUS_OK, "%s", why.text);
    const struct interval *list = regions_of(regions, 0, &count);
    cr_assert_eq(count, 3);
    cr_expect(list[0].begin == 150 && list[0].end == 200);
    cr_expect(list[1].begin == 300 && list[1].end == 350);
    cr_expect(list[2].begin == 390 && list[2].end == 400);
    regions_of(regions, 1, &count);
    cr_expect_eq(count, 0);
    regions_free(regions);
    cr_assert_eq(regions_read(&regions, NAMES, LENGTHS, 3, NULL, path, &why), STATUS_OK);
    regions_of(regions, 1, &count);
    cr_expect_eq(count, 1);
    regions_free(regions);
    cr_assert_eq(regions_read(&regions, NAMES, LENGTHS, 3, NULL, NULL, &why), STATUS_OK);
    cr_expect_null(regions);
    unlink(path);
}
