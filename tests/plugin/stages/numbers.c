/* SPDX-License-Identifier: MIT
 *
 * Test stages that keep the contract: a source of numbered rows, stages that answer late, refuse
 * or multiply, and a sink that checks what arrives.  Stream "test.numbers/1": one int64 column. */
#define _GNU_SOURCE
#include "adapters/arrow_table.h"
#include "plugin/runnel_plugin.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define NUMBERS "test.numbers/1"

static const struct arrow_field FIELDS[] = {{"n", "l", NULL, false}};

static struct runnel_batch *numbers(uint32_t kind, int64_t first, int64_t count) {
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct arrow_table *table = NULL;
    arrow_schema_make(&schema, FIELDS, 1, NULL, NULL);
    if (kind == RUNNEL_OPEN)
        return runnel_batch_new(kind, NUMBERS, &schema, NULL);
    arrow_table_new(&table, FIELDS, 1, NULL);
    for (int64_t i = 0; i < count; i++) {
        arrow_put_integer(table, 0, first + i);
        arrow_table_end_row(table, NULL);
    }
    arrow_table_take(table, &array, NULL);
    arrow_table_free(table);
    return runnel_batch_new(kind, NUMBERS, &schema, &array);
}

/* ---- count: batches of `rows` rows, `batches` of them ---- */

struct count {
    const struct runnel_host *host;
    int64_t batches, rows, sent, pause;
    bool open;
};

static int count_init(const struct runnel_init *init, void **state) {
    struct count *count = calloc(1, sizeof *count);
    count->host = init->host;
    count->batches = runnel_setting_integer(init, "batches");
    count->rows = runnel_setting_integer(init, "rows");
    count->pause = runnel_setting_integer(init, "pause");
    *state = count;
    return RUNNEL_OK;
}

static int count_process(void *state, const struct runnel_batch *none, struct runnel_slot *slot) {
    struct count *count = state;
    (void)none;
    if (!count->open) {
        count->open = true;
        count->host->emit(count->host->context, slot, numbers(RUNNEL_OPEN, 0, 0));
        return RUNNEL_OK;
    }
    if (count->sent == count->batches)
        return RUNNEL_DONE;
    struct timespec pause = {count->pause / 1000000, count->pause % 1000000 * 1000};
    nanosleep(&pause, NULL);
    count->host->emit(count->host->context, slot,
                      numbers(RUNNEL_DATA, count->sent * count->rows, count->rows));
    count->host->count(count->host->context, "sent", 1);
    count->sent++;
    return RUNNEL_OK;
}

static int nothing_finish(void *state, struct runnel_slot *slot) {
    (void)state;
    (void)slot;
    return RUNNEL_OK;
}

/* ---- late: each batch is passed on by a thread of its own, after a while, and `work` microseconds
 * of CPU ---- */

struct late {
    const struct runnel_host *host;
    int64_t refuse_above, work;
    atomic_int under_way; /* slots: counted down before they complete, since a refusal is only
                             allowed while one is pending */
    atomic_int errands;   /* threads: counted down when they no longer touch anything */
    unsigned seed;
};

struct errand {
    struct late *late;
    const struct runnel_batch *batch;
    struct runnel_slot *slot;
    long nanoseconds;
};

static void compute(int64_t microseconds) {
    struct timespec spent;
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    while (spent.tv_sec * 1000000 + spent.tv_nsec / 1000 < microseconds);
}

static void *run_errand(void *argument) {
    struct errand *errand = argument;
    struct late *late = errand->late;
    struct timespec pause = {0, errand->nanoseconds};
    nanosleep(&pause, NULL);
    compute(late->work);
    errand->batch->retain(errand->batch);
    late->host->emit(late->host->context, errand->slot, errand->batch);
    atomic_fetch_sub(&late->under_way, 1);
    late->host->complete(late->host->context, errand->slot, RUNNEL_OK);
    free(errand);
    atomic_fetch_sub(&late->errands, 1);
    return NULL;
}

static int late_init(const struct runnel_init *init, void **state) {
    struct late *late = calloc(1, sizeof *late);
    late->host = init->host;
    late->refuse_above = runnel_setting_integer(init, "refuse-above");
    late->work = runnel_setting_integer(init, "work");
    late->seed = 1;
    *state = late;
    return RUNNEL_OK;
}

static int late_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct late *late = state;
    if (atomic_load(&late->under_way) >= late->refuse_above) {
        late->host->count(late->host->context, "refused", 1);
        return RUNNEL_AGAIN;
    }
    atomic_fetch_add(&late->under_way, 1);
    atomic_fetch_add(&late->errands, 1);
    struct errand *errand = malloc(sizeof *errand);
    late->seed = late->seed * 1103515245u + 12345u;
    *errand = (struct errand){late, batch, slot, (long)(late->seed / 65536u % 3000u) * 1000};
    pthread_t thread;
    pthread_create(&thread, NULL, run_errand, errand);
    pthread_detach(thread);
    return RUNNEL_PENDING;
}

/* No errand may outlive the stage. */
static void late_destroy(void *state) {
    struct late *late = state;
    struct timespec pause = {0, 100000};
    while (atomic_load(&late->errands) > 0)
        nanosleep(&pause, NULL);
    free(late);
}

/* ---- many: every row becomes a batch ---- */

static int many_init(const struct runnel_init *init, void **state) {
    *state = (void *)init->host;
    return RUNNEL_OK;
}

static int many_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    const struct runnel_host *host = state;
    if (batch->kind == RUNNEL_OPEN) {
        batch->retain(batch);
        host->emit(host->context, slot, batch);
        return RUNNEL_OK;
    }
    const struct runnel_take *take = host->extension(host->context, "runnel.take/1");
    for (int64_t row = 0; row < runnel_rows(batch); row++)
        host->emit(host->context, slot, take->take(batch, &row, 1));
    return RUNNEL_OK;
}

/* ---- parts: as many, but a slot for each row, as there is room ---- */

struct parts {
    const struct runnel_host *host;
    int64_t next; /* row of the batch that is offered */
};

static int parts_init(const struct runnel_init *init, void **state) {
    struct parts *parts = calloc(1, sizeof *parts);
    parts->host = init->host;
    *state = parts;
    return RUNNEL_OK;
}

static int parts_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct parts *parts = state;
    const struct runnel_take *take = parts->host->extension(parts->host->context, "runnel.take/1");
    if (batch->kind == RUNNEL_OPEN) {
        batch->retain(batch);
        parts->host->emit(parts->host->context, slot, batch);
    } else if (parts->next < runnel_rows(batch)) {
        parts->host->count(parts->host->context, "given", 1);
        parts->host->emit(parts->host->context, slot, take->take(batch, &parts->next, 1));
        if (++parts->next < runnel_rows(batch))
            return RUNNEL_MORE;
    }
    parts->next = 0;
    return RUNNEL_OK;
}

/* ---- tail: all rows at the end, a slot for each, as there is room ---- */

struct tail {
    const struct runnel_host *host;
    int64_t rows, given;
};

static int tail_init(const struct runnel_init *init, void **state) {
    struct tail *tail = calloc(1, sizeof *tail);
    tail->host = init->host;
    *state = tail;
    return RUNNEL_OK;
}

static int tail_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct tail *tail = state;
    tail->rows += runnel_rows(batch);
    if (batch->kind == RUNNEL_OPEN) {
        batch->retain(batch);
        tail->host->emit(tail->host->context, slot, batch);
    }
    return RUNNEL_OK;
}

static int tail_finish(void *state, struct runnel_slot *slot) {
    struct tail *tail = state;
    if (tail->given == tail->rows)
        return RUNNEL_OK;
    tail->host->count(tail->host->context, "given", 1);
    tail->host->emit(tail->host->context, slot, numbers(RUNNEL_DATA, tail->given++, 1));
    return RUNNEL_MORE;
}

/* ---- ticks: a row for each tick, and nothing else ---- */

static int ticks_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct parts *ticks = state;
    if (batch->kind == RUNNEL_OPEN) {
        batch->retain(batch);
        ticks->host->emit(ticks->host->context, slot, batch);
    }
    return RUNNEL_OK;
}

static int ticks_tick(void *state, struct runnel_slot *slot) {
    struct parts *ticks = state;
    ticks->host->emit(ticks->host->context, slot, numbers(RUNNEL_DATA, ticks->next++, 1));
    return RUNNEL_OK;
}

static const void *ticks_extension(void *state, const char *name) {
    static const struct runnel_tick TICK = {sizeof TICK, ticks_tick};
    (void)state;
    return strcmp(name, "runnel.tick/1") == 0 ? &TICK : NULL;
}

static void no_destroy(void *state) {
    (void)state;
}

/* ---- watch (sees) and sink (takes): rows must count up from 0 ---- */

struct sink {
    const struct runnel_host *host;
    int64_t next, pause;
};

static int sink_init(const struct runnel_init *init, void **state) {
    struct sink *sink = calloc(1, sizeof *sink);
    sink->host = init->host;
    sink->pause = runnel_setting_integer(init, "pause");
    *state = sink;
    return RUNNEL_OK;
}

static int sink_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct sink *sink = state;
    (void)slot;
    struct timespec pause = {0, (long)sink->pause * 1000};
    nanosleep(&pause, NULL);
    for (int64_t row = 0; row < runnel_rows(batch); row++)
        if (runnel_integer(batch, 0, row) != sink->next++) {
            sink->host->fail(sink->host->context, "rows arrived out of order");
            return RUNNEL_ERROR;
        }
    sink->host->count(sink->host->context, "in", runnel_rows(batch));
    sink->host->count(sink->host->context, "used", runnel_rows(batch));
    return RUNNEL_OK;
}

static const struct runnel_option COUNT_OPTIONS[] = {
    {"batches", RUNNEL_INTEGER, "100", "batches"},
    {"rows", RUNNEL_INTEGER, "7", "rows of each"},
    {"pause", RUNNEL_INTEGER, "0", "microseconds"}};
static const struct runnel_option LATE_OPTIONS[] = {
    {"refuse-above", RUNNEL_INTEGER, "1000", "batches under way at most"},
    {"work", RUNNEL_INTEGER, "0", "microseconds of CPU for each batch"}};
static const struct runnel_option SINK_OPTIONS[] = {
    {"pause", RUNNEL_INTEGER, "0", "microseconds before each batch"}};

#define STAGE(NAME, ID, OPTIONS, TAKES, SEES, GIVES, INIT, PROCESS, DESTROY)                       \
    static const struct runnel_stage NAME = {sizeof NAME,                                          \
                                             RUNNEL_ABI_VERSION,                                   \
                                             ID,                                                   \
                                             "1",                                                  \
                                             "a test",                                             \
                                             sizeof OPTIONS[0],                                    \
                                             sizeof OPTIONS / sizeof OPTIONS[0],                   \
                                             OPTIONS,                                              \
                                             TAKES,                                                \
                                             SEES,                                                 \
                                             GIVES,                                                \
                                             INIT,                                                 \
                                             PROCESS,                                              \
                                             nothing_finish,                                       \
                                             DESTROY,                                              \
                                             NULL}

STAGE(COUNT, "count", COUNT_OPTIONS, NULL, NULL, NUMBERS, count_init, count_process, free);
STAGE(LATE, "late", LATE_OPTIONS, NUMBERS, NULL, NUMBERS, late_init, late_process, late_destroy);
STAGE(SINK, "sink", SINK_OPTIONS, NUMBERS, NULL, NULL, sink_init, sink_process, free);
STAGE(WATCH, "watch", SINK_OPTIONS, NULL, NUMBERS, NULL, sink_init, sink_process, free);
static const struct runnel_stage PARTS = {.struct_size = sizeof PARTS,
                                          .abi_version = RUNNEL_ABI_VERSION,
                                          .id = "parts",
                                          .version = "1",
                                          .help = "a test",
                                          .takes = NUMBERS,
                                          .gives = NUMBERS,
                                          .init = parts_init,
                                          .process = parts_process,
                                          .finish = nothing_finish,
                                          .destroy = free};
static const struct runnel_stage TAIL = {.struct_size = sizeof TAIL,
                                         .abi_version = RUNNEL_ABI_VERSION,
                                         .id = "tail",
                                         .version = "1",
                                         .help = "a test",
                                         .takes = NUMBERS,
                                         .gives = NUMBERS,
                                         .init = tail_init,
                                         .process = tail_process,
                                         .finish = tail_finish,
                                         .destroy = free};
static const struct runnel_stage TICKS = {.struct_size = sizeof TICKS,
                                          .abi_version = RUNNEL_ABI_VERSION,
                                          .id = "ticks",
                                          .version = "1",
                                          .help = "a test",
                                          .takes = NUMBERS,
                                          .gives = NUMBERS,
                                          .init = parts_init,
                                          .process = ticks_process,
                                          .finish = nothing_finish,
                                          .destroy = free,
                                          .extension = ticks_extension};
static const struct runnel_stage MANY = {.struct_size = sizeof MANY,
                                         .abi_version = RUNNEL_ABI_VERSION,
                                         .id = "many",
                                         .version = "1",
                                         .help = "a test",
                                         .takes = NUMBERS,
                                         .gives = NUMBERS,
                                         .init = many_init,
                                         .process = many_process,
                                         .finish = nothing_finish,
                                         .destroy = no_destroy};

RUNNEL_EXPORT const struct runnel_plugin *runnel_plugin_entry(void) {
    static const struct runnel_stage *const stages[] = {&COUNT, &LATE,  &SINK, &WATCH,
                                                        &MANY,  &PARTS, &TAIL, &TICKS};
    static const struct runnel_plugin plugin = {sizeof plugin, RUNNEL_ABI_VERSION, 8, stages};
    return &plugin;
}
