/* SPDX-License-Identifier: MIT
 *
 * A stage inside, driven from here: it adds nothing and passes each batch's number of rows on as an
 * empty batch, or does what its setting says. */
#include "plugin/wire/inner.h"

#include "plugin/stages/stage.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

struct late {
    const struct runnel_host *host;
    const char *how;
    pthread_t thread;
    struct runnel_slot *waiting;
    bool started;
};

static int late_init(const struct runnel_init *init, void **state) {
    const char *how = runnel_setting_text(init, "how");
    if (strcmp(how, "no-init") == 0) {
        init->host->fail(init->host->context, "it will not");
        return RUNNEL_ERROR;
    }
    struct late *late = calloc(1, sizeof *late);
    late->host = init->host;
    late->how = strcmp(how, "late") == 0    ? "late"
                : strcmp(how, "twice") == 0 ? "twice"
                : strcmp(how, "fail") == 0  ? "fail"
                                            : "plain";
    *state = late;
    return RUNNEL_OK;
}

static struct runnel_batch *empty(void) {
    struct ArrowSchema schema;
    arrow_schema_make(&schema, NULL, 0, NULL, NULL);
    return runnel_batch_new(RUNNEL_DATA, "test/1", &schema, NULL);
}

static void *complete_later(void *state) {
    struct late *late = state;
    usleep(1000);
    struct runnel_slot *slot = late->waiting;
    __atomic_store_n(&late->waiting, NULL, __ATOMIC_RELEASE);
    late->host->emit(late->host->context, slot, empty());
    late->host->complete(late->host->context, slot, RUNNEL_OK);
    return NULL;
}

/* "late" takes one batch at a time, and completes it from another thread. */
static int late_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct late *late = state;
    (void)batch;
    if (strcmp(late->how, "late") == 0) {
        if (__atomic_load_n(&late->waiting, __ATOMIC_ACQUIRE) != NULL)
            return RUNNEL_AGAIN;
        if (late->started)
            pthread_join(late->thread, NULL);
        late->waiting = slot;
        late->started = pthread_create(&late->thread, NULL, complete_later, late) == 0;
        return RUNNEL_PENDING;
    }
    if (strcmp(late->how, "fail") == 0) {
        late->host->fail(late->host->context, "no such window");
        return RUNNEL_ERROR;
    }
    for (int i = 0; i < (strcmp(late->how, "twice") == 0 ? 2 : 1); i++)
        late->host->emit(late->host->context, slot, empty());
    return RUNNEL_OK;
}

static int late_finish(void *state, struct runnel_slot *slot) {
    (void)state, (void)slot;
    return RUNNEL_OK;
}

static void late_destroy(void *state) {
    struct late *late = state;
    if (late->started)
        pthread_join(late->thread, NULL);
    free(late);
}

static const struct runnel_stage LATE = {.struct_size = sizeof LATE,
                                         .abi_version = RUNNEL_ABI_VERSION,
                                         .id = "late",
                                         .init = late_init,
                                         .process = late_process,
                                         .finish = late_finish,
                                         .destroy = late_destroy};

static atomic_size_t done, results;
static char failure[128];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void on_done(void *with, uint64_t tag, const struct runnel_batch *result, const char *why) {
    (void)with, (void)tag;
    pthread_mutex_lock(&mutex);
    if (why != NULL)
        snprintf(failure, sizeof failure, "%s", why);
    pthread_mutex_unlock(&mutex);
    atomic_fetch_add(&results, result != NULL);
    atomic_fetch_add(&done, 1);
}
static void on_log(void *with, int level, const char *text) {
    (void)with, (void)level, (void)text;
}
static const void *on_extension(void *with, const char *name) {
    (void)with, (void)name;
    return NULL;
}

static void run(const char *how, size_t batches) {
    const struct inner_hooks hooks = {NULL, on_done, on_log, on_extension};
    const struct runnel_setting setting = {"how", how};
    struct inner *inner = inner_new(&LATE, &setting, 1, &hooks);
    cr_assert_not_null(inner);
    for (size_t i = 0; i < batches; i++)
        inner_put(inner, i, empty());
    while (atomic_load(&done) < batches)
        usleep(100);
    cr_expect_not(inner_has_left(inner));
    inner_leave(inner);
    inner_free(inner);
}

Test(inner, every_batch_is_answered, .timeout = 60) {
    run("plain", 100);
    cr_expect_eq(atomic_load(&results), 100);
    cr_expect_str_empty(failure);
}

Test(inner, late_and_refusing_stages_are_waited_for, .timeout = 60) {
    run("late", 50);
    cr_expect_eq(atomic_load(&results), 50);
    cr_expect_str_empty(failure);
}

Test(inner, a_failure_reaches_every_batch, .timeout = 60) {
    run("fail", 5);
    cr_expect_str_eq(failure, "no such window");
    cr_expect_eq(atomic_load(&results), 0);
}

Test(inner, a_stage_that_cannot_begin_says_so, .timeout = 60) {
    run("no-init", 3);
    cr_expect_str_eq(failure, "it will not");
}

Test(inner, two_batches_for_one_are_a_failure, .timeout = 60) {
    run("twice", 1);
    cr_expect_str_eq(failure, "the stage gave two batches for one");
}

Test(inner, what_was_not_begun_fails, .timeout = 60) {
    const struct inner_hooks hooks = {NULL, on_done, on_log, on_extension};
    const struct runnel_setting setting = {"how", "late"};
    struct inner *inner = inner_new(&LATE, &setting, 1, &hooks);
    for (size_t i = 0; i < 100; i++)
        inner_put(inner, i, empty());
    inner_free(inner);
    cr_expect_eq(atomic_load(&done), 100);
    cr_expect_str_eq(failure, "the line has ended");
}
