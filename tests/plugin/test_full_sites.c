/* SPDX-License-Identifier: MIT
 *
 * Sites of a file and of a flow.  Spools are read in tests/plugin/host/test_call_line.c. */
#include "plugin/full_sites.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static char *NAMES[] = {"chr1", "chr2"};
static int64_t LENGTHS[] = {1000, 1000};
static const struct stream_contigs CONTIGS = {2, NAMES, LENGTHS};

static void expect_next(const struct full_sites *sites, int64_t contig, int64_t position) {
    struct place next = full_sites_next(sites);
    cr_expect(next.contig == contig && next.position == position, "%lld:%lld, not %lld:%lld",
              (long long)next.contig, (long long)next.position, (long long)contig,
              (long long)position);
}

Test(full_sites, a_flow_knows_what_came_and_what_was_promised) {
    struct full_sites *sites;
    struct place site;
    struct failure why = {0};
    cr_assert_eq(full_sites_of_flow(&sites, &CONTIGS, &why), STATUS_OK);
    cr_expect_not(full_sites_peek(sites, &site));
    expect_next(sites, 0, 0);
    for (int64_t i = 0; i < 500; i++) { /* more are added than taken, then all are */
        cr_assert_eq(full_sites_add(sites, (struct place){i / 250, i % 250}, &why), STATUS_OK);
        if (i % 3 == 0)
            cr_assert_eq(full_sites_take(sites, &why), STATUS_OK);
    }
    full_sites_promise(sites, (struct place){1, 300});
    full_sites_promise(sites, (struct place){1, 280});
    for (int64_t i = 167; i < 500; i++) {
        cr_assert(full_sites_peek(sites, &site));
        cr_expect(site.contig == i / 250 && site.position == i % 250);
        expect_next(sites, site.contig, site.position);
        cr_assert_eq(full_sites_take(sites, &why), STATUS_OK);
    }
    cr_expect_not(full_sites_peek(sites, &site));
    expect_next(sites, 1, 300);
    cr_expect_eq(full_sites_add(sites, (struct place){0, 999}, &why), STATUS_BAD_INPUT);
    cr_expect_str_eq(why.text,
                     "chr1:1000 stands after a later site; sort the sites in the order of "
                     "the reads' contigs");
    full_sites_free(sites);
}

Test(full_sites, a_file_tells_the_end) {
    char path[] = "/tmp/runnel-test-XXXXXX";
    int file = mkstemp(path);
    static const char TEXT[] = "##fileformat=VCFv4.2\nchr1\t7\t.\tA\t.\nchr2\t5\t.\tA\t.\n";
    cr_assert_eq(write(file, TEXT, sizeof TEXT - 1), sizeof TEXT - 1);
    close(file);
    struct full_sites *sites;
    struct place site;
    struct failure why = {0};
    cr_assert_eq(full_sites_of_file(&sites, path, &CONTIGS, NULL, &why), STATUS_OK, "%s", why.text);
    expect_next(sites, 0, 6);
    cr_assert_eq(full_sites_take(sites, &why), STATUS_OK, "%s", why.text);
    expect_next(sites, 1, 4);
    cr_assert_eq(full_sites_take(sites, &why), STATUS_OK, "%s", why.text);
    cr_expect_not(full_sites_peek(sites, &site));
    expect_next(sites, INT64_MAX, 0);
    full_sites_free(sites);
    unlink(path);
}
