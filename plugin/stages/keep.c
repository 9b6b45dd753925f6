/* SPDX-License-Identifier: MIT
 *
 * keep: the reads of a live run that count, kept on disk before anything is made of them.
 *
 *     runnel run 'reads run.bam any ! keep spool ref=ref.fa ! live ref=ref.fa ! caller ! vcf x.vcf'
 *
 * Takes runnel.reads/1 in any order, and gives those on that are aligned to the reference, well
 * formed, near a target, and did not come before (same name, place and flags).  Whatever is given
 * on is in the folder; a read that is in the folder is never lost.  With `resume`, the reads of a
 * folder are given on first, as they came. */
#include "adapters/alignments.h"
#include "adapters/read_spool.h"
#include "adapters/reference.h"
#include "core/windows/held_reads.h"
#include "core/windows/read_filter.h"
#include "plugin/name_set.h"
#include "plugin/read_rows.h"
#include "plugin/stages/stage.h"
#include "plugin/targets.h"

#include <stdio.h>

enum { REPLAY_BYTES = 1 << 17 }; /* of a batch of reads that were kept before */

struct keep {
    const struct runnel_host *host;
    const struct runnel_take *take;
    char *folder, *reference, *bed;
    bool resume, moves, strangers_told;
    struct stream_contigs contigs;
    bool *known; /* by contig: the reference has it */
    struct targets targets;
    struct read_spool *spool;
    struct name_set seen;
    struct read_row row;
    int64_t contig;          /* of the last read */
    int64_t *rows;           /* of a batch, that are given on */
    size_t room;             /* in `rows` */
    size_t segment;          /* of those kept before: the next one, */
    struct alignments *file; /* the one under way */
    struct arrow_table *table;
};

static void keep_destroy(void *state) {
    struct keep *keep = state;
    alignments_close(keep->file);
    read_spool_free(keep->spool);
    name_set_free(&keep->seen);
    targets_free(&keep->targets);
    stream_contigs_free(&keep->contigs);
    arrow_table_free(keep->table);
    read_row_free(&keep->row);
    free(keep->known);
    free(keep->rows);
    free(keep->folder);
    free(keep->reference);
    free(keep->bed);
    free(keep);
}

static int keep_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct keep *keep = calloc(1, sizeof *keep);
    if (keep == NULL)
        return RUNNEL_ERROR;
    keep->host = init->host;
    keep->take = init->host->extension(init->host->context, "runnel.take/1");
    keep->folder = stage_copy_setting(init, "spool");
    keep->reference = stage_copy_setting(init, "ref");
    keep->bed = stage_copy_setting(init, "bed");
    keep->resume = runnel_setting_flag(init, "resume");
    *state = keep;
    if (keep->take == NULL)
        fail(&why, STATUS_UNSUPPORTED, "keep needs a host that offers runnel.take/1");
    else if (arrow_table_new(&keep->table, READS_STREAM.fields, READS_STREAM.count, &why) ==
             STATUS_OK)
        return RUNNEL_OK;
    keep_destroy(keep);
    return stage_failed(init->host, &why);
}

static void count(const struct keep *keep, const char *name, int64_t amount) {
    keep->host->count(keep->host->context, name, amount);
}

/* ---- opening ---- */

/* Contigs that the reference lacks, or has with another length, have no targets. */
static int find_contigs(struct keep *keep, struct failure *why) {
    struct reference_file *file;
    struct reference contig;
    int status = reference_open(&file, keep->reference, why);
    keep->known = calloc(keep->contigs.count + 1, sizeof *keep->known);
    if (status == STATUS_OK && keep->known == NULL)
        status = fail(why, STATUS_NO_MEMORY, "out of memory for contigs");
    size_t known = 0;
    for (size_t i = 0; status == STATUS_OK && i < keep->contigs.count; i++)
        known += keep->known[i] =
            reference_contig(file, keep->contigs.names[i], keep->contigs.lengths[i], &contig,
                             NULL) == STATUS_OK;
    reference_close(file);
    if (status == STATUS_OK && known == 0)
        status = fail(why, STATUS_BAD_INPUT,
                      "%s: has none of the contigs that the reads are aligned to; give the FASTA "
                      "file that they were aligned to",
                      keep->reference);
    return status;
}

static int open_spool(struct keep *keep, const struct runnel_batch *open, struct failure *why) {
    char targets[TARGETS_NAME_SIZE];
    if (targets_name(targets, keep->bed, why) != STATUS_OK)
        return why->code;
    char *sample = stream_fact(open, "sample"), *platform = stream_fact(open, "read_platform");
    char *models = stream_fact(open, "basecall_model"), *moves = stream_fact(open, "moves");
    const struct read_spool_header header = {.contig_count = keep->contigs.count,
                                             .names = keep->contigs.names,
                                             .lengths = keep->contigs.lengths,
                                             .sample = sample,
                                             .platform = platform,
                                             .basecall_models = models,
                                             .targets = targets};
    keep->moves = moves != NULL && strcmp(moves, "true") == 0;
    int status = read_spool_open(&keep->spool, keep->folder, &header, keep->resume, why);
    free(sample);
    free(platform);
    free(models);
    free(moves);
    return status;
}

static int open_stream(struct keep *keep, const struct runnel_batch *open,
                       struct runnel_slot *slot) {
    struct failure why = {0};
    int status = stream_contigs_read(&keep->contigs, open, &why);
    if (status == STATUS_OK)
        status = find_contigs(keep, &why);
    if (status == STATUS_OK)
        status = targets_read(&keep->targets, keep->bed, &keep->contigs, &why);
    if (status == STATUS_OK)
        status = open_spool(keep, open, &why);
    if (status != STATUS_OK)
        return stage_failed(keep->host, &why);
    open->retain(open);
    keep->host->emit(keep->host->context, slot, open);
    return read_spool_segments(keep->spool) > 0 ? RUNNEL_MORE : RUNNEL_OK;
}

/* ---- reads that were kept before ---- */

static int replay_row(struct keep *keep, const struct alignment *read, int32_t contig,
                      struct failure *why) {
    const char *start_time = alignments_start_time(keep->file);
    const struct read_origin origin = {start_time, start_time ? strlen(start_time) : 0,
                                       alignments_channel(keep->file)};
    bool is_new;
    int status =
        name_set_add(&keep->seen, read->name, contig, read->position, read->flag, &is_new, why);
    count(keep, "bases", read->length);
    return status == STATUS_OK
               ? read_row_put(keep->table, read, keep->contigs.names[contig], &origin, why)
               : status;
}

/* The next of them in one batch; MORE while there may be others. */
static int replay(struct keep *keep, struct runnel_slot *slot) {
    struct failure why = {0};
    struct alignment read;
    const struct alignments_options options = {.any_order = true, .moves = keep->moves};
    int32_t contig;
    int status = STATUS_OK;
    if (keep->file == NULL)
        status = alignments_open(&keep->file, read_spool_segment(keep->spool, keep->segment),
                                 &options, &why);
    while (status == STATUS_OK && arrow_table_bytes(keep->table) < REPLAY_BYTES &&
           (status = alignments_next(keep->file, &read, &contig, &why)) == STATUS_OK)
        status = replay_row(keep, &read, contig, &why);
    if (status < 0)
        return stage_failed(keep->host, &why);
    if (status == STATUS_END) {
        alignments_close(keep->file);
        keep->file = NULL;
        keep->segment++;
    }
    count(keep, "reads kept before", (int64_t)arrow_table_rows(keep->table));
    if (stage_emit(keep->host, slot, stream_data(&READS_STREAM, keep->table, &why), &why) !=
        RUNNEL_OK)
        return RUNNEL_ERROR;
    return keep->segment < read_spool_segments(keep->spool) ? RUNNEL_MORE : RUNNEL_OK;
}

/* ---- reads that come ---- */

static void tell_strangers(struct keep *keep, const char *name, int64_t length) {
    char text[512];
    if (keep->strangers_told)
        return;
    keep->strangers_told = true;
    snprintf(text, sizeof text,
             "reads on contig '%.*s', which %s does not have, or has with another length, are left "
             "out",
             (int)length, name, keep->reference);
    keep->host->log(keep->host->context, RUNNEL_LOG_WARNING, text);
}

/* Why a read is not given on; NULL where it is. */
static const char *left_out(struct keep *keep, char *reason, size_t size, struct failure *why) {
    const struct alignment *read = &keep->row.alignment;
    int64_t length = keep->contigs.lengths[keep->contig], span;
    enum read_fate fate = read_filter(read, 4, 0, length, &span);
    bool is_new = true;
    if (fate != READ_USED) {
        snprintf(reason, size, "left out: %s", read_fate_name(fate));
        return reason;
    }
    if (!targets_near(&keep->targets, (size_t)keep->contig, read->position, read->position + span))
        return "left out: far from the targets";
    name_set_add(&keep->seen, read->name, keep->contig, read->position, read->flag, &is_new, why);
    return is_new ? NULL : "left out: came before";
}

/* Keeps row `at`, or counts why not. */
static int add_row(struct keep *keep, const struct runnel_batch *batch, int64_t at, size_t *kept,
                   struct failure *why) {
    int64_t length;
    char buffer[96];
    const char *name = runnel_text(batch, READS_CONTIG, at, &length);
    int64_t contig =
        length == 0 ? -1 : stream_contigs_find(&keep->contigs, name, length, keep->contig);
    if (length == 0 || contig < 0 || !keep->known[contig]) {
        count(keep, length == 0 ? "left out: not aligned" : "left out: of another reference", 1);
        if (length > 0)
            tell_strangers(keep, name, length);
        return STATUS_OK;
    }
    keep->contig = contig;
    int status = read_row_get(&keep->row, batch, at, why);
    if (status != STATUS_OK)
        return status;
    const char *reason = left_out(keep, buffer, sizeof buffer, why);
    count(keep, reason ? reason : "used", 1);
    if (reason != NULL || why->code != STATUS_OK)
        return why->code;
    keep->rows[(*kept)++] = at;
    count(keep, "bases", keep->row.alignment.length);
    return read_spool_add(keep->spool, (int32_t)contig, &keep->row.alignment,
                          keep->row.origin.start_time, keep->row.origin.start_time_length,
                          keep->row.origin.channel, why);
}

static int add_rows(struct keep *keep, const struct runnel_batch *batch, size_t *kept,
                    struct failure *why) {
    size_t rows = (size_t)runnel_rows(batch);
    int status = stream_check(batch, &READS_STREAM, why);
    if (status == STATUS_OK && rows > keep->room) {
        int64_t *larger = realloc(keep->rows, rows * sizeof *larger);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for %zu reads", rows);
        keep->rows = larger;
        keep->room = rows;
    }
    for (size_t row = 0; status == STATUS_OK && row < rows; row++)
        status = add_row(keep, batch, (int64_t)row, kept, why);
    return status == STATUS_OK ? read_spool_flush(keep->spool, why) : status;
}

static int keep_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct keep *keep = state;
    struct failure why = {0};
    size_t kept = 0;
    if (batch->kind == RUNNEL_OPEN)
        return keep->spool == NULL ? open_stream(keep, batch, slot) : replay(keep, slot);
    if (add_rows(keep, batch, &kept, &why) != STATUS_OK)
        return stage_failed(keep->host, &why);
    count(keep, "in", runnel_rows(batch));
    if (kept == 0)
        return RUNNEL_OK;
    const struct runnel_batch *rows = keep->take->take(batch, keep->rows, kept);
    if (rows == NULL)
        fail(&why, STATUS_NO_MEMORY, "out of memory for %zu reads", kept);
    return stage_emit(keep->host, slot, rows, &why);
}

static int keep_finish(void *state, struct runnel_slot *slot) {
    struct keep *keep = state;
    struct failure why = {0};
    (void)slot;
    if (keep->spool == NULL || read_spool_end(keep->spool, &why) == STATUS_OK)
        return RUNNEL_OK;
    return stage_failed(keep->host, &why);
}

static const struct runnel_option OPTIONS[] = {
    {"spool", RUNNEL_TEXT, NULL, "folder to keep the reads in, which is made"},
    {"ref", RUNNEL_TEXT, NULL, "FASTA file that the reads are aligned to"},
    {"bed", RUNNEL_TEXT, "", "targets; by default all of the reference"},
    {"resume", RUNNEL_FLAG, "false", "begin with the reads that are in the folder"},
};

static const struct runnel_stage KEEP = {
    .struct_size = sizeof KEEP,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "keep",
    .version = "1",
    .help = "keeps the reads of a live run on disk, each once",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.reads/1",
    .gives = "runnel.reads/1",
    .init = keep_init,
    .process = keep_process,
    .finish = keep_finish,
    .destroy = keep_destroy,
};

EXPORT_STAGE(KEEP)
