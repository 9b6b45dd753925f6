/* SPDX-License-Identifier: MIT
 *
 * spooled: the pileup calls of a spool as a stream of their own.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! caller ! spool calls.vcf.gz'
 *     runnel run 'spooled calls.vcf.gz ! merge ! vcf out.vcf.gz'
 *
 * Gives runnel.calls/1, with the facts that the spool's own stream had.  What ends a call when the
 * model has no full-alignment network. */
#include "core/calls/call.h"
#include "plugin/call_rows.h"
#include "plugin/spool.h"
#include "plugin/stages/stage.h"

enum { BATCH_ROWS = 4096 };

struct spooled {
    const struct runnel_host *host;
    char *path;
    struct stream_contigs contigs;
    struct spool *spool;
    struct arrow_table *table;
    struct call call;
    int64_t contig;
};

static void spooled_destroy(void *state) {
    struct spooled *spooled = state;
    spool_close(spooled->spool);
    stream_contigs_free(&spooled->contigs);
    arrow_table_free(spooled->table);
    call_free(&spooled->call);
    free(spooled->path);
    free(spooled);
}

static int spooled_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct spooled *spooled = calloc(1, sizeof *spooled);
    if (spooled == NULL)
        return RUNNEL_ERROR;
    spooled->host = init->host;
    spooled->path = strdup(runnel_setting_text(init, "path"));
    if (spooled->path != NULL && arrow_table_new(&spooled->table, CALLS_STREAM.fields,
                                                 CALLS_STREAM.count, &why) == STATUS_OK) {
        *state = spooled;
        return RUNNEL_OK;
    }
    spooled_destroy(spooled);
    return stage_failed(init->host, &why);
}

/* The first batch: the facts that the spool kept. */
static int open_stream(struct spooled *spooled, struct runnel_slot *slot) {
    struct failure why = {0};
    struct runnel_batch *open = spool_open_batch(spooled->path, &why);
    if (open == NULL)
        return stage_failed(spooled->host, &why);
    if (stream_contigs_read(&spooled->contigs, open, &why) != STATUS_OK ||
        spool_open(&spooled->spool, spooled->path, &spooled->contigs, &why) != STATUS_OK) {
        open->release(open);
        return stage_failed(spooled->host, &why);
    }
    return stage_emit(spooled->host, slot, open, &why);
}

static int spooled_process(void *state, const struct runnel_batch *none, struct runnel_slot *slot) {
    struct spooled *spooled = state;
    struct failure why = {0};
    (void)none;
    if (spooled->spool == NULL)
        return open_stream(spooled, slot);
    int status = STATUS_OK;
    while (arrow_table_rows(spooled->table) < BATCH_ROWS &&
           (status = spool_next(spooled->spool, &spooled->call, &spooled->contig, &why)) ==
               STATUS_OK)
        if ((status = call_row_put(spooled->table, &spooled->call, &why)) != STATUS_OK)
            break;
    if (status < 0)
        return stage_failed(spooled->host, &why);
    struct runnel_batch *calls = stream_data(&CALLS_STREAM, spooled->table, &why);
    if (calls != NULL) { /* everything before the last call has gone */
        calls->mark_contig = spooled->contig;
        calls->mark_position = spooled->call.position;
    }
    int result = stage_emit(spooled->host, slot, calls, &why);
    return result == RUNNEL_OK && status == STATUS_END ? RUNNEL_DONE : result;
}

static int spooled_finish(void *state, struct runnel_slot *slot) {
    (void)state;
    (void)slot;
    return RUNNEL_OK;
}

static const struct runnel_option OPTIONS[] = {
    {"path", RUNNEL_TEXT, NULL, "pileup calls, as the spool stage wrote them"},
};

static const struct runnel_stage SPOOLED = {
    .struct_size = sizeof SPOOLED,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "spooled",
    .version = "1",
    .help = "the calls of a spool as a stream",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .gives = "runnel.calls/1",
    .init = spooled_init,
    .process = spooled_process,
    .finish = spooled_finish,
    .destroy = spooled_destroy,
};

EXPORT_STAGE(SPOOLED)
