/* SPDX-License-Identifier: MIT
 *
 * Every golden run's merge, from its pileup and full-alignment calls. */
#include "core/calls/merge.h"

#include "core/calls/site.h"
#include "tests/core/calls/runs.h"

/* The heads of both streams within one contig. */
struct heads {
    const struct calls *calls;
    size_t at;
};

static void go_to_contig(struct heads *head, const char *contig) {
    for (head->at = 0; head->at < head->calls->count; head->at++)
        if (strcmp(head->calls->call[head->at].contig, contig) == 0)
            return;
}

static struct call *head_of(struct heads *head, const char *contig) {
    if (head->at == head->calls->count || strcmp(head->calls->call[head->at].contig, contig) != 0)
        return NULL;
    return &head->calls->call[head->at];
}

static void merge_contig(const struct merge_options *options, struct heads *pileup,
                         struct heads *full, const char *contig, struct text *out) {
    go_to_contig(pileup, contig);
    go_to_contig(full, contig);
    for (;;) {
        struct call *p = head_of(pileup, contig), *f = head_of(full, contig), *next = NULL;
        switch (merge_next(p, f)) {
        case MERGE_END:
            return;
        case MERGE_TAKE_PILEUP:
            next = p;
            pileup->at++;
            break;
        case MERGE_TAKE_FULL:
            next = f;
            full->at++;
            break;
        case MERGE_DROP_PILEUP:
            pileup->at++;
            continue;
        }
        if (merge_finish(options, next))
            record_append(out, next, RECORD_PLAIN);
    }
}

static struct text merged(const struct run *run) {
    struct merge_options options = {
        .print_reference = run_flag(run, "print_ref_calls"),
        .lowest_qual = run_number(run, "qual", 2),
        .haploid_precise = run_flag(run, "haploid_precise"),
        .haploid_sensitive = run_flag(run, "haploid_sensitive"),
    };
    struct calls pileup = run_calls(run, "pileup.vcf.gz");
    struct calls full = run_calls(run, "full_alignment.vcf.gz");
    struct heads p = {&pileup, 0}, f = {&full, 0};
    struct text out = {0};
    const char *contig = "";
    for (size_t i = 0; i < pileup.count; i++) {
        if (strcmp(pileup.call[i].contig, contig) == 0)
            continue;
        contig = pileup.call[i].contig;
        merge_contig(&options, &p, &f, contig, &out);
    }
    calls_free(&pileup);
    calls_free(&full);
    return out;
}

static struct text records_of(const struct run *run, const char *file) {
    struct lines lines = run_lines(run, file);
    struct text text = {0};
    for (size_t i = 0; i < lines.count; i++) {
        if (lines.line[i][0] == '#')
            continue;
        text_append_string(&text, lines.line[i]);
        text_append_char(&text, '\n');
    }
    golden_free(&lines);
    return text;
}

Test(merge, all_runs) {
    for (size_t i = 0; i < RUN_COUNT; i++) {
        if (strcmp(run_names[i], "ont_known_sites") == 0)
            continue;
        struct run run = run_open(run_names[i]);
        struct text got = merged(&run), wanted = records_of(&run, "merge_output.vcf.gz");
        cr_expect(wanted.length > 10000);
        cr_expect(strcmp(text_bytes(&got), text_bytes(&wanted)) == 0, "%s differs", run.name);
        text_free(&got);
        text_free(&wanted);
        run_close(&run);
    }
}

/* After the merge: one line per given site, the call or the uncalled form of the site. */
Test(merge, known_sites) {
    struct run run = run_open("ont_known_sites");
    struct text calls = merged(&run), got = {0};
    struct text wanted = records_of(&run, "merge_output.vcf.gz");
    struct lines known = golden_lines(RUNS_FOLDER "/inputs/ont/known.vcf");
    static const char *const contigs[] = {"chr2", "chr20", "chr21", "scaffold_1"};
    for (size_t c = 0; c < 4; c++) {
        for (size_t i = 0; i < known.count; i++) {
            char start[64];
            struct site site;
            if (known.line[i][0] == '#')
                continue;
            cr_assert_eq(site_read(&site, known.line[i], strlen(known.line[i]), NULL), 0);
            if (site.contig.length != strlen(contigs[c]) ||
                memcmp(site.contig.bytes, contigs[c], site.contig.length) != 0)
                continue;
            snprintf(start, sizeof start, "%s\t%lld\t", contigs[c], (long long)site.position);
            const char *found = strstr(calls.bytes, start);
            if (found)
                text_append(&got, found, strcspn(found, "\n") + 1);
            else
                site_append_uncalled(&got, known.line[i], strlen(known.line[i]));
        }
    }
    cr_expect_str_eq(got.bytes, wanted.bytes);
    text_free(&got);
    text_free(&calls);
    text_free(&wanted);
    golden_free(&known);
    run_close(&run);
}

/* --pileup-only: the pileup calls alone, as decoded, without reference calls. */
Test(merge, pileup_only) {
    struct run all = run_open("ont_default"), only = run_open("ont_pileup_only");
    struct calls pileup = run_calls(&all, "pileup.vcf.gz");
    struct text got = {0}, wanted = records_of(&only, "pileup.vcf.gz");
    struct merge_options options = {0};
    for (size_t i = 0; i < pileup.count; i++) {
        cr_assert_eq(merge_next(&pileup.call[i], NULL), MERGE_TAKE_PILEUP);
        if (merge_finish(&options, &pileup.call[i]))
            record_append(&got, &pileup.call[i], RECORD_PLAIN);
    }
    cr_expect(strcmp(got.bytes, wanted.bytes) == 0);
    text_free(&got);
    text_free(&wanted);
    calls_free(&pileup);
    run_close(&all);
    run_close(&only);
}

Test(merge, low_qual_is_at_or_below_and_never_taken_back) {
    static const struct {
        double lowest, qual;
        enum call_filter before, after;
    } rows[] = {{2, 2, CALL_PASS, CALL_LOW_QUAL},      {2, 2.01, CALL_PASS, CALL_PASS},
                {0, 0, CALL_PASS, CALL_PASS},          {0, 1.99, CALL_LOW_QUAL, CALL_LOW_QUAL},
                {20, 20, CALL_PASS, CALL_LOW_QUAL},    {20, 20.01, CALL_PASS, CALL_PASS},
                {1, 1.5, CALL_LOW_QUAL, CALL_LOW_QUAL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct merge_options options = {.lowest_qual = rows[i].lowest};
        struct call call = {.qual = rows[i].qual, .filter = rows[i].before, .genotype = "0/1"};
        text_append_char(&call.ref, 'A');
        text_append_char(&call.alt, 'C');
        cr_expect(merge_finish(&options, &call));
        cr_expect_eq(call.filter, rows[i].after, "row %zu", i);
        call_free(&call);
    }
}
