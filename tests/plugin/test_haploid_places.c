/* SPDX-License-Identifier: MIT */
#include "plugin/haploid_places.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static char *names[] = {"one", "two"};
static int64_t lengths[] = {1000, 1000};
static const struct stream_contigs contigs = {2, names, lengths};

Test(haploid_places, overlapping_regions_become_one) {
    struct haploid_places places = {0};
    struct failure why = {0};
    char path[] = "/tmp/runnel-test-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    fputs("one\t100\t200\none\t10\t20\none\t150\t300\none\t160\t170\n", file);
    fclose(file);
    const struct haploid rule = {.rule = HAPLOID_PRECISE};
    cr_assert_eq(haploid_places_read(&places, &rule, path, &contigs, &why), STATUS_OK, "%s",
                 why.text);
    unlink(path);
    const struct haploid *one = haploid_places_on(&places, 0);
    cr_expect_eq(one->region_count, 2);
    cr_expect_eq(one->rule, HAPLOID_PRECISE);
    cr_expect(!haploid_at(one, 10) && haploid_at(one, 11) && haploid_at(one, 20));
    cr_expect(!haploid_at(one, 21) && haploid_at(one, 250) && !haploid_at(one, 301));
    cr_expect(!haploid_at(haploid_places_on(&places, 1), 15));
    haploid_places_free(&places);
}

Test(haploid_places, everywhere_without_a_file_and_nowhere_unread) {
    struct haploid_places places = {0};
    cr_expect_null(haploid_places_on(&places, 0));
    const struct haploid rule = {.rule = HAPLOID_FRACTION, .lowest_fraction = 0.5};
    cr_assert_eq(haploid_places_read(&places, &rule, NULL, &contigs, NULL), STATUS_OK);
    cr_expect(haploid_at(haploid_places_on(&places, 1), 999));
    haploid_places_free(&places);
}
