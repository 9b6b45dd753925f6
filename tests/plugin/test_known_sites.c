/* SPDX-License-Identifier: MIT */
#include "plugin/known_sites.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static int read_text(struct known_sites *sites, const char *text, struct failure *why) {
    static char *names[] = {"one", "two"};
    static int64_t lengths[] = {1000, 1000};
    const struct stream_contigs contigs = {2, names, lengths};
    char path[] = "/tmp/runnel-test-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    fputs("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n", file);
    fputs(text, file);
    fclose(file);
    int status = known_sites_read(sites, path, &contigs, NULL, why);
    unlink(path);
    return status;
}

Test(known_sites, are_sorted_and_the_last_line_of_a_position_stands) {
    struct known_sites sites = {0};
    struct failure why = {0};
    cr_assert_eq(read_text(&sites,
                           "two\t9\ta\tA\tC\t.\t.\t.\none\t50\tb\tA\tC\t.\t.\t.\n"
                           "one\t7\tc\tA\tC\t.\t.\t.\none\t50\td\tA\tG\t.\t.\t.\n",
                           &why),
                 STATUS_OK, "%s", why.text);
    cr_assert_eq(sites.contigs[0].count, 2);
    cr_expect_eq(sites.contigs[0].positions[0], 7);
    cr_expect_eq(sites.contigs[0].positions[1], 50);
    const struct known_line *line = &sites.contigs[0].lines[1];
    cr_expect_arr_eq(sites.lines.bytes + line->begin, "one\t50\td", 8);
    cr_assert_eq(sites.contigs[1].count, 1);
    cr_expect_eq(sites.contigs[1].positions[0], 9);
    known_sites_free(&sites);
}

Test(known_sites, a_contig_that_the_reads_do_not_know_is_refused) {
    struct known_sites sites = {0};
    struct failure why = {0};
    cr_expect_eq(read_text(&sites, "three\t9\ta\tA\tC\t.\t.\t.\n", &why), STATUS_BAD_INPUT);
    cr_expect(strstr(why.text, "three"), "%s", why.text);
    known_sites_free(&sites);
}
