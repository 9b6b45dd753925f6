/* SPDX-License-Identifier: MIT
 *
 * pileup: alignments to pileup windows in one streaming pass.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! caller ! vcf out.vcf'
 *
 * Takes runnel.reads/1 in their sorted order, gives runnel.pileup/1: a window for every candidate
 * site, and with pass-reads also the reads, each batch behind the windows that it completed.  All
 * the work is core's (core/windows/pileup_window.h); this is the glue. */
#include "adapters/reference.h"
#include "adapters/regions.h"
#include "core/calls/presets.h"
#include "core/windows/pileup_window.h"
#include "plugin/block_spool.h"
#include "plugin/known_sites.h"
#include "plugin/pileup_rows.h"
#include "plugin/read_rows.h"
#include "plugin/stages/stage.h"

#include <stdio.h>

enum { MARK_STEP = 1 << 16 }; /* bases between two marks, where somebody waits for them */

struct pileup {
    const struct runnel_host *host;
    struct pileup_windows *windows;
    struct reference_file *reference;
    struct reference contig_reference; /* of the contig under way */
    struct arrow_table *table;
    int64_t batch_rows; /* of the table, when it is passed on */
    struct stream_contigs contigs;
    struct regions *regions; /* NULL: everywhere */
    struct known_sites known;
    struct block_writer *blocks; /* NULL: no gVCF */
    struct block_spool_options block_options;
    bool in_blocks; /* the contig under way has some */
    char *region_texts, *bed, *platform, *reference_path, *known_path, *blocks_path;
    struct pileup_options options;
    bool fast, named_contigs; /* only contigs that Clair3 calls by default */
    bool pass_reads;
    int64_t marked; /* on the contig under way */
    struct read_row row;
    int64_t contig; /* index; -1 before the first */
};

static void pileup_free(struct pileup *pileup) {
    pileup_windows_free(pileup->windows);
    reference_close(pileup->reference);
    arrow_table_free(pileup->table);
    regions_free(pileup->regions);
    block_writer_free(pileup->blocks);
    known_sites_free(&pileup->known);
    stream_contigs_free(&pileup->contigs);
    read_row_free(&pileup->row);
    free(pileup->region_texts);
    free(pileup->bed);
    free(pileup->platform);
    free(pileup->reference_path);
    free(pileup->known_path);
    free(pileup->blocks_path);
    free(pileup);
}

/* What does not depend on the platform; fractions of 0 are filled in when it is known. */
static void read_options(struct pileup *pileup, const struct runnel_init *init) {
    pileup->options = pileup_options_default;
    pileup->options.snp_min_af = (float)runnel_setting_real(init, "snp-min-af");
    pileup->options.indel_min_af = (float)runnel_setting_real(init, "indel-min-af");
    pileup->options.min_mq = (int)runnel_setting_integer(init, "min-mq");
    pileup->options.min_coverage = (int)runnel_setting_integer(init, "min-coverage");
    pileup->options.call_snp_only = runnel_setting_flag(init, "call-snp-only");
    pileup->options.enable_long_indel = runnel_setting_flag(init, "enable-long-indel");
    pileup->options.head_and_tail = runnel_setting_flag(init, "head-and-tail");
    pileup->options.gvcf = pileup->blocks_path != NULL;
    pileup->block_options =
        (struct block_spool_options){.base_error = runnel_setting_real(init, "base-err"),
                                     .gq_bin = runnel_setting_integer(init, "gq-bin-size"),
                                     .compatible = runnel_setting_flag(init, "compatible")};
    pileup->fast = runnel_setting_flag(init, "fast-mode");
    pileup->named_contigs = runnel_setting_flag(init, "clair3-contigs");
    pileup->pass_reads = runnel_setting_flag(init, "pass-reads");
}

static int pileup_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct pileup *pileup = calloc(1, sizeof *pileup);
    if (pileup == NULL)
        return RUNNEL_ERROR;
    pileup->host = init->host;
    pileup->batch_rows = runnel_setting_integer(init, "batch");
    pileup->contig = -1;
    pileup->region_texts = stage_copy_setting(init, "region");
    pileup->bed = stage_copy_setting(init, "bed");
    pileup->platform = stage_copy_setting(init, "platform");
    pileup->reference_path = stage_copy_setting(init, "ref");
    pileup->blocks_path = stage_copy_setting(init, "blocks");
    pileup->known_path = stage_copy_setting(init, "known-sites");
    read_options(pileup, init);
    if (reference_open(&pileup->reference, pileup->reference_path, &why) == STATUS_OK &&
        arrow_table_new(&pileup->table, PILEUP_STREAM.fields, PILEUP_STREAM.count, &why) ==
            STATUS_OK &&
        (pileup->blocks_path == NULL ||
         block_writer_open(&pileup->blocks, pileup->blocks_path, pileup->reference_path,
                           &pileup->block_options, &why) == STATUS_OK)) {
        *state = pileup;
        return RUNNEL_OK;
    }
    pileup_free(pileup);
    return stage_failed(init->host, &why);
}

/* ---- windows out ---- */

/* The windows so far; no later one lies before `mark` (0-based), or none at all on this contig
 * where it is INT64_MAX. */
static int flush(struct pileup *pileup, int64_t mark, struct runnel_slot *slot,
                 struct failure *why) {
    struct runnel_batch *batch = stream_data(&PILEUP_STREAM, pileup->table, why);
    if (batch == NULL)
        return STATUS_NO_MEMORY;
    batch->mark_contig = mark == INT64_MAX ? pileup->contig + 1 : pileup->contig;
    batch->mark_position = mark == INT64_MAX ? 1 : mark + 1;
    pileup->marked = mark;
    pileup->host->emit(pileup->host->context, slot, batch);
    return STATUS_OK;
}

/* The columns that are through. */
static int add_blocks(struct pileup *pileup, struct failure *why) {
    size_t count;
    if (!pileup->in_blocks)
        return STATUS_OK;
    const struct pileup_column_counts *counts = pileup_windows_take_counts(pileup->windows, &count);
    return block_writer_add(pileup->blocks, counts, count, why);
}

static int pull(struct pileup *pileup, struct runnel_slot *slot, struct failure *why) {
    struct pileup_window window;
    int status;
    while ((status = pileup_windows_pull(pileup->windows, &window, why)) == STATUS_OK) {
        status = pileup_row_put(pileup->table, &window, pileup->contigs.names[pileup->contig], why);
        if (status == STATUS_OK && (int64_t)arrow_table_rows(pileup->table) >= pileup->batch_rows)
            status = flush(pileup, window.position + 1, slot, why);
        if (status != STATUS_OK)
            return status;
    }
    return status == STATUS_END ? add_blocks(pileup, why) : status;
}

/* ---- contigs ---- */

static int end_contig(struct pileup *pileup, struct runnel_slot *slot, struct failure *why) {
    if (pileup->contig < 0)
        return STATUS_OK;
    pileup_windows_end(pileup->windows);
    int status = pull(pileup, slot, why);
    if (status == STATUS_OK && pileup->in_blocks)
        status = block_writer_end(pileup->blocks, why);
    return status == STATUS_OK ? flush(pileup, INT64_MAX, slot, why) : status;
}

/* Clair3 knows regions only from BED files. */
static int begin_blocks(struct pileup *pileup, const struct pileup_targets *targets,
                        struct failure *why) {
    bool in_regions = pileup->regions == NULL || targets->bed_count > 0;
    bool whole = pileup->regions == NULL || (pileup->block_options.compatible && !pileup->bed);
    pileup->in_blocks = pileup->blocks != NULL && in_regions && targets->end > 0;
    if (!pileup->in_blocks)
        return STATUS_OK;
    return block_writer_begin(pileup->blocks, pileup->contig, pileup->contigs.names[pileup->contig],
                              pileup->contigs.lengths[pileup->contig], whole ? NULL : targets->bed,
                              whole ? 0 : targets->bed_count, why);
}

static int begin_contig(struct pileup *pileup, int64_t contig, struct failure *why) {
    pileup->contig = contig;
    pileup->marked = 0;
    struct pileup_targets targets = {.begin = 0, .end = INT64_MAX};
    if (pileup->regions != NULL) {
        targets.has_bed = true;
        targets.bed = regions_of(pileup->regions, (size_t)contig, &targets.bed_count);
    }
    if (pileup->known_path != NULL) {
        targets.has_sites = true;
        targets.sites = pileup->known.contigs[contig].positions;
        targets.site_count = pileup->known.contigs[contig].count;
    }
    if (pileup->named_contigs && !preset_names_contig(pileup->contigs.names[contig]))
        targets.end = 0;
    int status = reference_contig(pileup->reference, pileup->contigs.names[contig],
                                  pileup->contigs.lengths[contig], &pileup->contig_reference, why);
    if (status == STATUS_OK)
        status = begin_blocks(pileup, &targets, why);
    if (status != STATUS_OK)
        return status;
    return pileup_windows_begin(pileup->windows, &pileup->contig_reference, &targets, why);
}

/* ---- hooks ---- */

/* Settles the platform (as told, or as the read groups say) and with it the thresholds. */
static int open_windows(struct pileup *pileup, const struct runnel_batch *open,
                        struct failure *why) {
    const struct preset *preset = stream_preset(&pileup->platform, open, why);
    if (preset == NULL)
        return why->code;
    double snp =
        pileup->options.snp_min_af > 0 ? (double)pileup->options.snp_min_af : preset->snp_min_af;
    int64_t coverage = pileup->options.min_coverage;
    if (pileup->fast)
        preset_apply_fast_mode(preset, &snp, &coverage);
    pileup->options.snp_min_af = (float)snp;
    pileup->options.min_coverage = (int)coverage;
    if (!(pileup->options.indel_min_af > 0))
        pileup->options.indel_min_af = (float)preset->indel_min_af;
    if (pileup->known_path != NULL) /* whatever the reads show there */
        pileup->options.snp_min_af = pileup->options.indel_min_af = 0;
    return pileup_windows_new(&pileup->windows, &pileup->options, why);
}

/* Reads go on where somebody behind wants them. */
static void pass_on(struct pileup *pileup, const struct runnel_batch *batch,
                    struct runnel_slot *slot) {
    if (!pileup->pass_reads)
        return;
    batch->retain(batch);
    pileup->host->emit(pileup->host->context, slot, batch);
}

/* The last windows may lie far back; who waits for the mark is told how far we are. */
static int flush_at_times(struct pileup *pileup, struct runnel_slot *slot, struct failure *why) {
    if (!pileup->pass_reads || pileup->contig < 0)
        return STATUS_OK;
    int64_t mark = pileup_windows_mark(pileup->windows);
    return mark - pileup->marked < MARK_STEP ? STATUS_OK : flush(pileup, mark, slot, why);
}

static void warn(const struct pileup *pileup, const char *text) {
    pileup->host->log(pileup->host->context, RUNNEL_LOG_WARNING, text);
}

/* Says where nothing at all will be looked at. */
static void warn_if_nowhere(const struct pileup *pileup) {
    size_t named = 0, wanted = 0;
    for (size_t c = 0; c < pileup->contigs.count; c++) {
        size_t count = 0;
        if (pileup->regions != NULL)
            regions_of(pileup->regions, c, &count);
        wanted += count;
        named += preset_names_contig(pileup->contigs.names[c]);
    }
    char text[512];
    snprintf(text, sizeof text, "%s has no region, so nothing is called",
             pileup->bed ? pileup->bed : "");
    if (pileup->bed != NULL && wanted == 0)
        warn(pileup, text);
    if (pileup->named_contigs && named == 0)
        warn(pileup,
             "no contig has a name that Clair3 calls by default (chr1 to chr22, chrX, chrY, "
             "and without chr), so nothing is called; --include-all-ctgs calls all");
}

static int open_stream(struct pileup *pileup, const struct runnel_batch *open,
                       struct runnel_slot *slot) {
    struct failure why = {0};
    int status = open_windows(pileup, open, &why);
    if (status == STATUS_OK)
        status = stream_contigs_read(&pileup->contigs, open, &why);
    if (status == STATUS_OK && pileup->known_path != NULL)
        status = known_sites_read(&pileup->known, pileup->known_path, &pileup->contigs,
                                  pileup->reference, &why);
    if (status == STATUS_OK)
        status = regions_read(&pileup->regions, pileup->contigs.names, pileup->contigs.lengths,
                              pileup->contigs.count, pileup->region_texts, pileup->bed, &why);
    if (status != STATUS_OK)
        return stage_failed(pileup->host, &why);
    warn_if_nowhere(pileup);
    const struct stream_fact facts[] = {{"platform", pileup->platform},
                                        {"reference", pileup->reference_path}};
    if (stage_emit(pileup->host, slot, stream_open(&PILEUP_STREAM, open, facts, 2, &why), &why) !=
        RUNNEL_OK)
        return RUNNEL_ERROR;
    pass_on(pileup, open, slot);
    return RUNNEL_OK;
}

static int add_row(struct pileup *pileup, const struct runnel_batch *batch, int64_t row,
                   struct runnel_slot *slot, struct failure *why) {
    int64_t length;
    const char *name = runnel_text(batch, READS_CONTIG, row, &length);
    int64_t contig = stream_contigs_find(&pileup->contigs, name, length, pileup->contig);
    if (contig < pileup->contig)
        return fail(why, STATUS_BAD_INPUT, "a read on contig %.*s comes too late or is unknown",
                    (int)length, name);
    int status = STATUS_OK;
    if (contig != pileup->contig) {
        status = end_contig(pileup, slot, why);
        if (status == STATUS_OK)
            status = begin_contig(pileup, contig, why);
    }
    if (status == STATUS_OK)
        status = read_row_get(&pileup->row, batch, row, why);
    if (status == STATUS_OK)
        status = pileup_windows_add(pileup->windows, &pileup->row.alignment, why);
    return status == STATUS_OK ? pull(pileup, slot, why) : status;
}

static int pileup_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct pileup *pileup = state;
    struct failure why = {0};
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(pileup, batch, slot);
    int status = stream_check(batch, &READS_STREAM, &why);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++)
        status = add_row(pileup, batch, row, slot, &why);
    if (status == STATUS_OK)
        status = flush_at_times(pileup, slot, &why);
    if (status != STATUS_OK)
        return stage_failed(pileup->host, &why);
    pass_on(pileup, batch, slot);
    if (pileup->contig >= 0)
        pileup->host->progress(pileup->host->context, pileup->contigs.names[pileup->contig],
                               batch->mark_position);
    return RUNNEL_OK;
}

static void count(struct pileup *pileup, const char *name, uint64_t amount) {
    if (amount > 0)
        pileup->host->count(pileup->host->context, name, (int64_t)amount);
}

/* A file of which nothing can be used gives a whole, empty result; most likely something is wrong
 * with it. */
static void warn_if_useless(struct pileup *pileup, const struct read_books *reads) {
    char text[512] = "no read could be used:";
    uint64_t all = 0;
    for (size_t fate = 0; fate < READ_FATES; fate++) {
        size_t length = strlen(text);
        if (reads->by_fate[fate] > 0)
            snprintf(text + length, sizeof text - length, "%s %llu %s", all > 0 ? "," : "",
                     (unsigned long long)reads->by_fate[fate],
                     read_fate_name((enum read_fate)fate));
        all += reads->by_fate[fate];
    }
    if (all > 0 && reads->by_fate[READ_USED] == 0)
        warn(pileup, text);
}

static int pileup_finish(void *state, struct runnel_slot *slot) {
    struct pileup *pileup = state;
    struct failure why = {0};
    if (end_contig(pileup, slot, &why) != STATUS_OK ||
        (pileup->blocks != NULL && block_writer_commit(pileup->blocks, &why) != STATUS_OK))
        return stage_failed(pileup->host, &why);
    const struct pileup_books *books = pileup_windows_books(pileup->windows);
    warn_if_useless(pileup, &books->reads);
    uint64_t all = 0;
    for (size_t fate = 0; fate < READ_FATES; fate++) {
        char name[64];
        snprintf(name, sizeof name, "left out: %s", read_fate_name((enum read_fate)fate));
        if (fate != READ_USED)
            count(pileup, name, books->reads.by_fate[fate]);
        all += books->reads.by_fate[fate];
    }
    count(pileup, "in", all);
    count(pileup, "used", books->reads.by_fate[READ_USED]);
    count(pileup, "candidates", books->candidates);
    count(pileup, "windows", books->windows);
    count(pileup, "no window: outside the regions", books->outside_targets);
    count(pileup, "no window: too near an edge of coverage", books->near_edge);
    count(pileup, "no window: a column without counts", books->empty_column);
    return RUNNEL_OK;
}

static void pileup_destroy(void *state) {
    pileup_free(state);
}

static const struct runnel_option OPTIONS[] = {
    {"ref", RUNNEL_TEXT, NULL, "FASTA file that the reads were aligned to"},
    {"platform", RUNNEL_TEXT, "", "ont or hifi; by default what the read groups say"},
    {"region", RUNNEL_TEXT, "", "only candidates near these regions, separated by blanks"},
    {"bed", RUNNEL_TEXT, "", "only candidates near the regions of this BED file"},
    {"known-sites", RUNNEL_TEXT, "", "only candidates at the sites of this VCF, whatever is there"},
    {"clair3-contigs", RUNNEL_FLAG, "false", "only chr1 to chr22, chrX, chrY, and without chr"},
    {"snp-min-af", RUNNEL_REAL, "0", "least share of a SNP's reads; 0: the platform's"},
    {"indel-min-af", RUNNEL_REAL, "0", "least share of an indel's reads; 0: the platform's"},
    {"min-mq", RUNNEL_INTEGER, "5", "least mapping quality of a read"},
    {"min-coverage", RUNNEL_INTEGER, "2", "least depth of a candidate"},
    {"call-snp-only", RUNNEL_FLAG, "false", "only SNP candidates"},
    {"fast-mode", RUNNEL_FLAG, "false", "ont: skip candidates below 0.15 or a depth of 4"},
    {"enable-long-indel", RUNNEL_FLAG, "false", "list indels longer than 50 bases"},
    {"blocks", RUNNEL_TEXT, "", "temporary file to write a gVCF's blocks to"},
    {"base-err", RUNNEL_REAL, "0.001", "error of a base, for the GQ of blocks"},
    {"gq-bin-size", RUNNEL_INTEGER, "5", "positions of a block have GQ in one bin of this size"},
    {"compatible", RUNNEL_FLAG, "false", "blocks of Clair3's chunks"},
    {"pass-reads", RUNNEL_FLAG, "false", "reads go on, behind the windows that they completed"},
    {"head-and-tail", RUNNEL_FLAG, "false", "also candidates at the ends of coverage"},
    {"batch", RUNNEL_INTEGER, "128", "windows that travel together"},
};

static const struct runnel_stage PILEUP = {
    .struct_size = sizeof PILEUP,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "pileup",
    .version = "1",
    .help = "pileup windows of candidate sites",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.reads/1",
    .gives = "runnel.pileup/1 runnel.reads/1",
    .init = pileup_init,
    .process = pileup_process,
    .finish = pileup_finish,
    .destroy = pileup_destroy,
};

EXPORT_STAGE(PILEUP)
