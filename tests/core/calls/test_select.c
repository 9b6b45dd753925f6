/* SPDX-License-Identifier: MIT
 *
 * Cut-offs and candidates of every golden run, from its pileup calls. */
#include "core/calls/select.h"

#include "core/calls/presets.h"
#include "tests/core/calls/runs.h"
#include <math.h>

static struct select_counts *new_counts(void) {
    return calloc(1, sizeof(struct select_counts));
}

static struct cutoffs cutoffs_of(const struct run *run, const struct calls *pileup) {
    char platform[256], text[256];
    cr_assert(run_text(run, "platform", platform));
    struct select_fractions fractions = preset_of(platform)->fractions;
    fractions.variants = run_number(run, "var_pct_full", fractions.variants);
    fractions.references = run_number(run, "ref_pct_full", fractions.references);
    fractions.phasing = run_number(run, "var_pct_phasing", fractions.phasing);
    struct select_counts *counts = new_counts();
    for (size_t i = 0; i < pileup->count; i++)
        select_count(counts, &pileup->call[i]);
    struct cutoffs cutoffs = select_cutoffs(counts, &fractions);
    cr_expect_eq(cutoffs.variant, run_number(run, "variant_cutoff", -1), "%s", run->name);
    cr_expect_eq(cutoffs.reference, run_number(run, "reference_cutoff", -1), "%s", run->name);
    if (run_text(run, "phasing_cutoff", text))
        cr_expect_eq(cutoffs.phasing, strtod(text, NULL), "%s", run->name);
    free(counts);
    return cutoffs;
}

static const struct call *find(const struct calls *calls, const struct call *wanted) {
    for (size_t i = 0; i < calls->count; i++)
        if (calls->call[i].position == wanted->position &&
            strcmp(calls->call[i].contig, wanted->contig) == 0)
            return &calls->call[i];
    return NULL;
}

/* In these runs every site chosen gave a line, so the two sets are equal. */
static void check_candidates(const struct run *run) {
    struct calls pileup = run_calls(run, "pileup.vcf.gz");
    struct calls full = run_calls(run, "full_alignment.vcf.gz");
    struct cutoffs cutoffs = cutoffs_of(run, &pileup);
    size_t chosen = 0;
    for (size_t i = 0; i < pileup.count; i++) {
        bool wanted = select_for_full(&cutoffs, &pileup.call[i]);
        chosen += wanted;
        cr_expect_eq(wanted, find(&full, &pileup.call[i]) != NULL, "%s: %s:%lld", run->name,
                     pileup.call[i].contig, (long long)pileup.call[i].position);
    }
    cr_expect_eq(chosen, full.count, "%s", run->name);
    calls_free(&pileup);
    calls_free(&full);
}

Test(select, candidates_of_all_runs) {
    for (size_t i = 0; i < RUN_COUNT; i++) {
        struct run run = run_open(run_names[i]);
        check_candidates(&run);
        run_close(&run);
    }
}

Test(select, tiny_fractions_choose_nothing) {
    struct run run = run_open("ont_no_candidates");
    struct calls pileup = run_calls(&run, "pileup.vcf.gz");
    struct cutoffs cutoffs = cutoffs_of(&run, &pileup);
    for (size_t i = 0; i < pileup.count; i++)
        cr_expect(!select_for_full(&cutoffs, &pileup.call[i]));
    calls_free(&pileup);
    run_close(&run);
}

/* The SNPs that were phased are the ones with a record in the phased files. */
static void check_phasing(const char *name, const char *const *contigs, size_t count) {
    struct run run = run_open(name);
    struct calls pileup = run_calls(&run, "pileup.vcf.gz");
    struct cutoffs cutoffs = cutoffs_of(&run, &pileup);
    for (size_t c = 0; c < count; c++) {
        struct lines phased =
            golden_lines(RUNS_FOLDER "/%s/phased/phased_%s.vcf.gz", name, contigs[c]);
        size_t at = 0;
        while (at < phased.count && phased.line[at][0] == '#')
            at++;
        for (size_t i = 0; i < pileup.count; i++) {
            if (strcmp(pileup.call[i].contig, contigs[c]) != 0 ||
                !select_for_phasing(&cutoffs, &pileup.call[i]))
                continue;
            char *position = strchr(phased.line[at++], '\t') + 1;
            cr_expect_eq(strtoll(position, NULL, 10), pileup.call[i].position);
        }
        cr_expect_eq(at, phased.count);
        golden_free(&phased);
    }
    calls_free(&pileup);
    run_close(&run);
}

Test(select, snps_that_phase) {
    static const char *const ont[] = {"chr2", "chr20", "chr21"};
    check_phasing("ont_default", ont, 3);
    static const char *const hifi[] = {"chr6", "chr20"};
    check_phasing("hifi_default", hifi, 2);
}

/* Counts of ten parts, written, concatenated and read, are those of the whole. */
Test(select, parts_join_to_the_whole) {
    struct run run = run_open("ont_default");
    struct calls pileup = run_calls(&run, "pileup.vcf.gz");
    struct select_counts *whole = new_counts(), *joined = new_counts();
    struct text text = {0};
    struct failure why = {0};
    for (size_t part = 0; part < 10; part++) {
        struct select_counts *counts = new_counts();
        for (size_t i = pileup.count * part / 10; i < pileup.count * (part + 1) / 10; i++) {
            select_count(counts, &pileup.call[i]);
            select_count(whole, &pileup.call[i]);
        }
        select_append_counts(&text, counts);
        free(counts);
    }
    cr_assert_eq(select_read_counts(joined, text.bytes, text.length, &why), 0, "%s", why.text);
    cr_assert_eq(memcmp(joined, whole, sizeof *whole), 0);
    cr_assert_eq(whole->total[SELECT_VARIANTS] + whole->total[SELECT_REFERENCES], 2599);
    text_free(&text);
    free(whole);
    free(joined);
    calls_free(&pileup);
    run_close(&run);
}

Test(select, damaged_counts_are_refused) {
#define FIRST     "#runnel pileup qualities 1\n"
#define LAST(all) "#total " all " 0 0\n"
    static const char *const damaged[] = {"variant 1.00 1\n",
                                          FIRST "variant 1.0 1\n",
                                          FIRST "variant 1.00\n",
                                          FIRST "odd 1.00 1\n",
                                          FIRST "variant 1.00 1x\n",
                                          FIRST "variant 999.00 1\n",
                                          FIRST "variant -1.00 1\n",
                                          FIRST "\n",
                                          FIRST "variant",
                                          FIRST "variant 1.00 1 \n",
                                          FIRST "variant 1.00 1\n",
                                          FIRST "variant 1.00 1\n" LAST("2"),
                                          FIRST "#total 0 0\n",
                                          FIRST FIRST LAST("0"),
                                          FIRST LAST("0") "variant 1.00 1\n"};
    struct select_counts *counts = new_counts();
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        cr_expect_eq(select_read_counts(counts, damaged[i], strlen(damaged[i]), NULL),
                     STATUS_BAD_INPUT, "%s", damaged[i]);
    cr_expect_eq(select_read_counts(counts, FIRST LAST("0"), strlen(FIRST LAST("0")), NULL),
                 STATUS_OK);
    free(counts);
}

/* Cut anywhere, a text of two parts is refused, but between them, where it is one part. */
Test(select, counts_that_are_cut_short_are_refused) {
    static const char part[] = FIRST "variant 1.00 7\nvariant 2.00 3\n" LAST("10");
    char text[2 * sizeof part];
    snprintf(text, sizeof text, "%s%s", part, part);
    for (size_t length = 0; length <= strlen(text); length++) {
        struct select_counts *counts = new_counts();
        bool whole = length > 0 && (length + 1) % (sizeof part - 1) <= 1;
        cr_expect_eq(select_read_counts(counts, text, length, NULL) == STATUS_OK, whole,
                     "cut to %zu", length);
        if (whole)
            cr_expect_eq(counts->total[SELECT_VARIANTS], length < sizeof part ? 10 : 20);
        free(counts);
    }
}

Test(select, ties_with_the_cutoff_stay_out) {
    struct select_counts *counts = new_counts();
    struct call call = {.qual = 5, .genotype = "0/1"};
    text_append_char(&call.ref, 'A');
    text_append_char(&call.alt, 'C');
    for (int i = 0; i < 10; i++)
        select_count(counts, &call);
    struct select_fractions fractions = {.variants = 0.7, .references = 0.1, .phasing = 0.7};
    struct cutoffs cutoffs = select_cutoffs(counts, &fractions);
    cr_assert_eq(cutoffs.variant, 5);
    cr_assert(!select_for_full(&cutoffs, &call));
    cr_assert(select_for_phasing(&cutoffs, &call));
    call_free(&call);
    free(counts);
}
