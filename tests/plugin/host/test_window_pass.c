/* SPDX-License-Identifier: MIT
 *
 * One pass for both kinds; what it draws is compared in test_windows.c. */
#include "plugin/host/window_pass.h"

#include "tests/plugin/host/window_commands.h"

TestSuite(window_pass, .init = make_scratch, .fini = remove_scratch);

struct seen {
    int pileup, full;
    int64_t last_pileup, last_full;
    uint32_t depth;
};

static int see_pileup(void *with, const char *contig, const struct pileup_window *w,
                      struct failure *why) {
    struct seen *seen = with;
    (void)contig, (void)why;
    seen->pileup++;
    seen->last_pileup = w->position;
    return STATUS_OK;
}

static int see_full(void *with, const char *contig, const struct full_window *w,
                    struct failure *why) {
    struct seen *seen = with;
    (void)contig, (void)why;
    seen->full++;
    seen->last_full = w->position;
    seen->depth = w->depth;
    return STATUS_OK;
}

static struct window_pass pass_over(struct seen *seen, const char *sites) {
    return (struct window_pass){
        .reference_path = FASTA,
        .alignments_path = TINY_BAM,
        .platform = "ont",
        .pileup_options = pileup_options_default,
        .full_options = full_options_default,
        .sites_path = sites,
        .on_pileup = see_pileup,
        .on_full = see_full,
        .with = seen,
    };
}

Test(window_pass, full_at_every_candidate) {
    struct seen seen = {0};
    struct failure why = {0};
    struct window_pass pass = pass_over(&seen, NULL);
    cr_assert_eq(window_pass_open(&pass, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(window_pass_all(&pass, &why), STATUS_OK, "%s", why.text);
    cr_assert_gt(seen.pileup, 0);
    cr_assert_eq(seen.full, seen.pileup);
    cr_assert_eq(seen.last_full, seen.last_pileup);
    window_pass_close(&pass);
}

/* Contigs without reads, before and behind those with reads, have their sites drawn too. */
Test(window_pass, sites_where_no_read_is) {
    struct seen seen = {0};
    struct failure why = {0};
    FILE *file = fopen(in_scratch("sites"), "wb");
    fputs("chrS2\t100\nchrS1\t5\nchrS1\t600\nchrS3\t700\n", file);
    fclose(file);
    struct window_pass pass = pass_over(&seen, in_scratch("sites"));
    cr_assert_eq(window_pass_open(&pass, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(window_pass_all(&pass, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(seen.full, 4);
    cr_assert_eq(seen.last_full, 699);
    cr_assert_gt(seen.depth, 0);
    window_pass_close(&pass);
}

Test(window_pass, one_site_equals_the_whole) {
    struct seen whole = {0}, one = {0};
    struct failure why = {0};
    struct window_pass pass = pass_over(&whole, NULL);
    cr_assert_eq(window_pass_open(&pass, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(window_pass_all(&pass, &why), STATUS_OK, "%s", why.text);
    window_pass_close(&pass);
    pass = pass_over(&one, NULL);
    cr_assert_eq(window_pass_open(&pass, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(window_pass_site(&pass, 2, whole.last_pileup, &why), STATUS_OK, "%s", why.text);
    cr_assert(one.pileup == 1 && one.full == 1);
    cr_assert_eq(one.depth, whole.depth);
    window_pass_close(&pass);
}

/* Reads without a read group, and nobody says what they are. */
Test(window_pass, the_platform_must_be_known) {
    struct seen seen = {0};
    struct failure why = {0};
    struct window_pass pass = pass_over(&seen, NULL);
    pass.platform = NULL;
    cr_assert_lt(window_pass_open(&pass, &why), 0);
    cr_expect(strstr(why.text, "which platform"), "%s", why.text);
    window_pass_close(&pass);
}

Test(window_pass, what_cannot_be_opened) {
    struct seen seen = {0};
    struct failure why = {0};
    struct window_pass pass = pass_over(&seen, "/nowhere/sites");
    cr_assert_lt(window_pass_open(&pass, &why), 0);
    window_pass_close(&pass);
}
