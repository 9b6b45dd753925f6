/* SPDX-License-Identifier: MIT
 *
 * align: reads that are not aligned yet to alignments, by minimap2; aligned ones as they are.
 *
 *     runnel run 'reads reads.fq.gz unaligned=true ! align ref.fa ! ./my_counter.so'
 *
 * Takes and gives runnel.reads/1, in the order of arrival: behind it stands what asks for no other
 * order (`live`).  The contigs are those of the reference from here on.  A batch is one job;
 * `threads` workers run jobs side by side, and the host keeps the order. */
#include "adapters/aligner.h"
#include "plugin/read_rows.h"
#include "plugin/stages/stage.h"
#include "plugin/work_pool.h"

#include <stdatomic.h>
#include <stdio.h>

enum { UNALIGNED = 4 };

struct align;

struct worker {
    struct align *align;
    struct aligner_worker *mapper;
    struct arrow_table *table;
    struct read_row row;
    int64_t contig; /* of the last aligned read */
};

struct align {
    const struct runnel_host *host;
    char *path;
    struct aligner *aligner;
    struct stream_contigs contigs; /* of the reference */
    atomic_bool stranger_told;     /* of a contig that the reference does not have */
    struct work_pool *pool;
    size_t worker_count;
    struct worker workers[WORKERS_MAX];
};

/* ---- one batch ---- */

static void count(const struct align *align, const char *what) {
    align->host->count(align->host->context, what, 1);
}

static int map_row(struct worker *worker, struct failure *why) {
    const struct align *align = worker->align;
    const struct aligner_hit *hits;
    size_t hit_count;
    int status = aligner_map(worker->mapper, &worker->row.alignment, &hits, &hit_count, why);
    for (size_t i = 0; status == STATUS_OK && i < hit_count; i++)
        status = read_row_put(worker->table, &hits[i].alignment,
                              align->contigs.names[hits[i].contig], &worker->row.origin, why);
    if (status == STATUS_OK)
        count(align, hit_count > 0 ? "used" : "left out: not in the reference");
    return status;
}

/* A read that came aligned; one of a contig that the reference does not have is of no use here. */
static int pass_row(struct worker *worker, const struct runnel_batch *batch, int64_t row,
                    struct failure *why) {
    struct align *align = worker->align;
    int64_t length;
    const char *name = runnel_text(batch, READS_CONTIG, row, &length);
    int64_t contig = stream_contigs_find(&align->contigs, name, length, worker->contig);
    if (contig < 0) {
        char text[1024];
        snprintf(text, sizeof text,
                 "read %s is aligned to %.*s, which %s does not have: such reads are left out",
                 worker->row.alignment.name, (int)length, name, align->path);
        if (!atomic_exchange(&align->stranger_told, true))
            align->host->log(align->host->context, RUNNEL_LOG_WARNING, text);
        count(align, "left out: aligned to another reference");
        return STATUS_OK;
    }
    worker->contig = contig;
    count(align, "used");
    return read_row_put(worker->table, &worker->row.alignment, align->contigs.names[contig],
                        &worker->row.origin, why);
}

static int run_job(void *with, const struct runnel_batch *batch, struct runnel_slot *slot,
                   struct failure *why) {
    struct worker *worker = with;
    const struct runnel_host *host = worker->align->host;
    int64_t rows = runnel_rows(batch);
    int status = stream_check(batch, &READS_STREAM, why);
    for (int64_t row = 0; status == STATUS_OK && row < rows; row++) {
        status = read_row_get(&worker->row, batch, row, why);
        if (status == STATUS_OK)
            status = worker->row.alignment.flag & UNALIGNED ? map_row(worker, why)
                                                            : pass_row(worker, batch, row, why);
    }
    if (status != STATUS_OK)
        return status;
    struct runnel_batch *aligned = stream_data(&READS_STREAM, worker->table, why);
    if (aligned == NULL)
        return STATUS_NO_MEMORY;
    host->count(host->context, "in", rows);
    host->emit(host->context, slot, aligned);
    return STATUS_OK;
}

/* ---- workers ---- */

static void worker_free(struct worker *worker) {
    aligner_worker_free(worker->mapper);
    arrow_table_free(worker->table);
    read_row_free(&worker->row);
}

static int start_workers(struct align *align, struct failure *why) {
    while (align->worker_count < work_pool_threads(align->pool)) {
        struct worker *worker = &align->workers[align->worker_count];
        worker->align = align;
        int status = arrow_table_new(&worker->table, READS_STREAM.fields, READS_STREAM.count, why);
        if (status == STATUS_OK &&
            (worker->mapper = aligner_worker_new(align->aligner, why)) == NULL)
            status = STATUS_NO_MEMORY;
        if (status == STATUS_OK)
            status = work_pool_start(align->pool, worker, why);
        if (status != STATUS_OK) {
            worker_free(worker);
            return status;
        }
        align->worker_count++;
    }
    return STATUS_OK;
}

/* ---- contigs ---- */

/* A contig of one name and two lengths: another version of the genome, and every call would be off.
 */
static int compare_contigs(const struct align *align, const struct runnel_batch *open,
                           struct failure *why) {
    struct stream_contigs theirs;
    const struct stream_contigs *ours = &align->contigs;
    int status = stream_contigs_read(&theirs, open, why);
    for (size_t i = 0; status == STATUS_OK && i < theirs.count; i++) {
        int64_t at = stream_contigs_find(ours, theirs.names[i], (int64_t)strlen(theirs.names[i]),
                                         (int64_t)(i % ours->count));
        if (at >= 0 && ours->lengths[at] != theirs.lengths[i])
            status = fail(why, STATUS_BAD_INPUT,
                          "%s: contig %s has %lld bases, in the reads' header %lld: they are "
                          "aligned to another reference",
                          align->path, ours->names[at], (long long)ours->lengths[at],
                          (long long)theirs.lengths[i]);
    }
    stream_contigs_free(&theirs);
    return status;
}

/* The contigs of the reference, and the same as the text of the fact "contigs" (the caller frees).
 */
static char *read_contigs(struct align *align) {
    size_t contig_count, size = 1;
    const struct aligner_contig *contigs = aligner_contigs(align->aligner, &contig_count);
    struct stream_contigs *ours = &align->contigs;
    for (size_t i = 0; i < contig_count; i++)
        size += strlen(contigs[i].name) + 32;
    char *text = malloc(size), *at = text;
    ours->names = calloc(contig_count, sizeof *ours->names);
    ours->lengths = calloc(contig_count, sizeof *ours->lengths);
    for (size_t i = 0; text && ours->names && ours->lengths && i < contig_count; i++) {
        if ((ours->names[i] = strdup(contigs[i].name)) == NULL)
            break;
        ours->lengths[i] = contigs[i].length;
        ours->count++;
        at += snprintf(at, size - (size_t)(at - text), "%s\t%lld\n", contigs[i].name,
                       (long long)contigs[i].length);
    }
    if (ours->count == contig_count)
        return text;
    free(text);
    return NULL;
}

static int open_stream(struct align *align, const struct runnel_batch *open,
                       struct runnel_slot *slot) {
    struct failure why = {0};
    char *contigs = read_contigs(align);
    if (contigs == NULL)
        fail(&why, STATUS_NO_MEMORY, "%s: out of memory for contigs", align->path);
    else if (compare_contigs(align, open, &why) == STATUS_OK)
        start_workers(align, &why);
    struct runnel_batch *batch = NULL;
    const struct stream_fact facts[] = {{"contigs", contigs}, {"order", "arrival"}};
    if (why.code == STATUS_OK)
        batch = stream_open(&READS_STREAM, open, facts, 2, &why);
    free(contigs);
    return stage_emit(align->host, slot, batch, &why);
}

/* ---- hooks ---- */

static void align_destroy(void *state) {
    struct align *align = state;
    work_pool_free(align->pool);
    for (size_t i = 0; i < align->worker_count; i++)
        worker_free(&align->workers[i]);
    aligner_close(align->aligner);
    stream_contigs_free(&align->contigs);
    free(align->path);
    free(align);
}

static int align_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct align *align = calloc(1, sizeof *align);
    if (align == NULL)
        return RUNNEL_ERROR;
    align->host = init->host;
    align->path = stage_copy_setting(init, "ref");
    *state = align;
    align->pool = work_pool_new(init->host, run_job, runnel_setting_integer(init, "threads"), &why);
    if (align->path != NULL && align->pool != NULL &&
        aligner_open(&align->aligner, align->path, runnel_setting_text(init, "preset"),
                     (int)work_pool_threads(align->pool), &why) == STATUS_OK)
        return RUNNEL_OK;
    align_destroy(align);
    return stage_failed(init->host, &why);
}

static int align_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct align *align = state;
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(align, batch, slot);
    return work_pool_take(align->pool, batch, slot);
}

static int align_finish(void *state, struct runnel_slot *slot) {
    (void)state;
    (void)slot;
    return RUNNEL_OK;
}

static const struct runnel_option OPTIONS[] = {
    {"ref", RUNNEL_TEXT, NULL, "FASTA file, or an index of minimap2 (.mmi)"},
    {"preset", RUNNEL_TEXT, "map-ont", "of minimap2: map-ont, map-hifi, lr:hq where it has it"},
    {"threads", RUNNEL_INTEGER, "1", "batches to work on at a time"},
};

static const struct runnel_stage ALIGN = {
    .struct_size = sizeof ALIGN,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "align",
    .version = "1",
    .help = "reads that are not aligned yet to alignments, by minimap2",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.reads/1",
    .gives = "runnel.reads/1",
    .init = align_init,
    .process = align_process,
    .finish = align_finish,
    .destroy = align_destroy,
};

EXPORT_STAGE(ALIGN)
