/* SPDX-License-Identifier: MIT
 *
 * `runnel bench`: how near the networks come to what this machine can do.  Windows per second by
 * batch, threads and rows in use, and their share of the multiply-adds that one core (or all of
 * them) can do, counting the dense arithmetic of a window (spec networks, 1 to 3) whatever of it
 * was left out. */
#include "adapters/models.h"
#include "core/networks/full_network.h"
#include "core/networks/pileup_network.h"
#include "core/windows/shape.h"
#include "plugin/host/commands.h"
#include "plugin/host/cpus.h"
#include "plugin/host/model_search.h"
#include "plugin/host/options.h"
#include "plugin/host/paths.h"
#include "plugin/host/peak.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct option OPTIONS[] = {
    {"model", "model-path", 'm', OPTION_TEXT, "MODEL", "ont", "whose networks to run"},
    {"threads", NULL, 't', OPTION_INTEGER, "N", NULL, "beside one thread; else all CPUs"},
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS };

enum { RUNS_MAX = 40, BATCH_MAX = 256 };
static const double SECONDS = 0.6; /* of every figure */
static const size_t BATCHES[] = {1, 8, 64, 256};

static void help(FILE *out) {
    fprintf(out, "About:   Measure this machine's peak and how near the networks come to it.\n"
                 "Usage:   runnel bench [options]\n\nOptions:\n");
    options_help(out, OPTIONS, OPTION_COUNT);
    fprintf(out, "\nRUNNEL_KERNELS=scalar|avx2|avx512|amx|bf16|neon forces an instruction set.\n"
                 "A share of the peak may pass 100 %%: less than the dense arithmetic of a window\n"
                 "is done.\n");
}

/* ---- arithmetic of a window ---------------------------------------------------------------- */

static bool is_matrix(const struct tensor *tensor) {
    return tensor->rank > 1 && strstr(tensor->name, "weight") != NULL;
}

static size_t values_of(const struct tensor *tensor) {
    size_t count = 1;
    for (size_t axis = 0; axis < tensor->rank; axis++)
        count *= tensor->shape[axis];
    return count;
}

/* LSTM layers use their matrices at every position, dense layers once. */
static double pileup_multiply_adds(const struct weights *weights) {
    double sum = 0;
    for (size_t t = 0; t < weights->count; t++) {
        const struct tensor *tensor = &weights->tensors[t];
        bool lstm = strncmp(tensor->name, "LSTM", 4) == 0;
        if (is_matrix(tensor))
            sum += (double)values_of(tensor) * (lstm ? WINDOW_WIDTH : 1);
    }
    return sum;
}

/* Convolutions use theirs at every place of the map that they give, dense layers once. */
static double full_multiply_adds(const struct weights *weights, size_t rows) {
    static const char *const stages[][2] = {
        {"conv1.", "res_block1."}, {"conv3.", "res_block2."}, {"conv5.", "res_block3."}};
    double sum = 0;
    for (size_t t = 0; t < weights->count; t++) {
        const struct tensor *tensor = &weights->tensors[t];
        size_t places = 1, height = rows, width = WINDOW_WIDTH;
        for (size_t s = 0; s < 3; s++) {
            height = (height + 1) / 2;
            width = (width + 1) / 2;
            for (size_t n = 0; n < 2; n++)
                if (strncmp(tensor->name, stages[s][n], strlen(stages[s][n])) == 0)
                    places = height * width;
        }
        if (is_matrix(tensor))
            sum += (double)values_of(tensor) * (double)places;
    }
    return sum;
}

/* ---- running ------------------------------------------------------------------------------- */

/* One network and the windows that are put through it. */
struct subject {
    const struct kernels *kernels;
    struct pileup_network *pileup; /* one of the two */
    struct full_network *full;
    size_t rows, used;    /* of full-alignment windows */
    double multiply_adds; /* of a window */
    int32_t *pileup_windows;
    int8_t *full_rows;
};

struct worker {
    const struct subject *subject;
    struct pileup_scratch *pileup_scratch;
    struct full_scratch *full_scratch;
    struct full_input inputs[BATCH_MAX];
    float probabilities[BATCH_MAX * 90];
    size_t batch, windows;
    atomic_bool *stop;
};

static int worker_open(struct worker *worker, const struct subject *s, size_t batch,
                       struct failure *why) {
    *worker = (struct worker){.subject = s, .batch = batch};
    size_t first = (s->rows - s->used) / 2;
    for (size_t w = 0; w < BATCH_MAX; w++)
        worker->inputs[w] = (struct full_input){s->full_rows, first, s->used};
    if (s->pileup != NULL)
        worker->pileup_scratch = pileup_scratch_new(s->pileup, why);
    else
        worker->full_scratch = full_scratch_new(s->full, why);
    return why->code;
}

static void worker_close(struct worker *worker) {
    pileup_scratch_free(worker->pileup_scratch);
    full_scratch_free(worker->full_scratch);
}

static void run_batch(struct worker *worker) {
    const struct subject *s = worker->subject;
    if (s->pileup != NULL)
        pileup_network_run(s->pileup, worker->pileup_scratch, s->pileup_windows, worker->batch,
                           worker->probabilities);
    else
        full_network_run(s->full, worker->full_scratch, worker->inputs, worker->batch,
                         worker->probabilities);
    worker->windows += worker->batch;
}

/* Windows per CPU second of one thread, from runs of some milliseconds. */
static double one_thread(struct worker *worker) {
    double times[RUNS_MAX], begin = peak_clock(), spent = 0;
    size_t repeats = 1, runs = 0;
    run_batch(worker);
    double once = peak_clock() - begin;
    if (once < SECONDS / RUNS_MAX)
        repeats = (size_t)(SECONDS / RUNS_MAX / once) + 1;
    for (; runs < RUNS_MAX && (spent < SECONDS || runs < 4); runs++) {
        begin = peak_clock();
        for (size_t n = 0; n < repeats; n++)
            run_batch(worker);
        times[runs] = peak_clock() - begin;
        spent += times[runs];
    }
    return (double)(repeats * worker->batch) / peak_tenth(times, runs);
}

static void *until_stopped(void *with) {
    struct worker *worker = with;
    while (!atomic_load_explicit(worker->stop, memory_order_relaxed))
        run_batch(worker);
    return NULL;
}

static double wall_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Windows per second of all threads together, by the wall's clock. */
static double all_threads(struct worker *workers, size_t count, struct failure *why) {
    pthread_t threads[THREADS_MAX];
    atomic_bool stop = false;
    size_t started = 0, windows = 0;
    double begin = wall_clock();
    for (; started < count; started++) {
        workers[started].stop = &stop;
        workers[started].windows = 0;
        if (pthread_create(&threads[started], NULL, until_stopped, &workers[started]) != 0) {
            fail(why, STATUS_IO, "no more threads than %zu can be started", started);
            break;
        }
    }
    const struct timespec pause = {0, (long)(SECONDS * 1e9)};
    if (started == count)
        nanosleep(&pause, NULL);
    atomic_store(&stop, true);
    for (size_t t = 0; t < started; t++) {
        pthread_join(threads[t], NULL);
        windows += workers[t].windows;
    }
    return (double)windows / (wall_clock() - begin);
}

static void print_row(const struct subject *s, size_t batch, size_t threads, double windows) {
    double rate = windows * s->multiply_adds;
    double peak = peak_multiply_adds(s->kernels->name) * (double)threads;
    char rows[16] = "-", used[16] = "-", share[16] = "-";
    if (s->full != NULL) {
        snprintf(rows, sizeof rows, "%zu", s->rows);
        snprintf(used, sizeof used, "%zu", s->used);
    }
    if (peak > 0)
        snprintf(share, sizeof share, "%.0f", 100 * rate / peak);
    printf("%-14s %4s %4s %5zu %7zu %10.0f %8.1f %9.1f %6s\n",
           s->full != NULL ? "full_alignment" : "pileup", rows, used, batch, threads, windows,
           rate * 1e-9, peak * 1e-9, share);
    fflush(stdout);
}

static int measure(const struct subject *s, size_t threads, struct failure *why) {
    struct worker *workers = calloc(threads, sizeof *workers);
    if (workers == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for %zu threads", threads);
    for (size_t b = 0; b < sizeof BATCHES / sizeof *BATCHES && why->code == STATUS_OK; b++) {
        for (size_t t = 0; t < threads && why->code == STATUS_OK; t++)
            worker_open(&workers[t], s, BATCHES[b], why);
        if (why->code == STATUS_OK)
            print_row(s, BATCHES[b], 1, one_thread(&workers[0]));
        if (why->code == STATUS_OK && threads > 1) {
            double windows = all_threads(workers, threads, why);
            if (why->code == STATUS_OK)
                print_row(s, BATCHES[b], threads, windows);
        }
        for (size_t t = 0; t < threads; t++)
            worker_close(&workers[t]);
    }
    free(workers);
    return why->code;
}

static int bench_pileup(const struct model *model, const struct kernels *kernels, size_t threads,
                        struct failure *why) {
    struct subject s = {.kernels = kernels,
                        .pileup = pileup_network_new(model->pileup, kernels, why),
                        .multiply_adds = pileup_multiply_adds(model->pileup),
                        .pileup_windows = malloc(BATCH_MAX * PILEUP_WINDOW_SIZE * sizeof(int32_t))};
    if (s.pileup != NULL && s.pileup_windows != NULL) {
        for (size_t i = 0; i < BATCH_MAX * PILEUP_WINDOW_SIZE; i++)
            s.pileup_windows[i] = (int32_t)((uint32_t)i * 2654435761U >> 26) - 32;
        measure(&s, threads, why);
    }
    pileup_network_free(s.pileup);
    free(s.pileup_windows);
    return why->code;
}

static int bench_full(const struct model *model, const struct kernels *kernels, size_t rows,
                      size_t threads, struct failure *why) {
    size_t size = rows * WINDOW_WIDTH * model->channels;
    const size_t used[] = {10, 30, 60, rows};
    struct subject s = {.kernels = kernels,
                        .full = full_network_new(model->full, rows, model->padding, kernels, why),
                        .rows = rows,
                        .multiply_adds = full_multiply_adds(model->full, rows),
                        .full_rows = malloc(size)};
    if (s.full != NULL && s.full_rows != NULL) {
        for (size_t i = 0; i < size; i++)
            s.full_rows[i] = (int8_t)(((uint32_t)i * 2654435761U >> 25) % 127 + 1);
        for (size_t u = 0; u < 4 && why->code == STATUS_OK; u++)
            if ((s.used = used[u]) <= rows)
                measure(&s, threads, why);
    }
    full_network_free(s.full);
    free(s.full_rows);
    return why->code;
}

static int bench(const struct model *model, const struct kernels *kernels, size_t threads,
                 struct failure *why) {
    printf("# kernels %s, %zu threads, model %s\n", kernels->name, threads, model->name);
    printf("# one core: %.1f G multiply-adds/s, %.1f GB/s from memory\n",
           peak_multiply_adds(kernels->name) * 1e-9, peak_memory() * 1e-9);
    printf("%-14s %4s %4s %5s %7s %10s %8s %9s %6s\n", "#network", "rows", "used", "batch",
           "threads", "windows/s", "GMAC/s", "peak", "share%");
    if (model->pileup != NULL)
        bench_pileup(model, kernels, threads, why);
    const size_t depths[] = {FULL_ROWS_ONT, FULL_ROWS_HIFI};
    for (size_t d = 0; d < 2 && model->full != NULL && why->code == STATUS_OK; d++)
        if (model->rows == 0 || model->rows == depths[d])
            bench_full(model, kernels, depths[d], threads, why);
    if (model->full == NULL)
        printf("# the model has no full-alignment network\n");
    return why->code;
}

int command_bench(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    char path[PATH_TEXT_MAX];
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("bench", &why);
    if (options_flag(&options, "help")) {
        help(stdout);
        return EXIT_WHOLE;
    }
    int64_t threads;
    if (options.operand_count != 0)
        fail(&why, STATUS_BAD_INPUT, "takes no files");
    if (why.code != STATUS_OK || cpus_asked(&options, &threads, &why) != STATUS_OK)
        return say_usage("bench", &why);
    struct model *model = NULL;
    const char *level = getenv("RUNNEL_KERNELS");
    const struct kernels *kernels = level != NULL ? kernels_for(level) : kernels_best();
    if (kernels == NULL)
        fail(&why, STATUS_BAD_INPUT, "this machine has no kernels '%s'", level);
    else if (models_find(options_text(&options, "model"), path, sizeof path) != 0)
        fail(&why, STATUS_BAD_INPUT, "%s", path);
    else if (model_open(path, &model, &why) == STATUS_OK)
        bench(model, kernels, (size_t)threads, &why);
    model_free(model);
    return why.code == STATUS_OK ? EXIT_WHOLE : say_failure(&why);
}
