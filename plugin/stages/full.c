/* SPDX-License-Identifier: MIT
 *
 * full: full-alignment windows at the sites of a file, or at doubtful pileup calls as they flow by.
 *
 *     runnel run 'reads in.bam ! full calls.vcf.gz ref=ref.fa cutoffs=calls.vcf.gz.counts
 *                 ! caller ! merge calls.vcf.gz ! vcf out.vcf.gz'
 *     runnel run 'reads in.bam ! pileup ref=ref.fa pass-reads ! caller ! full ref=ref.fa
 *                 ! caller ! merge ! vcf out.vcf.gz'
 *
 * Takes runnel.reads/1 in their sorted order, gives runnel.full/1.
 *   A file of sites    without cut-offs every site gets a window; with them, the file is a spool
 *                      and only doubtful calls do.
 *   No file            the sites are the doubtful ones of the pileup calls (runnel.calls/1) that
 *                      come before the reads that end behind them; all of these calls go on as
 *                      runnel.drafts/1.  Without cut-offs, the platform's fixed ones count.
 * Haplotypes are those of a stage phase in front, of a phased VCF, or, if asked for, of HP tags. */
#include "adapters/reference.h"
#include "core/calls/presets.h"
#include "core/windows/full_window.h"
#include "plugin/call_rows.h"
#include "plugin/full_rows.h"
#include "plugin/full_sites.h"
#include "plugin/phased.h"
#include "plugin/read_rows.h"
#include "plugin/spool.h"
#include "plugin/stages/stage.h"

#include <stdio.h>

/* How many reads a window can use, as it stands in headers; the count of windows that reach it is
 * known at the end only, and stands in the books. */
static const char WINDOW_READS[] = "at most 10000 of full alignment: those whose names hash lowest";
_Static_assert(FULL_DEPTH_MAX == 10000, "the header names the number");

enum {
    AHEAD = 1 << 20,     /* bases that a file of sites is read ahead of the reads */
    MARK_STEP = 1 << 16, /* bases between two marks of a flow */
    FACT_SIZE = 128
};

struct full {
    const struct runnel_host *host;
    char *sites_path, *cutoffs_path, *reference_path, *phased_path, *platform, *sample;
    struct full_options options;
    struct select_fractions asked; /* 0: the platform's */
    struct cutoffs cutoffs;
    bool pileup_only;   /* the model that the calls come from has no other network */
    bool phased_before; /* tags are those of a stage in front, not the reads' own */
    struct full_windows *windows;
    struct reference_file *reference;
    struct reference contig_reference;
    struct stream_contigs contigs;
    struct phased phased;
    struct arrow_table *table, *drafts;
    int64_t batch_rows; /* of the table, when it is passed on */
    struct read_row row;
    int64_t contig, marked; /* contig under way, -1 before the first, and last mark on it */

    struct full_sites *sites;
    struct call call; /* of the flow */
    int64_t call_contig;
    struct runnel_slot *slot; /* of the hook under way */
};

static void full_destroy(void *state) {
    struct full *full = state;
    full_sites_free(full->sites);
    full_windows_free(full->windows);
    reference_close(full->reference);
    stream_contigs_free(&full->contigs);
    phased_free(&full->phased);
    arrow_table_free(full->table);
    arrow_table_free(full->drafts);
    read_row_free(&full->row);
    call_free(&full->call);
    free(full->sites_path);
    free(full->cutoffs_path);
    free(full->reference_path);
    free(full->phased_path);
    free(full->platform);
    free(full->sample);
    free(full);
}

static int full_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct full *full = calloc(1, sizeof *full);
    if (full == NULL)
        return RUNNEL_ERROR;
    full->host = init->host;
    full->batch_rows = runnel_setting_integer(init, "batch");
    full->contig = -1;
    full->sites_path = stage_copy_setting(init, "sites");
    full->cutoffs_path = stage_copy_setting(init, "cutoffs");
    full->reference_path = stage_copy_setting(init, "ref");
    full->phased_path = stage_copy_setting(init, "phased");
    full->platform = stage_copy_setting(init, "platform");
    full->sample = stage_copy_setting(init, "sample");
    full->asked.variants = runnel_setting_real(init, "var-pct-full");
    full->asked.references = runnel_setting_real(init, "ref-pct-full");
    full->options = full_options_default;
    full->options.min_mq = (int)runnel_setting_integer(init, "min-mq");
    full->options.dwell = runnel_setting_flag(init, "dwell");
    full->options.enable_long_indel = runnel_setting_flag(init, "enable-long-indel");
    full->options.compatible = runnel_setting_flag(init, "compatible");
    bool tags = runnel_setting_flag(init, "hp-tags");
    full->options.phasing = full->phased_path ? FULL_BY_SNPS : tags ? FULL_BY_TAGS : FULL_UNPHASED;
    if (tags && full->phased_path != NULL)
        fail(&why, STATUS_BAD_INPUT, "haplotypes come from a phased VCF or from HP tags, not both");
    else if (reference_open(&full->reference, full->reference_path, &why) == STATUS_OK &&
             arrow_table_new(&full->table, FULL_STREAM.fields, FULL_STREAM.count, &why) ==
                 STATUS_OK &&
             arrow_table_new(&full->drafts, DRAFTS_STREAM.fields, DRAFTS_STREAM.count, &why) ==
                 STATUS_OK) {
        *state = full;
        return RUNNEL_OK;
    }
    full_destroy(full);
    return stage_failed(init->host, &why);
}

/* ---- sites ---- */

/* Adds the known sites of the contig under way that lie before `limit`. */
static int add_sites_before(struct full *full, int64_t limit, struct failure *why) {
    struct place site;
    int status = STATUS_OK;
    while (status == STATUS_OK && full_sites_peek(full->sites, &site) &&
           site.contig == full->contig && site.position < limit) {
        status = full_windows_add_site(full->windows, site.position, why);
        if (status == STATUS_OK)
            status = full_sites_take(full->sites, why);
    }
    struct place next = full_sites_next(full->sites);
    if (next.contig >= full->contig)
        full_windows_no_site_before(full->windows,
                                    next.contig == full->contig ? next.position : INT64_MAX);
    return status;
}

/* ---- windows out ---- */

/* The windows so far; no later one lies before the place. */
static int flush(struct full *full, struct place place, struct failure *why) {
    struct runnel_batch *batch = stream_data(&FULL_STREAM, full->table, why);
    if (batch == NULL)
        return STATUS_NO_MEMORY;
    batch->mark_contig = place.contig;
    batch->mark_position = place.position + 1;
    full->host->emit(full->host->context, full->slot, batch);
    full->marked = place.position;
    return STATUS_OK;
}

/* Who merges the calls of a flow holds drafts until a mark has passed them. */
static int flush_at_times(struct full *full, struct failure *why) {
    int64_t mark = full_windows_mark(full->windows);
    if (full->sites_path != NULL || mark == INT64_MAX || mark - full->marked < MARK_STEP)
        return STATUS_OK;
    return flush(full, (struct place){full->contig, mark}, why);
}

static int put_window(struct full *full, const struct full_window *window, struct failure *why) {
    int status = full_row_put(full->table, window, full->contigs.names[full->contig], why);
    if (status == STATUS_OK && (int64_t)arrow_table_rows(full->table) >= full->batch_rows)
        status = flush(full, (struct place){full->contig, window->position + 1}, why);
    return status;
}

static int pull(struct full *full, struct failure *why) {
    struct full_window window;
    int status;
    while ((status = full_windows_pull(full->windows, &window, why)) == STATUS_OK)
        if ((status = put_window(full, &window, why)) != STATUS_OK)
            return status;
    return status == STATUS_END ? flush_at_times(full, why) : status;
}

/* ---- contigs ---- */

static int begin_contig(struct full *full, int64_t contig, struct failure *why) {
    full->contig = contig;
    full->marked = 0;
    int status = reference_contig(full->reference, full->contigs.names[contig],
                                  full->contigs.lengths[contig], &full->contig_reference, why);
    if (status != STATUS_OK)
        return status;
    const struct phased_contig *phased =
        full->phased.contigs ? &full->phased.contigs[contig] : NULL;
    full_windows_begin(full->windows, &full->contig_reference, phased ? phased->snps : NULL,
                       phased ? phased->count : 0);
    return full->options.compatible ? add_sites_before(full, INT64_MAX, why) : STATUS_OK;
}

static int end_contig(struct full *full, struct failure *why) {
    if (full->contig < 0)
        return STATUS_OK;
    int status = add_sites_before(full, INT64_MAX, why);
    full_windows_end(full->windows);
    if (status == STATUS_OK)
        status = pull(full, why);
    return status == STATUS_OK ? flush(full, (struct place){full->contig + 1, 0}, why) : status;
}

/* Ends the contig under way, draws those between that have sites but no reads, begins `contig`
 * (none where it lies behind the last). */
static int move_to_contig(struct full *full, int64_t contig, struct failure *why) {
    struct place site;
    int status = end_contig(full, why);
    while (status == STATUS_OK && full_sites_peek(full->sites, &site) && site.contig < contig) {
        status = begin_contig(full, site.contig, why);
        if (status == STATUS_OK)
            status = end_contig(full, why);
    }
    if (status == STATUS_OK && contig < (int64_t)full->contigs.count)
        status = begin_contig(full, contig, why);
    return status;
}

/* ---- opening ---- */

static int read_cutoffs(struct full *full, const struct preset *preset, struct failure *why) {
    full->cutoffs = preset->fixed;
    if (full->cutoffs_path == NULL)
        return STATUS_OK;
    struct select_fractions fractions = preset->fractions;
    if (full->asked.variants > 0)
        fractions.variants = full->asked.variants;
    if (full->asked.references > 0)
        fractions.references = full->asked.references;
    return spool_read_cutoffs(full->cutoffs_path, &fractions, &full->cutoffs, why);
}

static int open_sites(struct full *full, struct failure *why) {
    if (full->sites_path == NULL)
        return full_sites_of_flow(&full->sites, &full->contigs, why);
    return full_sites_of_file(&full->sites, full->sites_path, &full->contigs,
                              full->cutoffs_path ? &full->cutoffs : NULL, why);
}

static int read_phased(struct full *full, const struct runnel_batch *open, struct failure *why) {
    if (full->sample == NULL)
        full->sample = stream_fact(open, "sample");
    const struct phased_reads reads = {
        .contigs = &full->contigs, .sample = full->sample, .reference = full->reference};
    return phased_read(&full->phased, full->phased_path, &reads, why);
}

/* Once, from whichever stream opens first. */
static int prepare(struct full *full, const struct runnel_batch *open, struct failure *why) {
    if (full->sites != NULL)
        return STATUS_OK;
    full->phased_before = runnel_metadata(open, "haplotypes", &(int64_t){0}) != NULL;
    if (full->phased_before && full->options.phasing == FULL_UNPHASED)
        full->options.phasing = FULL_BY_TAGS;
    const struct preset *preset = stream_preset(&full->platform, open, why);
    if (preset == NULL)
        return why->code;
    full->options.rows = preset->full_rows;
    int status = full_windows_new(&full->windows, &full->options, why);
    if (status == STATUS_OK)
        status = stream_contigs_read(&full->contigs, open, why);
    if (status == STATUS_OK)
        status = read_cutoffs(full, preset, why);
    if (status == STATUS_OK && full->phased_path != NULL)
        status = read_phased(full, open, why);
    return status == STATUS_OK ? open_sites(full, why) : status;
}

/* Whose haplotypes are seen, as it stands in headers: phased SNPs are the same, found or given. */
static const char *haplotypes_fact(const struct full *full) {
    bool phased = full->options.phasing == FULL_BY_SNPS || full->phased_before;
    return full->options.phasing == FULL_UNPHASED ? "none"
           : phased                               ? "of phased SNPs"
                                                  : "of HP tags";
}

/* What selected the sites, as it stands in headers; NULL where all sites of a file are taken. */
static const char *cutoffs_fact(const struct full *full, char *fact) {
    if (full->pileup_only || (full->sites_path != NULL && full->cutoffs_path == NULL))
        return NULL;
    snprintf(fact, FACT_SIZE, "variants below QUAL %.2f, reference calls below QUAL %.2f%s",
             full->cutoffs.variant, full->cutoffs.reference,
             full->cutoffs_path ? "" : " (fixed, not of these reads)");
    return fact;
}

static int open_windows(struct full *full, const struct runnel_batch *open) {
    struct failure why = {0};
    char rows[16], channels[16], cutoffs[FACT_SIZE];
    struct place site;
    if (full->sites_path == NULL && full->sites == NULL)
        return stage_failed(full->host, &(struct failure){.text = "full needs a file of sites, or "
                                                                  "pileup calls before the reads"});
    if (prepare(full, open, &why) != STATUS_OK)
        return stage_failed(full->host, &why);
    if (full->pileup_only)
        return RUNNEL_OK;
    bool none = full->sites_path != NULL && !full_sites_peek(full->sites, &site);
    snprintf(rows, sizeof rows, "%d", full->options.rows);
    snprintf(channels, sizeof channels, "%d",
             full->options.dwell ? FULL_CHANNELS_DWELL : FULL_CHANNELS);
    const struct stream_fact facts[] = {{"platform", full->platform},
                                        {"reference", full->reference_path},
                                        {"rows", rows},
                                        {"channels", channels},
                                        {"cutoffs", cutoffs_fact(full, cutoffs)},
                                        {"haplotypes", haplotypes_fact(full)},
                                        {"window_reads", WINDOW_READS},
                                        {"doubtful", none ? "none" : NULL}};
    return stage_emit(full->host, full->slot, stream_open(&FULL_STREAM, open, facts, 8, &why),
                      &why);
}

static int open_drafts(struct full *full, const struct runnel_batch *open) {
    struct failure why = {0};
    char cutoffs[FACT_SIZE], *networks = stream_fact(open, "networks");
    full->pileup_only = networks != NULL && strcmp(networks, "pileup") == 0;
    free(networks);
    if (prepare(full, open, &why) != STATUS_OK)
        return stage_failed(full->host, &why);
    const struct stream_fact facts[] = {
        {"cutoffs", cutoffs_fact(full, cutoffs)},
        {"haplotypes", full->pileup_only ? NULL : haplotypes_fact(full)},
        {"window_reads", full->pileup_only ? NULL : WINDOW_READS},
        {"doubtful", full->pileup_only ? "none" : NULL}};
    return stage_emit(full->host, full->slot, stream_open(&DRAFTS_STREAM, open, facts, 4, &why),
                      &why);
}

/* ---- rows in ---- */

static int add_read(struct full *full, const struct runnel_batch *batch, int64_t row,
                    struct failure *why) {
    int64_t length;
    const char *name = runnel_text(batch, READS_CONTIG, row, &length);
    int64_t contig = stream_contigs_find(&full->contigs, name, length, full->contig);
    if (contig < full->contig)
        return fail(why, STATUS_BAD_INPUT, "a read on contig %.*s comes too late or is unknown",
                    (int)length, name);
    int status = contig == full->contig ? STATUS_OK : move_to_contig(full, contig, why);
    if (status == STATUS_OK)
        status = read_row_get(&full->row, batch, row, why);
    if (status == STATUS_OK)
        status = add_sites_before(full, full->row.alignment.position + AHEAD, why);
    if (status == STATUS_OK)
        status = full_windows_add(full->windows, &full->row.alignment, why);
    return status == STATUS_OK ? pull(full, why) : status;
}

static int add_reads(struct full *full, const struct runnel_batch *batch, struct failure *why) {
    if (full->pileup_only) {
        full->host->count(full->host->context, "in", runnel_rows(batch));
        full->host->count(full->host->context, "left out: the model has no network for them",
                          runnel_rows(batch));
        return STATUS_OK;
    }
    int status = stream_check(batch, &READS_STREAM, why);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++)
        status = add_read(full, batch, row, why);
    if (status == STATUS_OK && full->contig >= 0)
        full->host->progress(full->host->context, full->contigs.names[full->contig],
                             batch->mark_position);
    return status;
}

static int add_call(struct full *full, const struct runnel_batch *batch, int64_t row,
                    struct failure *why) {
    int status = call_row_get(&full->call, &full->call_contig, &full->contigs, batch, row, why);
    if (status == STATUS_OK)
        status = call_row_put(full->drafts, &full->call, why);
    if (status != STATUS_OK || full->sites_path != NULL || full->pileup_only ||
        !select_for_full(&full->cutoffs, &full->call))
        return status;
    const struct place site = {full->call_contig, full->call.position - 1};
    if (site.contig < full->contig)
        return fail(why, STATUS_BAD_INPUT, "a call at %s:%lld comes behind reads of later contigs",
                    full->call.contig, (long long)full->call.position);
    return full_sites_add(full->sites, site, why);
}

/* Calls become drafts; the doubtful ones among them are sites. */
static int add_calls(struct full *full, const struct runnel_batch *batch, struct failure *why) {
    int status = stream_check(batch, &CALLS_STREAM, why);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++)
        status = add_call(full, batch, row, why);
    if (status != STATUS_OK)
        return status;
    struct runnel_batch *drafts = stream_data(&DRAFTS_STREAM, full->drafts, why);
    if (drafts == NULL)
        return STATUS_NO_MEMORY;
    drafts->mark_contig = batch->mark_contig;
    drafts->mark_position = batch->mark_position;
    full->host->emit(full->host->context, full->slot, drafts);
    full->host->count(full->host->context, "in", runnel_rows(batch));
    full->host->count(full->host->context, "used", runnel_rows(batch));
    if (full->sites_path != NULL || full->pileup_only || batch->mark_contig < 0)
        return STATUS_OK;
    full_sites_promise(full->sites, (struct place){batch->mark_contig, batch->mark_position - 1});
    if (full->contig < 0)
        return STATUS_OK;
    status = add_sites_before(full, INT64_MAX, why);
    return status == STATUS_OK ? pull(full, why) : status;
}

/* ---- hooks ---- */

static int full_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct full *full = state;
    struct failure why = {0};
    bool is_reads = strcmp(batch->type, READS_STREAM.type) == 0;
    full->slot = slot;
    if (batch->kind == RUNNEL_OPEN)
        return is_reads ? open_windows(full, batch) : open_drafts(full, batch);
    int status = is_reads ? add_reads(full, batch, &why) : add_calls(full, batch, &why);
    return status == STATUS_OK ? RUNNEL_OK : stage_failed(full->host, &why);
}

static void count_books(struct full *full) {
    const struct full_books *books = full_windows_books(full->windows);
    const struct runnel_host *host = full->host;
    uint64_t all = 0;
    for (size_t fate = 0; fate < READ_FATES; fate++) {
        char name[64];
        snprintf(name, sizeof name, "left out: %s", read_fate_name((enum read_fate)fate));
        if (fate != READ_USED && books->reads.by_fate[fate] > 0)
            host->count(host->context, name, (int64_t)books->reads.by_fate[fate]);
        all += books->reads.by_fate[fate];
    }
    host->count(host->context, "in", (int64_t)all);
    host->count(host->context, "used", (int64_t)books->reads.by_fate[READ_USED]);
    host->count(host->context, "sites", (int64_t)books->sites);
    host->count(host->context, "windows", (int64_t)books->windows);
    host->count(host->context, "windows with more reads than rows", (int64_t)books->deeper);
    if (books->at_limit > 0) {
        char text[128];
        host->count(host->context, "windows of 10000 reads or more", (int64_t)books->at_limit);
        snprintf(text, sizeof text,
                 "%llu windows have 10000 reads or more; those whose names hash lowest are used",
                 (unsigned long long)books->at_limit);
        host->log(host->context, RUNNEL_LOG_WARNING, text);
    }
    if (full->options.phasing == FULL_BY_TAGS && !full->phased_before &&
        books->haplotype[1] + books->haplotype[2] == 0 && books->reads.by_fate[READ_USED] > 0)
        host->log(host->context, RUNNEL_LOG_WARNING,
                  "no read that is used has an HP tag of 1 or 2, so that full alignment saw no "
                  "haplotypes");
    if (full->phased.skipped > 0)
        host->count(host->context, "phased records skipped", (int64_t)full->phased.skipped);
}

static int full_finish(void *state, struct runnel_slot *slot) {
    struct full *full = state;
    struct failure why = {0};
    full->slot = slot;
    if (full->sites == NULL || full->pileup_only)
        return RUNNEL_OK; /* no reads were announced (who comes after will say so), or of no use */
    if (move_to_contig(full, INT64_MAX, &why) != STATUS_OK)
        return stage_failed(full->host, &why);
    count_books(full);
    return RUNNEL_OK;
}

static const struct runnel_option OPTIONS[] = {
    {"sites", RUNNEL_TEXT, "",
     "VCF of the sites, in the order of the reads' contigs; else the doubtful calls that come by"},
    {"ref", RUNNEL_TEXT, NULL, "FASTA file that the reads were aligned to"},
    {"cutoffs", RUNNEL_TEXT, "", "QUAL counts that tell which calls are doubtful"},
    {"var-pct-full", RUNNEL_REAL, "0", "share of variants to take; 0: the platform's"},
    {"ref-pct-full", RUNNEL_REAL, "0", "share of reference calls to take; 0: the platform's"},
    {"platform", RUNNEL_TEXT, "", "ont or hifi; by default what the read groups say"},
    {"phased", RUNNEL_TEXT, "", "phased VCF that tells the reads' haplotypes"},
    {"sample", RUNNEL_TEXT, "",
     "whose SNPs are taken where the phased VCF has several samples; by default the read groups'"},
    {"hp-tags", RUNNEL_FLAG, "false", "take haplotypes from the reads' HP tags"},
    {"min-mq", RUNNEL_INTEGER, "5", "least mapping quality of a read"},
    {"dwell", RUNNEL_FLAG, "false", "a ninth channel with dwell times, from move tables"},
    {"enable-long-indel", RUNNEL_FLAG, "false", "list indels longer than 50 bases"},
    {"compatible", RUNNEL_FLAG, "false", "draw reads of deep windows as Clair3 does"},
    {"batch", RUNNEL_INTEGER, "64", "windows that travel together"},
};

static const struct runnel_stage FULL = {
    .struct_size = sizeof FULL,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "full",
    .version = "1",
    .help = "full-alignment windows at given sites or doubtful calls",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.reads/1 runnel.calls/1",
    .gives = "runnel.full/1 runnel.drafts/1",
    .init = full_init,
    .process = full_process,
    .finish = full_finish,
    .destroy = full_destroy,
};

EXPORT_STAGE(FULL)
