/* SPDX-License-Identifier: MIT
 *
 * Targets from BED files: joined, counted, looked up. */
#include "plugin/targets.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char *names[] = {"a", "b"};
static int64_t lengths[] = {1000, 500};
static const struct stream_contigs CONTIGS = {2, names, lengths};

static int read_bed(struct targets *targets, const char *text, struct failure *why) {
    char path[] = "/tmp/runnel-targets-XXXXXX";
    int file = mkstemp(path);
    cr_assert(write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
    int status = targets_read(targets, path, &CONTIGS, why);
    unlink(path);
    return status;
}

Test(targets, joined_and_found) {
    struct targets targets = {0};
    struct failure why = {0};
    cr_assert_eq(read_bed(&targets,
                          "b\t10\t20\na\t100\t200\na\t150\t180\na\t200\t210\na\t400\t401\n"
                          "a\t300\t300\n",
                          &why),
                 STATUS_OK, "%s", why.text);
    cr_expect(targets.count == 3 && targets.columns == 121);
    cr_expect(targets.contigs[0].list[0].begin == 100 && targets.contigs[0].list[0].end == 210);
    cr_expect_eq(targets_find(&targets, 0, 99), SIZE_MAX);
    cr_expect_eq(targets_find(&targets, 0, 100), 0);
    cr_expect_eq(targets_find(&targets, 0, 209), 0);
    cr_expect_eq(targets_find(&targets, 0, 210), SIZE_MAX);
    cr_expect_eq(targets_find(&targets, 0, 400), 1);
    cr_expect_eq(targets_find(&targets, 1, 401), SIZE_MAX);
    targets_drop(&targets, 0);
    cr_expect(targets.count == 1 && targets.columns == 10);
    cr_expect_not(targets_near(&targets, 0, 0, 1000));
    targets_free(&targets);
}

Test(targets, near_reaches_as_far_as_the_margin) {
    struct targets targets = {0};
    struct failure why = {0};
    cr_assert_eq(read_bed(&targets, "a\t400\t410\n", &why), STATUS_OK);
    cr_expect_not(targets_near(&targets, 0, 0, 400 - TARGET_MARGIN));
    cr_expect(targets_near(&targets, 0, 0, 401 - TARGET_MARGIN));
    cr_expect(targets_near(&targets, 0, 409 + TARGET_MARGIN, 900));
    cr_expect_not(targets_near(&targets, 0, 410 + TARGET_MARGIN, 900));
    cr_expect_not(targets_near(&targets, 1, 400, 410));
    targets_free(&targets);
}

Test(targets, whole_contigs_or_none) {
    struct targets targets = {0};
    struct failure why = {0};
    cr_assert_eq(targets_read(&targets, NULL, &CONTIGS, &why), STATUS_OK);
    cr_expect(targets.count == 2 && targets.columns == 1500);
    targets_free(&targets);
    cr_expect_neq(read_bed(&targets, "a\t5\t5\n", &why), STATUS_OK);
    cr_expect_not_null(strstr(why.text, "holds no target"), "%s", why.text);
    targets_free(&targets);
}
