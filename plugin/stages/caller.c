/* SPDX-License-Identifier: MIT
 *
 * caller: windows to calls, by the two networks.
 *
 *     runnel run 'reads in.bam ! pileup ref=ref.fa ! caller model=ont ! vcf out.vcf'
 *
 * Takes runnel.pileup/1 and runnel.full/1, gives runnel.calls/1: one call for each window that
 * decodes to one, reference calls included.  Windows may come from anyone; nothing here knows of
 * alignments.  A batch is one job; `threads` workers run jobs side by side, and the host keeps
 * the order.  A window's call does not depend on the windows beside it. */
#include "adapters/model_folder.h"
#include "adapters/models.h"
#include "core/calls/decode.h"
#include "core/calls/presets.h"
#include "core/networks/depth_scale.h"
#include "core/networks/full_network.h"
#include "core/networks/pileup_network.h"
#include "core/windows/shape.h"
#include "plugin/call_rows.h"
#include "plugin/stages/stage.h"
#include "plugin/work_pool.h"

#include <stdio.h>

struct caller;

struct worker {
    struct caller *caller;
    struct pileup_scratch *pileup_scratch;
    struct full_scratch *full_scratch;
    struct decoder *pileup_decoder, *full_decoder;
    struct arrow_table *table;
    struct call call;
    /* room for one batch's inputs and answers */
    int32_t *pileup_windows;
    struct full_input *full_windows;
    float *probabilities;
    size_t pileup_room, full_room, probability_room; /* in windows, windows, floats */
};

struct caller {
    const struct runnel_host *host;
    char *model_name;
    struct decode_options decoding;
    const struct kernels *kernels;
    struct model *model;
    struct pileup_network *pileup;
    struct full_network *full;
    struct stream_contigs contigs;
    bool announced; /* calls have been opened */
    struct work_pool *pool;
    size_t worker_count;
    struct worker workers[WORKERS_MAX];
};

/* ---- one batch ---- */

static int grow(void **room, size_t *have, size_t want, size_t width, struct failure *why) {
    if (want <= *have)
        return STATUS_OK;
    void *larger = realloc(*room, want * width);
    if (larger == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for %zu windows", want);
    *room = larger;
    *have = want;
    return STATUS_OK;
}

static int run_pileup(struct worker *worker, const struct runnel_batch *batch,
                      struct failure *why) {
    const struct caller *caller = worker->caller;
    size_t rows = (size_t)runnel_rows(batch);
    size_t outputs = pileup_network_outputs(caller->pileup);
    int64_t size;
    if (grow((void **)&worker->pileup_windows, &worker->pileup_room, rows,
             PILEUP_WINDOW_SIZE * sizeof(int32_t), why) != STATUS_OK ||
        grow((void **)&worker->probabilities, &worker->probability_room, rows * outputs,
             sizeof(float), why) != STATUS_OK)
        return why->code;
    for (size_t row = 0; row < rows; row++) {
        int32_t *window = worker->pileup_windows + row * PILEUP_WINDOW_SIZE;
        const void *values = runnel_list(batch, PILEUP_WINDOW, (int64_t)row, &size);
        memcpy(window, values, PILEUP_WINDOW_SIZE * sizeof *window);
        depth_scale(window, runnel_integer(batch, PILEUP_DEPTH, (int64_t)row));
    }
    pileup_network_run(caller->pileup, worker->pileup_scratch, worker->pileup_windows, rows,
                       worker->probabilities);
    return STATUS_OK;
}

static int run_full(struct worker *worker, const struct runnel_batch *batch, struct failure *why) {
    const struct caller *caller = worker->caller;
    size_t rows = (size_t)runnel_rows(batch), outputs = full_network_outputs(caller->full);
    size_t depth = full_network_rows(caller->full);
    size_t row_size = WINDOW_WIDTH * full_network_channels(caller->full);
    if (grow((void **)&worker->full_windows, &worker->full_room, rows, sizeof *worker->full_windows,
             why) != STATUS_OK ||
        grow((void **)&worker->probabilities, &worker->probability_room, rows * outputs,
             sizeof(float), why) != STATUS_OK)
        return why->code;
    for (size_t row = 0; row < rows; row++) {
        int64_t size, first = runnel_integer(batch, FULL_FIRST_ROW, (int64_t)row);
        int64_t used = runnel_integer(batch, FULL_USED_ROWS, (int64_t)row);
        const int8_t *values = runnel_list(batch, FULL_WINDOW, (int64_t)row, &size);
        if (first < 0 || used < 0 || (size_t)(first + used) > depth ||
            (size_t)size != (size_t)used * row_size)
            return fail(why, STATUS_BAD_INPUT,
                        "a full-alignment window of %lld values in rows %lld to %lld does not fit "
                        "the model's %zu rows of %zu values",
                        (long long)size, (long long)first, (long long)(first + used), depth,
                        row_size);
        worker->full_windows[row] = (struct full_input){values, (size_t)first, (size_t)used};
    }
    full_network_run(caller->full, worker->full_scratch, worker->full_windows, rows,
                     worker->probabilities);
    return STATUS_OK;
}

/* Decodes one answer into the table, or counts why there is no call. */
static int decode_row(struct worker *worker, const struct runnel_batch *batch, int64_t row,
                      bool is_full, int64_t *contig, struct failure *why) {
    struct caller *caller = worker->caller;
    size_t outputs =
        is_full ? full_network_outputs(caller->full) : pileup_network_outputs(caller->pileup);
    int64_t name_length, letters, info_length;
    /* The first columns are the same in both kinds of windows. */
    const char *name = runnel_text(batch, PILEUP_CONTIG, row, &name_length);
    *contig = stream_contigs_find(&caller->contigs, name, name_length, *contig);
    const char *reference = runnel_text(batch, PILEUP_REFERENCE, row, &letters);
    const char *alt_info = runnel_text(batch, PILEUP_ALT_INFO, row, &info_length);
    if (*contig < 0 || letters != WINDOW_WIDTH)
        return fail(why, STATUS_BAD_INPUT, "a window on contig '%.*s' with %lld reference letters",
                    (int)name_length, name, (long long)letters);
    const struct decode_window window = {.contig = caller->contigs.names[*contig],
                                         .position = runnel_integer(batch, PILEUP_POSITION, row),
                                         .reference = reference[WINDOW_FLANK],
                                         .alt_info = alt_info,
                                         .alt_info_length = (size_t)info_length,
                                         .probabilities =
                                             worker->probabilities + (size_t)row * outputs};
    int result = decode(is_full ? worker->full_decoder : worker->pileup_decoder, &window,
                        &worker->call, why);
    if (result < 0)
        return result;
    char reason[96] = "used";
    if (result != DECODE_CALL)
        snprintf(reason, sizeof reason, "left out: %s",
                 decode_result_text((enum decode_result)result));
    caller->host->count(caller->host->context, reason, 1);
    return result == DECODE_CALL ? call_row_put(worker->table, &worker->call, why) : STATUS_OK;
}

/* Scratch for one network, when its first windows come: many callers see windows of one kind. */
static int prepare(struct worker *worker, bool is_full, struct failure *why) {
    const struct caller *caller = worker->caller;
    if (is_full && worker->full_decoder == NULL) {
        if ((worker->full_scratch = full_scratch_new(caller->full, why)) != NULL)
            worker->full_decoder = decoder_new(CALL_FULL, &caller->decoding, why);
    } else if (!is_full && worker->pileup_decoder == NULL) {
        if ((worker->pileup_scratch = pileup_scratch_new(caller->pileup, why)) != NULL)
            worker->pileup_decoder = decoder_new(CALL_PILEUP, &caller->decoding, why);
    }
    return why->code;
}

static int run_job(void *with, const struct runnel_batch *batch, struct runnel_slot *slot,
                   struct failure *why) {
    struct worker *worker = with;
    bool is_full = strcmp(batch->type, FULL_STREAM.type) == 0;
    int status = stream_check(batch, is_full ? &FULL_STREAM : &PILEUP_STREAM, why);
    if (status == STATUS_OK)
        status = prepare(worker, is_full, why);
    if (status == STATUS_OK)
        status = is_full ? run_full(worker, batch, why) : run_pileup(worker, batch, why);
    int64_t contig = 0;
    for (int64_t row = 0; status == STATUS_OK && row < runnel_rows(batch); row++)
        status = decode_row(worker, batch, row, is_full, &contig, why);
    if (status != STATUS_OK)
        return status;
    struct runnel_batch *calls = stream_data(&CALLS_STREAM, worker->table, why);
    if (calls == NULL)
        return STATUS_NO_MEMORY;
    calls->mark_contig = batch->mark_contig;
    calls->mark_position = batch->mark_position;
    const struct runnel_host *host = worker->caller->host;
    host->count(host->context, "in", runnel_rows(batch));
    host->emit(host->context, slot, calls);
    return STATUS_OK;
}

/* ---- workers ---- */

static void worker_free(struct worker *worker) {
    pileup_scratch_free(worker->pileup_scratch);
    full_scratch_free(worker->full_scratch);
    decoder_free(worker->pileup_decoder);
    decoder_free(worker->full_decoder);
    arrow_table_free(worker->table);
    call_free(&worker->call);
    free(worker->pileup_windows);
    free(worker->full_windows);
    free(worker->probabilities);
}

static int start_workers(struct caller *caller, struct failure *why) {
    while (caller->worker_count < work_pool_threads(caller->pool)) {
        struct worker *worker = &caller->workers[caller->worker_count];
        worker->caller = caller;
        int status = arrow_table_new(&worker->table, CALLS_STREAM.fields, CALLS_STREAM.count, why);
        if (status == STATUS_OK)
            status = work_pool_start(caller->pool, worker, why);
        if (status != STATUS_OK) {
            worker_free(worker);
            return status;
        }
        caller->worker_count++;
    }
    return STATUS_OK;
}

/* ---- model ---- */

/* True if the stream says that its reads carry move tables ("true"), or that they do not. */
static bool moves_are(const char *said, const struct runnel_batch *open) {
    char *moves = stream_fact(open, "moves");
    bool same = moves != NULL && strcmp(moves, said) == 0;
    free(moves);
    return same;
}

/* The model that was named, the one among the models of a folder that the reads' basecaller asks
 * for, or the default one of the platform. */
static int find_model(const struct caller *caller, const struct runnel_batch *open, char *path,
                      size_t size, struct failure *why) {
    const struct runnel_host *host = caller->host;
    const struct runnel_models *models = host->extension(host->context, "runnel.models/1");
    char *platform = stream_platform(open);
    const char *name = caller->model_name ? caller->model_name : platform;
    int status = STATUS_OK;
    if (name == NULL)
        status = fail(why, STATUS_BAD_INPUT, "no model is named, and the platform is not known");
    else if (models == NULL)
        snprintf(path, size, "%s", name);
    else if (models->find(name, path, size) != RUNNEL_OK)
        status = fail(why, STATUS_BAD_INPUT, "%s", path);
    free(platform);
    if (status != STATUS_OK || !model_folder_is(path))
        return status;
    char folder[4096], *basecall_model = stream_fact(open, "basecall_model");
    snprintf(folder, sizeof folder, "%s", path);
    status = model_folder_choose(folder, basecall_model, moves_are("true", open), path, size, why);
    free(basecall_model);
    return status;
}

/* Rows of a full-alignment window: the model's, or the platform's where it fits any. */
static size_t rows_of(const struct model *model, const struct runnel_batch *open) {
    char *platform = model->rows == 0 ? stream_platform(open) : NULL;
    const struct preset *preset = platform ? preset_of(platform) : NULL;
    free(platform);
    return model->rows ? model->rows : preset ? (size_t)preset->full_rows : FULL_ROWS_ONT;
}

static int load_model(struct caller *caller, const struct runnel_batch *open, struct failure *why) {
    char path[4096];
    int status = find_model(caller, open, path, sizeof path, why);
    if (status != STATUS_OK)
        return status;
    status = model_open(path, &caller->model, why);
    if (status == STATUS_OK && caller->model->pileup != NULL &&
        (caller->pileup = pileup_network_new(caller->model->pileup, caller->kernels, why)) == NULL)
        status = why->code;
    if (status == STATUS_OK && caller->model->full != NULL &&
        (caller->full = full_network_new(caller->model->full, rows_of(caller->model, open),
                                         caller->model->padding, caller->kernels, why)) == NULL)
        status = why->code;
    if (status != STATUS_OK)
        return fail_at(why, "model %s", path);
    weights_free(caller->model->pileup); /* the networks have copies of their own */
    weights_free(caller->model->full);
    caller->model->pileup = caller->model->full = NULL;
    return STATUS_OK;
}

/* The stream's windows must be of the kind and shape that the model was made for. */
static int check_stream(const struct caller *caller, const struct runnel_batch *open,
                        struct failure *why) {
    bool is_full = strcmp(open->type, FULL_STREAM.type) == 0;
    if (is_full ? caller->full == NULL : caller->pileup == NULL)
        return fail(why, STATUS_BAD_INPUT, "model %s has no %s network", caller->model->name,
                    is_full ? "full-alignment" : "pileup");
    char *rows = is_full ? stream_fact(open, "rows") : NULL;
    char *channels = is_full ? stream_fact(open, "channels") : NULL;
    if ((rows && strtoul(rows, NULL, 10) != full_network_rows(caller->full)) ||
        (channels && strtoul(channels, NULL, 10) != full_network_channels(caller->full)))
        fail(why, STATUS_BAD_INPUT,
             "model %s takes windows of %zu rows and %zu channels, these "
             "have %s and %s",
             caller->model->name, full_network_rows(caller->full),
             full_network_channels(caller->full), rows ? rows : "?", channels ? channels : "?");
    free(rows);
    free(channels);
    if (caller->full != NULL && full_network_channels(caller->full) == FULL_CHANNELS_DWELL &&
        moves_are("false", open))
        return fail(why, STATUS_BAD_INPUT,
                    "model %s looks at dwell times: it needs --enable-dwell-time, and reads with "
                    "move tables (mv tags)",
                    caller->model->name);
    char *platform = stream_platform(open);
    bool other = platform != NULL && caller->model->platform[0] != '\0' &&
                 strcmp(platform, caller->model->platform) != 0;
    if (other)
        fail(why, STATUS_BAD_INPUT, "model %s is for %s reads, these are %s", caller->model->name,
             caller->model->platform, platform);
    free(platform);
    return why->code;
}

/* ---- hooks ---- */

static void caller_destroy(void *state) {
    struct caller *caller = state;
    work_pool_free(caller->pool);
    for (size_t i = 0; i < caller->worker_count; i++)
        worker_free(&caller->workers[i]);
    pileup_network_free(caller->pileup);
    full_network_free(caller->full);
    model_free(caller->model);
    stream_contigs_free(&caller->contigs);
    free(caller->model_name);
    free(caller);
}

static int caller_init(const struct runnel_init *init, void **state) {
    struct failure why = {0};
    struct caller *caller = calloc(1, sizeof *caller);
    const char *model = runnel_setting_text(init, "model");
    const char *kernels = runnel_setting_text(init, "kernels");
    if (kernels == NULL)
        kernels = getenv("RUNNEL_KERNELS");
    if (kernels != NULL && *kernels == '\0')
        kernels = NULL;
    if (caller == NULL)
        return RUNNEL_ERROR;
    caller->host = init->host;
    caller->model_name = model ? strdup(model) : NULL;
    caller->decoding =
        (struct decode_options){.lowest_qual = DECODE_LOWEST_QUAL,
                                .likelihoods = runnel_setting_flag(init, "likelihoods"),
                                .long_indel = runnel_setting_flag(init, "enable-long-indel"),
                                .keep_iupac = runnel_setting_flag(init, "keep-iupac-bases")};
    caller->kernels = kernels ? kernels_for(kernels) : kernels_best();
    caller->pool =
        work_pool_new(init->host, run_job, runnel_setting_integer(init, "threads"), &why);
    *state = caller;
    if (caller->kernels != NULL && caller->pool != NULL)
        return RUNNEL_OK;
    if (caller->kernels == NULL)
        fail(&why, STATUS_UNSUPPORTED, "this machine has no '%s' kernels", kernels);
    caller_destroy(caller);
    return stage_failed(init->host, &why);
}

/* Opens the calls once, whichever windows come first. */
static int open_stream(struct caller *caller, const struct runnel_batch *open,
                       struct runnel_slot *slot) {
    struct failure why = {0};
    if (caller->model == NULL && load_model(caller, open, &why) != STATUS_OK)
        return stage_failed(caller->host, &why);
    if (check_stream(caller, open, &why) != STATUS_OK)
        return stage_failed(caller->host, &why);
    if (caller->announced)
        return RUNNEL_OK;
    caller->announced = true;
    if (stream_contigs_read(&caller->contigs, open, &why) != STATUS_OK ||
        start_workers(caller, &why) != STATUS_OK)
        return stage_failed(caller->host, &why);
    if (caller->full == NULL)
        caller->host->count(caller->host->context, PILEUP_NETWORK_ONLY, 1);
    const struct stream_fact facts[] = {
        {"model", caller->model->name},
        {"model_digest", caller->model->digest},
        {"networks", caller->full ? "pileup and full alignment" : "pileup"},
        {"kernels", caller->kernels->name},
        {"precision", caller->kernels->rounds ? "bfloat16" : NULL}};
    return stage_emit(caller->host, slot, stream_open(&CALLS_STREAM, open, facts, 5, &why), &why);
}

static int caller_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct caller *caller = state;
    if (batch->kind == RUNNEL_OPEN)
        return open_stream(caller, batch, slot);
    return work_pool_take(caller->pool, batch, slot);
}

static int caller_finish(void *state, struct runnel_slot *slot) {
    (void)state;
    (void)slot;
    return RUNNEL_OK;
}

static const struct runnel_option OPTIONS[] = {
    {"model", RUNNEL_TEXT, "", "model file, folder or name; by default the platform's own"},
    {"threads", RUNNEL_INTEGER, "1", "batches to work on at a time"},
    {"likelihoods", RUNNEL_FLAG, "false", "also compute PL"},
    {"enable-long-indel", RUNNEL_FLAG, "false", "call indels longer than 50 bases"},
    {"keep-iupac-bases", RUNNEL_FLAG, "false", "keep letters other than ACGTN in alleles"},
    {"kernels", RUNNEL_TEXT, "",
     "scalar, avx2, avx512, amx, bf16 or neon; by default the best that rounds nothing"},
};

static const struct runnel_stage CALLER = {
    .struct_size = sizeof CALLER,
    .abi_version = RUNNEL_ABI_VERSION,
    .id = "caller",
    .version = "1",
    .help = "calls from windows, by the two networks",
    .option_size = sizeof OPTIONS[0],
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .options = OPTIONS,
    .takes = "runnel.pileup/1 runnel.full/1",
    .gives = "runnel.calls/1",
    .init = caller_init,
    .process = caller_process,
    .finish = caller_finish,
    .destroy = caller_destroy,
};

EXPORT_STAGE(CALLER)
