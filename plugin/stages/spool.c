/* SPDX-License-Identifier: MIT
 *
 * spool: pileup calls to a temporary file, for the later passes of a call.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! caller ! spool calls.vcf.gz'
 *     runnel run 'reads in.bam ! full calls.vcf.gz ref=ref.fa cutoffs=calls.vcf.gz.counts
 *                 ! caller ! merge calls.vcf.gz ! vcf out.vcf.gz'
 *
 * Takes runnel.calls/1, reference calls included, and writes them all (plugin/spool.h). */
#include "adapters/regions.h"
#include "adapters/vcf.h"
#include "core/calls/header.h"
#include "plugin/call_rows.h"
#include "plugin/spool.h"
#include "plugin/stages/stage.h"

#include <stdio.h>

struct spooler {
    const struct runnel_host *host;
    char *path, *region_texts;
    struct vcf_writer *writer;
    struct stream_contigs contigs;
    bool probabilities;
    struct regions *regions; /* calls outside are left out; NULL: all stay */
    struct select_counts *counts;
    struct text lines;
    struct call call;
    int64_t contig;
};

static void spool_destroy(void *state) {
    struct spooler *spooler = state;
    vcf_writer_free(spooler->writer);
    regions_free(spooler->regions);
    free(spooler->region_texts);
    stream_contigs_free(&spooler->contigs);
    text_free(&spooler->lines);
    call_free(&spooler->call);
    free(spooler->counts);
    free(spooler->path);
    free(spooler);
}

static int spool_init(const struct runnel_init *init, void **state) {
    struct spooler *spooler = calloc(1, sizeof *spooler);
    if (spooler == NULL)
        return RUNNEL_ERROR;
    spooler->host = init->host;
    spooler->path = strdup(runnel_setting_text(init, "path"));
    spooler->counts = calloc(1, sizeof *spooler->counts);
    spooler->region_texts = stage_copy_setting(init, "region");
    spooler->probabilities = runnel_setting_flag(init, "probabilities");
    if (spooler->path != NULL && spooler->counts != NULL) {
        *state = spooler;
        return RUNNEL_OK;
    }
    spool_destroy(spooler);
    return stage_failed(init->host, &(struct failure){.text = "out of memory for the spool"});
}

static int open_stream(struct spooler *spooler, const struct runnel_batch *open) {
    struct failure why = {0};
    struct text text = {0};
    int status = stream_contigs_read(&spooler->contigs, open, &why);
    if (status == STATUS_OK && spooler->region_texts != NULL) {
        status = regions_new(&spooler->regions, spooler->contigs.names, spooler->contigs.lengths,
                             spooler->contigs.count, &why);
        if (status == STATUS_OK)
            status = regions_add_texts(spooler->regions, spooler->region_texts, &why);
    }
    if (status != STATUS_OK)
        return stage_failed(spooler->host, &why);
    struct header_contig *contigs = calloc(spooler->contigs.count + 1, sizeof *contigs);
    for (size_t i = 0; contigs && i < spooler->contigs.count; i++)
        contigs[i] = (struct header_contig){spooler->contigs.names[i], spooler->contigs.lengths[i]};
    const struct header header = {.source = "Runnel",
                                  .contig_count = contigs ? spooler->contigs.count : 0,
                                  .contigs = contigs,
                                  .sample = "SAMPLE"};
    header_append(&text, &header);
    if (contigs != NULL && !text.failed)
        spooler->writer = vcf_writer_open(spooler->path, VCF_BGZF, &text, &why);
    else
        fail(&why, STATUS_NO_MEMORY, "out of memory for the spool");
    free(contigs);
    text_free(&text);
    if (spooler->writer == NULL || spool_write_facts(spooler->path, open, &why) != STATUS_OK)
        return stage_failed(spooler->host, &why);
    return RUNNEL_OK;
}

static int add_row(struct spooler *spooler, const struct runnel_batch *batch, int64_t row,
                   struct failure *why) {
    struct call *call = &spooler->call;
    int status = call_row_get(call, &spooler->contig, &spooler->contigs, batch, row, why);
    if (status != STATUS_OK)
        return status;
    bool wanted = spooler->regions == NULL ||
                  regions_include(spooler->regions, (size_t)spooler->contig, call->position - 1);
    spooler->host->count(spooler->host->context, wanted ? "used" : "left out: outside the regions",
                         1);
    if (wanted) {
        select_count(spooler->counts, call);
        spool_append(&spooler->lines, call, spooler->probabilities);
    }
    return STATUS_OK;
}

static int spool_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct spooler *spooler = state;
    struct failure why = {0};
    (void)slot;
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(spooler, batch);
    int status = stream_check(batch, &CALLS_STREAM, &why);
    text_clear(&spooler->lines);
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++)
        status = add_row(spooler, batch, row, &why);
    if (status == STATUS_OK && spooler->lines.failed)
        status = fail(&why, STATUS_NO_MEMORY, "out of memory for the spool");
    if (status == STATUS_OK)
        status = vcf_writer_write(spooler->writer, text_bytes(&spooler->lines),
                                  spooler->lines.length, &why);
    if (status != STATUS_OK)
        return stage_failed(spooler->host, &why);
    spooler->host->count(spooler->host->context, "in", runnel_rows(batch));
    return RUNNEL_OK;
}

static int spool_finish(void *state, struct runnel_slot *slot) {
    struct spooler *spooler = state;
    struct failure why = {0};
    char counts[4200];
    (void)slot;
    snprintf(counts, sizeof counts, "%s.counts", spooler->path);
    if (spooler->writer == NULL)
        fail(&why, STATUS_BAD_INPUT, "no calls were announced");
    else if (vcf_writer_commit(spooler->writer, &why) == STATUS_OK &&
             spool_write_counts(counts, spooler->counts, &why) == STATUS_OK)
        return RUNNEL_OK;
    return stage_failed(spooler->host, &why);
}

static const struct runnel_option OPTIONS[] = {
    {"path", RUNNEL_TEXT, NULL, "file to write; the counts go to the same name with .counts"},
    {"region", RUNNEL_TEXT, "", "keep only calls in these regions, separated by blanks"},
    {"probabilities", RUNNEL_FLAG, "false", "keep what the network answered too"},
};

static const struct runnel_stage SPOOL = {
    .struct_size = sizeof SPOOL,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "spool",
    .version = "1",
    .help = "pileup calls to a temporary file, for later passes",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.calls/1",
    .init = spool_init,
    .process = spool_process,
    .finish = spool_finish,
    .destroy = spool_destroy,
};

EXPORT_STAGE(SPOOL)
