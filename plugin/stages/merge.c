/* SPDX-License-Identifier: MIT
 *
 * merge: the calls of both networks become one call per site.
 *
 *     runnel run 'reads in.bam ! full calls.vcf.gz ref=ref.fa cutoffs=calls.vcf.gz.counts
 *                 ! caller ! merge calls.vcf.gz ! vcf out.vcf.gz'
 *     runnel run 'reads in.bam ! pileup ref=ref.fa pass-reads ! caller ! full ref=ref.fa
 *                 ! caller ! merge ! vcf out.vcf.gz'
 *
 * Takes full-alignment calls as runnel.calls/1 and the pileup calls from a spool or as they flow by
 * (runnel.drafts/1), and gives runnel.calls/1 by ascending position; where both have a word, full
 * alignment's counts.  A draft waits until the mark of the full-alignment calls has passed it.
 * With neither spool nor drafts the calls are only finished (LowQual, reference calls, haploid
 * rules). */
#include "core/calls/merge.h"
#include "core/windows/full_window.h"
#include "plugin/call_rows.h"
#include "plugin/draft_queue.h"
#include "plugin/haploid_places.h"
#include "plugin/spool.h"
#include "plugin/stages/stage.h"

struct merge {
    const struct runnel_host *host;
    char *path;
    struct merge_options options;
    struct stream_contigs contigs;
    struct spool *spool;
    struct draft_queue drafts;
    bool opened, has_drafts;
    bool drafts_are_final; /* no full-alignment call can come for them */
    struct arrow_table *table;
    struct call full, pileup;
    int64_t full_contig, pileup_contig;
    bool is_haploid; /* somewhere, by our rules */
    struct haploid haploid;
    struct haploid_places haploid_places;
    char *haploid_bed;
    bool tell_site_depth;     /* of every call; else of those whose windows could not use all */
    bool compatible;          /* --clair3-compat */
    bool has_pileup;          /* `pileup` holds the next call of the spool */
    struct runnel_slot *slot; /* of the hook under way */
};

enum { BATCH_ROWS = 4096 };

static void merge_destroy(void *state) {
    struct merge *merge = state;
    spool_close(merge->spool);
    draft_queue_free(&merge->drafts);
    stream_contigs_free(&merge->contigs);
    arrow_table_free(merge->table);
    call_free(&merge->full);
    call_free(&merge->pileup);
    haploid_places_free(&merge->haploid_places);
    free(merge->haploid_bed);
    free(merge->path);
    free(merge);
}

/* Which haploid rule, and whether it is the original's code or ours that applies it: with
 * `compatible` GT alone changes, and everywhere. */
static int read_haploid(struct merge *merge, const struct runnel_init *init, struct failure *why) {
    const char *bed = runnel_setting_text(init, "haploid-regions");
    bool precise = runnel_setting_flag(init, "haploid-precise");
    bool sensitive = runnel_setting_flag(init, "haploid-sensitive");
    double fraction = runnel_setting_real(init, "haploid-af");
    if (precise + sensitive + (fraction != 0) > 1)
        return fail(why, STATUS_BAD_INPUT,
                    "haploid-precise, haploid-sensitive and haploid-af exclude each other");
    if (fraction < 0 || fraction > 1)
        return fail(why, STATUS_BAD_INPUT, "haploid-af is a share of reads, above 0 and at most 1");
    merge->haploid.rule = precise     ? HAPLOID_PRECISE
                          : sensitive ? HAPLOID_SENSITIVE
                                      : HAPLOID_FRACTION;
    merge->haploid.lowest_fraction = fraction > 0 ? fraction : HAPLOID_LOWEST_FRACTION;
    merge->haploid_bed = bed ? strdup(bed) : NULL;
    if (merge->compatible && bed == NULL) {
        merge->options.haploid_precise = precise;
        merge->options.haploid_sensitive = sensitive;
        merge->is_haploid = fraction > 0;
    } else {
        merge->is_haploid = bed != NULL || precise || sensitive || fraction > 0;
    }
    return STATUS_OK;
}

static int merge_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct merge *merge = calloc(1, sizeof *merge);
    if (merge == NULL)
        return RUNNEL_ERROR;
    merge->host = init->host;
    merge->path = stage_copy_setting(init, "spool");
    merge->compatible = runnel_setting_flag(init, "compatible");
    merge->tell_site_depth = runnel_setting_flag(init, "site-depth");
    merge->options =
        (struct merge_options){.print_reference = runnel_setting_flag(init, "ref-calls"),
                               .lowest_qual = runnel_setting_real(init, "qual")};
    if (read_haploid(merge, init, &why) == STATUS_OK &&
        arrow_table_new(&merge->table, CALLS_STREAM.fields, CALLS_STREAM.count, &why) ==
            STATUS_OK) {
        *state = merge;
        return RUNNEL_OK;
    }
    merge_destroy(merge);
    return stage_failed(init->host, &why);
}

/* Fetches the next pileup call, if the one before was dealt with. */
static int fetch_pileup(struct merge *merge, struct failure *why) {
    int status = STATUS_END;
    if (merge->has_pileup)
        return STATUS_OK;
    if (merge->spool != NULL)
        status = spool_next(merge->spool, &merge->pileup, &merge->pileup_contig, why);
    else if (merge->has_drafts)
        status = draft_queue_next(&merge->drafts, &merge->contigs, &merge->pileup,
                                  &merge->pileup_contig, why);
    merge->has_pileup = status == STATUS_OK;
    return status == STATUS_END ? STATUS_OK : status;
}

/* The rows collected so far; everything before (contig, position) is among them or went before. */
static int emit_rows(struct merge *merge, int64_t contig, int64_t position, struct failure *why) {
    struct runnel_batch *calls = stream_data(&CALLS_STREAM, merge->table, why);
    if (calls == NULL)
        return STATUS_NO_MEMORY;
    calls->mark_contig = contig;
    calls->mark_position = position;
    merge->host->emit(merge->host->context, merge->slot, calls);
    return STATUS_OK;
}

/* Finishes a call and puts it into the table, or counts why it vanishes. */
static int keep(struct merge *merge, struct call *call, int64_t contig, const char *used,
                const char *vanished, struct failure *why) {
    const struct haploid *haploid = haploid_places_on(&merge->haploid_places, contig);
    bool kept = (!haploid_at(haploid, call->position) || haploid_apply(haploid, call)) &&
                merge_finish(&merge->options, call);
    merge->host->count(merge->host->context, kept ? used : vanished, 1);
    int status = kept ? call_row_put(merge->table, call, why) : STATUS_OK;
    if (status == STATUS_OK && arrow_table_rows(merge->table) == BATCH_ROWS)
        status = emit_rows(merge, -1, -1, why);
    return status;
}

static int keep_pileup(struct merge *merge, struct failure *why) {
    merge->has_pileup = false;
    merge->pileup.site_depth = merge->tell_site_depth ? merge->pileup.depth : 0;
    return merge->has_drafts ? keep(merge, &merge->pileup, merge->pileup_contig, "used",
                                    "left out: by the options", why)
                             : keep(merge, &merge->pileup, merge->pileup_contig, "pileup: used",
                                    "pileup: left out (options)", why);
}

/* All pileup calls that stand before (contig, position, 1-based). */
static int pass_pileup_before(struct merge *merge, int64_t contig, int64_t position,
                              struct failure *why) {
    int status;
    while ((status = fetch_pileup(merge, why)) == STATUS_OK && merge->has_pileup &&
           (merge->pileup_contig < contig ||
            (merge->pileup_contig == contig && merge->pileup.position < position)))
        if ((status = keep_pileup(merge, why)) != STATUS_OK)
            return status;
    return status;
}

/* One full-alignment call and the pileup calls up to it. */
static int add_full(struct merge *merge, const struct runnel_batch *batch, int64_t row,
                    struct failure *why) {
    int status = call_row_get(&merge->full, &merge->full_contig, &merge->contigs, batch, row, why);
    if (status == STATUS_OK)
        status = pass_pileup_before(merge, merge->full_contig, merge->full.position, why);
    if (status != STATUS_OK)
        return status;
    bool same_contig = merge->has_pileup && merge->pileup_contig == merge->full_contig;
    if (merge_next(same_contig ? &merge->pileup : NULL, &merge->full) == MERGE_DROP_PILEUP) {
        bool is_deep = !merge->compatible && merge->pileup.depth > FULL_DEPTH_MAX;
        merge->full.site_depth = merge->tell_site_depth || is_deep ? merge->pileup.depth : 0;
        merge->has_pileup = false;
        merge->host->count(merge->host->context,
                           merge->has_drafts ? "left out: replaced by full alignment"
                                             : "pileup: replaced by full alignment",
                           1);
    }
    return keep(merge, &merge->full, merge->full_contig, "used", "left out: by the options", why);
}

/* Where no pileup call was doubtful, the original's result is its pileup calls as they are, the
 * reference calls too (calling.md 7.18). */
static void drop_rules(struct merge *merge, const struct runnel_batch *open) {
    char *doubtful = stream_fact(open, "doubtful");
    if (doubtful != NULL && strcmp(doubtful, "none") == 0)
        merge->options = (struct merge_options){.print_reference = true};
    free(doubtful);
}

/* Once, whichever of the streams opens first: drafts carry all the facts of the calls. */
static int open_stream(struct merge *merge, const struct runnel_batch *open,
                       struct runnel_slot *slot) {
    struct failure why = {0};
    bool is_drafts = strcmp(open->type, DRAFTS_STREAM.type) == 0;
    if (is_drafts && merge->path != NULL)
        return stage_failed(merge->host,
                            &(struct failure){.text = "merge takes pileup calls from a "
                                                      "spool or as they come, not both"});
    merge->has_drafts |= is_drafts;
    if (merge->opened)
        return RUNNEL_OK;
    merge->opened = true;
    if (stream_contigs_read(&merge->contigs, open, &why) != STATUS_OK ||
        (merge->path != NULL &&
         spool_open(&merge->spool, merge->path, &merge->contigs, &why) != STATUS_OK))
        return stage_failed(merge->host, &why);
    if (merge->is_haploid &&
        haploid_places_read(&merge->haploid_places, &merge->haploid, merge->haploid_bed,
                            &merge->contigs, &why) != STATUS_OK)
        return stage_failed(merge->host, &why);
    char *doubtful = stream_fact(open, "doubtful");
    merge->drafts_are_final = is_drafts && doubtful != NULL && strcmp(doubtful, "none") == 0;
    free(doubtful);
    if (merge->compatible)
        drop_rules(merge, open);
    bool may_be_deep = !merge->compatible &&
                       (merge->path != NULL || (merge->has_drafts && !merge->drafts_are_final));
    const struct stream_fact fact = {"site_depth", merge->tell_site_depth ? "all"
                                                   : may_be_deep          ? "deep"
                                                                          : NULL};
    return stage_emit(merge->host, slot, stream_open(&CALLS_STREAM, open, &fact, 1, &why), &why);
}

/* Keeps drafts until full alignment has had its say. */
static int add_drafts(struct merge *merge, const struct runnel_batch *batch, struct failure *why) {
    int status = stream_check(batch, &DRAFTS_STREAM, why);
    if (status == STATUS_OK)
        status = draft_queue_add(&merge->drafts, batch, why);
    if (status == STATUS_OK && merge->drafts_are_final)
        status = pass_pileup_before(merge, INT64_MAX, 0, why);
    if (status == STATUS_OK && merge->drafts_are_final)
        status = emit_rows(merge, batch->mark_contig, batch->mark_position, why);
    return status;
}

static int add_calls(struct merge *merge, const struct runnel_batch *batch, struct failure *why) {
    int status = stream_check(batch, &CALLS_STREAM, why);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++)
        status = add_full(merge, batch, row, why);
    if (status == STATUS_OK && batch->mark_contig >= 0)
        status = pass_pileup_before(merge, batch->mark_contig, batch->mark_position, why);
    return status == STATUS_OK ? emit_rows(merge, batch->mark_contig, batch->mark_position, why)
                               : status;
}

static int merge_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct merge *merge = state;
    struct failure why = {0};
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(merge, batch, slot);
    merge->slot = slot;
    bool is_drafts = strcmp(batch->type, DRAFTS_STREAM.type) == 0;
    int status = is_drafts ? add_drafts(merge, batch, &why) : add_calls(merge, batch, &why);
    if (status != STATUS_OK)
        return stage_failed(merge->host, &why);
    merge->host->count(merge->host->context, "in", runnel_rows(batch));
    return RUNNEL_OK;
}

static int merge_finish_hook(void *state, struct runnel_slot *slot) {
    struct merge *merge = state;
    struct failure why = {0};
    merge->slot = slot;
    bool open = merge->contigs.count > 0; /* else no calls were announced */
    if (open && (pass_pileup_before(merge, INT64_MAX, 0, &why) != STATUS_OK ||
                 emit_rows(merge, -1, -1, &why) != STATUS_OK))
        return stage_failed(merge->host, &why);
    return RUNNEL_OK;
}

static const struct runnel_option OPTIONS[] = {
    {"spool", RUNNEL_TEXT, "", "pileup calls, as the spool stage wrote them"},
    {"ref-calls", RUNNEL_FLAG, "false", "keep sites called as reference"},
    {"qual", RUNNEL_REAL, "2", "calls of at most this QUAL become LowQual; 0: as decoded"},
    {"compatible", RUNNEL_FLAG, "false", "do as Clair3 where nothing is doubtful"},
    {"site-depth", RUNNEL_FLAG, "false", "tell the reads over the site of every call"},
    {"haploid-precise", RUNNEL_FLAG, "false", "only homozygous calls, with haploid genotypes"},
    {"haploid-sensitive", RUNNEL_FLAG, "false", "heterozygous calls too, with haploid genotypes"},
    {"haploid-af", RUNNEL_REAL, "0", "heterozygous calls too, if this share of reads shows them"},
    {"haploid-regions", RUNNEL_TEXT, "", "haploid only in the regions of this BED file"},
};

static const struct runnel_stage MERGE = {
    .struct_size = sizeof MERGE,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "merge",
    .version = "1",
    .help = "one call per site from the calls of both networks",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.calls/1 runnel.drafts/1",
    .gives = "runnel.calls/1",
    .init = merge_init,
    .process = merge_process,
    .finish = merge_finish_hook,
    .destroy = merge_destroy,
};

EXPORT_STAGE(MERGE)
