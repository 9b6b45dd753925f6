/* SPDX-License-Identifier: MIT
 *
 * `runnel predict`: the networks over windows that stand in a file, outside of any line. */
#include "adapters/models.h"
#include "adapters/windows_file.h"
#include "core/networks/depth_scale.h"
#include "core/networks/pileup_network.h"
#include "core/windows/shape.h"
#include "plugin/host/commands.h"
#include "plugin/host/model_search.h"
#include "plugin/host/options.h"
#include "plugin/host/paths.h"
#include "plugin/host/say.h"

#include <stdlib.h>
#include <string.h>

static const struct option OPTIONS[] = {
    {"model", "model_path", 'm', OPTION_TEXT, "MODEL", NULL, "model file, folder or name"},
    {"output", NULL, 'o', OPTION_TEXT, "OUT.h5", NULL, "windows with their probabilities"},
    {"padding", NULL, 0, OPTION_TEXT, "SCHOOL", NULL,
     "symmetric (PyTorch) or same (TensorFlow), instead of the model's"},
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS, BATCH = 256 };

static void help(FILE *out) {
    fprintf(out, "About:   Run the networks over stored windows.\n"
                 "Usage:   runnel predict -m MODEL -o OUT.h5 WINDOWS.h5\n\n"
                 "Options:\n");
    options_help(out, OPTIONS, OPTION_COUNT);
    fprintf(out, "\nRUNNEL_KERNELS (scalar, avx2, avx512, amx, bf16 or neon) forces an\n"
                 "instruction set.\n");
}

/* One network, whichever is asked for, and room for a batch of its windows. */
struct job {
    const struct model *model;
    const struct kernels *kernels;
    enum windows_kind kind;
    struct windows_shape shape;
    struct pileup_network *pileup;
    struct pileup_scratch *pileup_scratch;
    struct full_network *full;
    struct full_scratch *full_scratch;
    size_t outputs;
    void *tensor;
    int32_t *scaled; /* pileup windows as the network sees them */
    struct full_input windows[BATCH];
    float *probabilities;
    char *positions[BATCH], *alt_infos[BATCH];
};

static int load_pileup(struct job *job, struct failure *why) {
    job->pileup = pileup_network_new(job->model->pileup, job->kernels, why);
    job->pileup_scratch = job->pileup == NULL ? NULL : pileup_scratch_new(job->pileup, why);
    if (job->pileup_scratch == NULL)
        return why->code;
    job->outputs = pileup_network_outputs(job->pileup);
    job->tensor = calloc(BATCH, PILEUP_WINDOW_SIZE * sizeof(int32_t));
    job->scaled = calloc(BATCH, PILEUP_WINDOW_SIZE * sizeof(int32_t));
    return job->scaled == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static int load_full(struct job *job, struct failure *why) {
    const struct model *model = job->model;
    if (job->shape.channels != model->channels)
        return fail(why, STATUS_BAD_INPUT, "the windows have %zu channels, model %s takes %zu",
                    job->shape.channels, model->name, model->channels);
    job->full = full_network_new(model->full, job->shape.rows, model->padding, job->kernels, why);
    job->full_scratch = job->full == NULL ? NULL : full_scratch_new(job->full, why);
    if (job->full_scratch == NULL)
        return why->code;
    job->outputs = full_network_outputs(job->full);
    job->tensor = calloc(BATCH, job->shape.rows * WINDOW_WIDTH * job->shape.channels);
    return STATUS_OK;
}

static void run_networks(struct job *job, size_t count) {
    if (job->kind == WINDOWS_PILEUP) {
        memcpy(job->scaled, job->tensor, count * PILEUP_WINDOW_SIZE * sizeof(int32_t));
        for (size_t w = 0; w < count; w++)
            depth_scale(job->scaled + w * PILEUP_WINDOW_SIZE, strtoll(job->alt_infos[w], NULL, 10));
        pileup_network_run(job->pileup, job->pileup_scratch, job->scaled, count,
                           job->probabilities);
        return;
    }
    size_t size = job->shape.rows * WINDOW_WIDTH * job->shape.channels;
    for (size_t w = 0; w < count; w++)
        job->windows[w] = (struct full_input){(int8_t *)job->tensor + w * size, 0, job->shape.rows};
    full_network_run(job->full, job->full_scratch, job->windows, count, job->probabilities);
}

/* Reads, runs and writes windows [first, first + count). */
static int run_batch(struct job *job, struct windows_file *in, struct windows_file *out,
                     size_t first, size_t count, struct failure *why) {
    int status = windows_file_read(in, job->kind, first, count, job->tensor, job->positions,
                                   job->alt_infos, NULL, why);
    for (size_t w = 0; w < count && status == STATUS_OK; w++)
        if (job->alt_infos[w] == NULL || job->positions[w] == NULL)
            status = fail(why, STATUS_BAD_INPUT, "window %zu has no alt_info", first + w);
    if (status == STATUS_OK) {
        run_networks(job, count);
        struct windows_rows rows = {.count = count,
                                    .rows = job->shape.rows,
                                    .channels = job->shape.channels,
                                    .tensor = job->tensor,
                                    .positions = (const char *const *)job->positions,
                                    .alt_infos = (const char *const *)job->alt_infos,
                                    .probabilities = job->probabilities,
                                    .outputs = job->outputs};
        status = windows_file_append(out, job->kind, &rows, why);
    }
    for (size_t w = 0; w < count; w++) {
        free(job->positions[w]);
        free(job->alt_infos[w]);
        job->positions[w] = job->alt_infos[w] = NULL;
    }
    return status;
}

static void job_free(struct job *job) {
    pileup_scratch_free(job->pileup_scratch);
    pileup_network_free(job->pileup);
    full_scratch_free(job->full_scratch);
    full_network_free(job->full);
    free(job->tensor);
    free(job->scaled);
    free(job->probabilities);
    free(job);
}

/* All windows of one kind. */
static int run_kind(enum windows_kind kind, const struct model *model,
                    const struct kernels *kernels, struct windows_file *in,
                    struct windows_file *out, struct failure *why) {
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return fail(why, STATUS_NO_MEMORY, "no memory to run the networks");
    *job = (struct job){.model = model, .kernels = kernels, .kind = kind};
    int status = windows_file_shape(in, kind, &job->shape, why);
    if (status == STATUS_OK)
        status = kind == WINDOWS_PILEUP ? load_pileup(job, why) : load_full(job, why);
    if (status == STATUS_OK) {
        job->probabilities = calloc(BATCH, job->outputs * sizeof(float));
        if (job->probabilities == NULL || job->tensor == NULL)
            status = fail(why, STATUS_NO_MEMORY, "no memory to run the networks");
    }
    for (size_t first = 0; first < job->shape.count && status == STATUS_OK; first += BATCH) {
        size_t left = job->shape.count - first;
        status = run_batch(job, in, out, first, left < BATCH ? left : BATCH, why);
    }
    job_free(job);
    return status;
}

/* Windows of a kind that the model has no network for are left out where it can do the others. */
static int run_kinds(const struct model *model, const struct kernels *kernels,
                     struct windows_file *in, struct windows_file *out, struct failure *why) {
    static const char *const NAMES[] = {"pileup", "full-alignment"};
    const struct weights *const networks[] = {model->pileup, model->full};
    struct windows_shape shapes[2];
    for (int kind = WINDOWS_PILEUP; kind <= WINDOWS_FULL; kind++)
        if (windows_file_shape(in, kind, &shapes[kind], why) != STATUS_OK)
            return why->code;
    for (int kind = WINDOWS_PILEUP; kind <= WINDOWS_FULL; kind++) {
        size_t count = shapes[kind].count, other = WINDOWS_FULL - kind;
        if (count == 0)
            continue;
        if (networks[kind] == NULL && (networks[other] == NULL || shapes[other].count == 0))
            return fail(why, STATUS_BAD_INPUT, "model %s has no %s network", model->name,
                        NAMES[kind]);
        if (networks[kind] == NULL)
            say("runnel: %zu %s windows are left out: model %s has no such network", count,
                NAMES[kind], model->name);
        else if (run_kind(kind, model, kernels, in, out, why) != STATUS_OK)
            return why->code;
    }
    return STATUS_OK;
}

static int predict(const struct options *options, struct failure *why) {
    char path[PATH_TEXT_MAX];
    struct model *model = NULL;
    struct windows_file *in = NULL, *out = NULL;
    const char *padding = options_text(options, "padding"), *forced = getenv("RUNNEL_KERNELS");
    const struct kernels *kernels =
        forced == NULL || *forced == '\0' ? kernels_best() : kernels_for(forced);
    if (kernels == NULL)
        return fail(why, STATUS_BAD_INPUT, "RUNNEL_KERNELS: this machine has no '%s'", forced);
    if (models_find(options_text(options, "model"), path, sizeof path) != 0)
        return fail(why, STATUS_BAD_INPUT, "%s", path);
    int status = model_open(path, &model, why);
    if (status == STATUS_OK && padding != NULL)
        status = padding_from_name(padding, &model->padding, why);
    if (status == STATUS_OK && (in = windows_file_open(options->operands[0], why)) == NULL)
        status = why->code;
    if (status == STATUS_OK &&
        (out = windows_file_create(options_text(options, "output"), why)) == NULL)
        status = why->code;
    if (status == STATUS_OK)
        status = run_kinds(model, kernels, in, out, why);
    if (status == STATUS_OK)
        status = windows_file_finish(out, why);
    windows_file_close(in);
    windows_file_close(out);
    model_free(model);
    return status;
}

int command_predict(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("predict", &why);
    if (options_flag(&options, "help")) {
        help(stdout);
        return EXIT_WHOLE;
    }
    if (options.operand_count != 1 || options_text(&options, "model") == NULL ||
        options_text(&options, "output") == NULL) {
        fail(&why, STATUS_BAD_INPUT, "wants -m MODEL -o OUT.h5 WINDOWS.h5");
        return say_usage("predict", &why);
    }
    if (paths_keep_apart((const char *[]){options_text(&options, "output")}, 1, options.operands, 1,
                         &why) != STATUS_OK)
        return say_usage("predict", &why);
    return predict(&options, &why) == STATUS_OK ? EXIT_WHOLE : say_failure(&why);
}
