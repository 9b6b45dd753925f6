/* SPDX-License-Identifier: MIT
 *
 * deepen: full-alignment windows at the doubtful calls of a live run, from the reads that are
 * there.
 *
 *     runnel run 'reads run.bam any ! live ref=ref.fa pass-reads ! caller ! deepen ref=ref.fa
 *                 ! caller ! revise now.vcf'
 *
 * Takes runnel.reads/1 in any order, each before the calls of the looks that it made due, and
 * runnel.calls/1 of the pileup network.  Gives
 *   runnel.drafts/1  all of these calls, a batch for each batch,
 *   runnel.full/1    behind each of them one batch with a window at each doubtful call (by the
 *                    platform's fixed cut-offs); it may be empty, and tells that no more come. */
#include "adapters/reference.h"
#include "core/calls/presets.h"
#include "plugin/call_rows.h"
#include "plugin/full_rows.h"
#include "plugin/read_rows.h"
#include "plugin/read_store.h"
#include "plugin/stages/stage.h"

#include <stdio.h>

struct deepen {
    const struct runnel_host *host;
    char *reference_path, *platform, *folder;
    struct full_options options;
    struct cutoffs cutoffs;
    bool pileup_only; /* the model that the calls come from has no other network */
    struct full_windows *windows;
    struct reference_file *reference;
    struct stream_contigs contigs;
    struct read_store *reads;
    struct arrow_table *table, *drafts;
    struct read_row row;
    int64_t contig; /* of the last read */
    struct call call;
    int64_t call_contig;
    struct runnel_slot *slot; /* of the hook under way */
};

static void deepen_destroy(void *state) {
    struct deepen *deepen = state;
    full_windows_free(deepen->windows);
    reference_close(deepen->reference);
    stream_contigs_free(&deepen->contigs);
    read_store_close(deepen->reads);
    arrow_table_free(deepen->table);
    arrow_table_free(deepen->drafts);
    read_row_free(&deepen->row);
    call_free(&deepen->call);
    free(deepen->reference_path);
    free(deepen->platform);
    free(deepen->folder);
    free(deepen);
}

static int deepen_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct deepen *deepen = calloc(1, sizeof *deepen);
    if (deepen == NULL)
        return RUNNEL_ERROR;
    deepen->host = init->host;
    deepen->reference_path = stage_copy_setting(init, "ref");
    deepen->platform = stage_copy_setting(init, "platform");
    deepen->folder = stage_copy_setting(init, "folder");
    deepen->options = full_options_default;
    deepen->options.min_mq = (int)runnel_setting_integer(init, "min-mq");
    deepen->options.enable_long_indel = runnel_setting_flag(init, "enable-long-indel");
    *state = deepen;
    if (reference_open(&deepen->reference, deepen->reference_path, &why) == STATUS_OK &&
        arrow_table_new(&deepen->table, FULL_STREAM.fields, FULL_STREAM.count, &why) == STATUS_OK &&
        arrow_table_new(&deepen->drafts, DRAFTS_STREAM.fields, DRAFTS_STREAM.count, &why) ==
            STATUS_OK) {
        reference_expect_jumps(deepen->reference);
        return RUNNEL_OK;
    }
    deepen_destroy(deepen);
    return stage_failed(init->host, &why);
}

/* ---- opening ---- */

/* Once, from whichever stream opens first. */
static int prepare(struct deepen *deepen, const struct runnel_batch *open, struct failure *why) {
    if (deepen->windows != NULL)
        return STATUS_OK;
    const struct preset *preset = stream_preset(&deepen->platform, open, why);
    if (preset == NULL)
        return why->code;
    deepen->options.rows = preset->full_rows;
    deepen->cutoffs = preset->fixed;
    int status = full_windows_new(&deepen->windows, &deepen->options, why);
    if (status == STATUS_OK)
        status = stream_contigs_read(&deepen->contigs, open, why);
    return status == STATUS_OK
               ? read_store_open(&deepen->reads, deepen->folder, deepen->contigs.lengths,
                                 deepen->contigs.count, why)
               : status;
}

/* The streams of the calls; of the reads nothing is to be announced. */
static int open_stream(struct deepen *deepen, const struct runnel_batch *open) {
    struct failure why = {0};
    char rows[16], channels[16], cutoffs[128];
    if (prepare(deepen, open, &why) != STATUS_OK)
        return stage_failed(deepen->host, &why);
    if (strcmp(open->type, CALLS_STREAM.type) != 0)
        return RUNNEL_OK;
    char *networks = stream_fact(open, "networks");
    deepen->pileup_only = networks != NULL && strcmp(networks, "pileup") == 0;
    free(networks);
    snprintf(rows, sizeof rows, "%d", deepen->options.rows);
    snprintf(channels, sizeof channels, "%d", FULL_CHANNELS);
    snprintf(
        cutoffs, sizeof cutoffs,
        "variants below QUAL %.2f, reference calls below QUAL %.2f (fixed, not of these reads)",
        deepen->cutoffs.variant, deepen->cutoffs.reference);
    const struct stream_fact facts[] = {{"platform", deepen->platform},
                                        {"reference", deepen->reference_path},
                                        {"cutoffs", deepen->pileup_only ? NULL : cutoffs},
                                        {"rows", rows},
                                        {"channels", channels}};
    if (stage_emit(deepen->host, deepen->slot, stream_open(&DRAFTS_STREAM, open, facts, 3, &why),
                   &why) != RUNNEL_OK)
        return RUNNEL_ERROR;
    return deepen->pileup_only ? RUNNEL_OK
                               : stage_emit(deepen->host, deepen->slot,
                                            stream_open(&FULL_STREAM, open, facts, 5, &why), &why);
}

/* ---- rows in ---- */

static int add_read(struct deepen *deepen, const struct runnel_batch *batch, int64_t row,
                    struct failure *why) {
    int64_t length, span;
    const char *name = runnel_text(batch, READS_CONTIG, row, &length);
    int64_t contig = stream_contigs_find(&deepen->contigs, name, length, deepen->contig);
    if (contig < 0)
        return fail(why, STATUS_BAD_INPUT, "a read on an unknown contig '%.*s'", (int)length, name);
    deepen->contig = contig;
    int status = read_row_get(&deepen->row, batch, row, why);
    if (status != STATUS_OK ||
        read_filter(&deepen->row.alignment, FULL_REFUSED_FLAGS, deepen->options.min_mq,
                    deepen->contigs.lengths[contig], &span) != READ_USED)
        return status;
    return read_store_add(deepen->reads, (size_t)contig, &deepen->row.alignment, span, why);
}

static int add_reads(struct deepen *deepen, const struct runnel_batch *batch, struct failure *why) {
    int status = stream_check(batch, &READS_STREAM, why);
    for (int64_t row = 0; !deepen->pileup_only && status == STATUS_OK && row < runnel_rows(batch);
         row++)
        status = add_read(deepen, batch, row, why);
    return status;
}

/* The window of the call at hand, from the reads so far. */
static int draw(struct deepen *deepen, struct failure *why) {
    const char *name = deepen->contigs.names[deepen->call_contig];
    int64_t position = deepen->call.position - 1;
    const struct alignment *reads;
    struct reference reference;
    struct full_window window;
    size_t count;
    int status =
        read_store_over(deepen->reads, (size_t)deepen->call_contig, position - WINDOW_FLANK,
                        position + WINDOW_FLANK + 1, &reads, &count, why);
    if (status == STATUS_OK)
        status = reference_contig(deepen->reference, name,
                                  deepen->contigs.lengths[deepen->call_contig], &reference, why);
    if (status != STATUS_OK)
        return status;
    full_windows_begin(deepen->windows, &reference, NULL, 0);
    status = full_windows_add_site(deepen->windows, position, why);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = full_windows_add(deepen->windows, &reads[i], why);
    full_windows_end(deepen->windows);
    if (status == STATUS_OK)
        status = full_windows_pull(deepen->windows, &window, why);
    return status == STATUS_OK ? full_row_put(deepen->table, &window, name, why) : status;
}

static int emit_table(struct deepen *deepen, const struct stream *stream, struct arrow_table *table,
                      struct failure *why) {
    struct runnel_batch *batch = stream_data(stream, table, why);
    if (batch == NULL)
        return STATUS_NO_MEMORY;
    deepen->host->emit(deepen->host->context, deepen->slot, batch);
    return STATUS_OK;
}

static int add_calls(struct deepen *deepen, const struct runnel_batch *batch, struct failure *why) {
    int status = stream_check(batch, &CALLS_STREAM, why);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++) {
        status =
            call_row_get(&deepen->call, &deepen->call_contig, &deepen->contigs, batch, row, why);
        if (status == STATUS_OK)
            status = call_row_put(deepen->drafts, &deepen->call, why);
        if (status == STATUS_OK && !deepen->pileup_only &&
            select_for_full(&deepen->cutoffs, &deepen->call))
            status = draw(deepen, why);
    }
    if (status == STATUS_OK)
        status = emit_table(deepen, &DRAFTS_STREAM, deepen->drafts, why);
    return status == STATUS_OK && !deepen->pileup_only
               ? emit_table(deepen, &FULL_STREAM, deepen->table, why)
               : status;
}

static int deepen_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct deepen *deepen = state;
    struct failure why = {0};
    deepen->slot = slot;
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(deepen, batch);
    int status = strcmp(batch->type, READS_STREAM.type) == 0 ? add_reads(deepen, batch, &why)
                                                             : add_calls(deepen, batch, &why);
    return status == STATUS_OK ? RUNNEL_OK : stage_failed(deepen->host, &why);
}

static int deepen_finish(void *state, struct runnel_slot *slot) {
    const struct deepen *deepen = state;
    (void)slot;
    if (deepen->windows == NULL)
        return RUNNEL_OK; /* nothing was announced */
    const struct full_books *books = full_windows_books(deepen->windows);
    deepen->host->count(deepen->host->context, "windows", (int64_t)books->windows);
    return RUNNEL_OK;
}

static const struct runnel_option OPTIONS[] = {
    {"ref", RUNNEL_TEXT, NULL, "FASTA file that the reads are aligned to"},
    {"platform", RUNNEL_TEXT, "", "ont or hifi; by default what the read groups say"},
    {"folder", RUNNEL_TEXT, "", "where the reads are kept meanwhile; by default TMPDIR"},
    {"min-mq", RUNNEL_INTEGER, "5", "least mapping quality of a read"},
    {"enable-long-indel", RUNNEL_FLAG, "false", "list indels longer than 50 bases"},
};

static const struct runnel_stage DEEPEN = {
    .struct_size = sizeof DEEPEN,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "deepen",
    .version = "1",
    .help = "full-alignment windows at the doubtful calls of a live run",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.reads/1 runnel.calls/1",
    .gives = "runnel.drafts/1 runnel.full/1",
    .init = deepen_init,
    .process = deepen_process,
    .finish = deepen_finish,
    .destroy = deepen_destroy,
};

EXPORT_STAGE(DEEPEN)
