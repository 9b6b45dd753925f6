/* SPDX-License-Identifier: MIT
 *
 * Jobs of a stage on its own threads: each is done once, with a worker to itself; failures are
 * told; what waits is bounded, and left undone when the pool goes. */
#include "plugin/work_pool.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 3, JOBS = 300 };

static struct runnel_batch batches[JOBS];
static atomic_int done[JOBS], completed, failed, told;
static int busy[THREADS]; /* by worker; no two jobs may have one at the same time */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

/* A slot is the number of its job, from 1 on. */
static struct runnel_slot *slot_of(int job) {
    return (struct runnel_slot *)(uintptr_t)(job + 1);
}

static void complete(void *context, struct runnel_slot *slot, int result) {
    (void)context;
    atomic_fetch_add(&done[(uintptr_t)slot - 1], 1);
    atomic_fetch_add(&failed, result != RUNNEL_OK);
    atomic_fetch_add(&completed, 1);
}

static void say(void *context, const char *text) {
    (void)context;
    atomic_fetch_add(&told, strcmp(text, "job 7 is a bad one") == 0);
}

static const struct runnel_host HOST = {
    .struct_size = sizeof HOST, .complete = complete, .fail = say};

static int run(void *worker, const struct runnel_batch *batch, struct runnel_slot *slot,
               struct failure *why) {
    int *mine = worker, job = (int)((uintptr_t)slot - 1);
    cr_assert_eq(++*mine, 1);
    cr_assert_eq(batch, &batches[job]);
    pthread_mutex_lock(&gate); /* held by who wants jobs to wait */
    pthread_mutex_unlock(&gate);
    --*mine;
    return job == 7 ? fail(why, STATUS_BAD_INPUT, "job %d is a bad one", job) : STATUS_OK;
}

static struct work_pool *start(int64_t threads) {
    struct failure why = {0};
    atomic_store(&completed, 0);
    struct work_pool *pool = work_pool_new(&HOST, run, threads, &why);
    cr_assert_not_null(pool, "%s", why.text);
    for (size_t i = 0; i < work_pool_threads(pool) && i < THREADS; i++)
        cr_assert_eq(work_pool_start(pool, &busy[i], &why), STATUS_OK, "%s", why.text);
    return pool;
}

static void wait_for(int count) {
    while (atomic_load(&completed) < count)
        usleep(200);
}

Test(work_pool, every_job_is_done_once_and_failures_are_told) {
    struct work_pool *pool = start(THREADS);
    for (int job = 0; job < JOBS; job++)
        while (work_pool_take(pool, &batches[job], slot_of(job)) == RUNNEL_AGAIN)
            usleep(200);
    wait_for(JOBS);
    work_pool_free(pool);
    for (int job = 0; job < JOBS; job++)
        cr_assert_eq(atomic_load(&done[job]), 1, "job %d", job);
    cr_assert_eq(atomic_load(&failed), 1);
    cr_assert_eq(atomic_load(&told), 1);
}

Test(work_pool, what_waits_is_bounded_and_left_in_the_end) {
    struct work_pool *pool = start(1);
    pthread_mutex_lock(&gate);
    int taken = 0;
    while (work_pool_take(pool, &batches[taken], slot_of(taken)) == RUNNEL_PENDING)
        taken++;
    cr_assert(taken == 2 || taken == 3, "%d: two wait, and one may be under way", taken);
    pthread_mutex_unlock(&gate);
    wait_for(taken);
    cr_assert_eq(work_pool_take(pool, &batches[taken], slot_of(taken)), RUNNEL_PENDING);
    work_pool_free(pool); /* done or not */
    cr_assert_leq(atomic_load(&completed), taken + 1);
}

Test(work_pool, threads_in_range) {
    static const struct {
        int64_t asked;
        size_t made;
    } COUNTS[] = {{-1, 1}, {0, 1}, {4, 4}, {1000, WORKERS_MAX}};
    for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
        struct work_pool *pool = work_pool_new(&HOST, run, COUNTS[i].asked, NULL);
        cr_assert_eq(work_pool_threads(pool), COUNTS[i].made);
        work_pool_free(pool); /* without a thread */
    }
    work_pool_free(NULL);
}
