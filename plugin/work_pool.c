/* SPDX-License-Identifier: MIT
 *
 * A queue of jobs under one mutex, and the threads that wait at it. */
#include "plugin/work_pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct job {
    const struct runnel_batch *batch;
    struct runnel_slot *slot;
};

struct worker {
    struct work_pool *pool;
    void *with;
    pthread_t thread;
};

struct work_pool {
    const struct runnel_host *host;
    work_pool_job *job;
    size_t wanted, started;
    struct worker workers[WORKERS_MAX];

    /* Guards what follows; nothing else is locked while it is held. */
    pthread_mutex_t mutex;
    pthread_cond_t news; /* a job was queued, or the workers are to leave */
    bool leaving;
    size_t job_count;
    struct job jobs[2 * WORKERS_MAX];
};

struct work_pool *work_pool_new(const struct runnel_host *host, work_pool_job *job, int64_t threads,
                                struct failure *why) {
    struct work_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) {
        fail(why, STATUS_NO_MEMORY, "out of memory for threads");
        return NULL;
    }
    pool->host = host;
    pool->job = job;
    pool->wanted = threads < 1 ? 1 : threads > WORKERS_MAX ? WORKERS_MAX : (size_t)threads;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->news, NULL);
    return pool;
}

void work_pool_free(struct work_pool *pool) {
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->leaving = true;
    pthread_cond_broadcast(&pool->news);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->news);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

size_t work_pool_threads(const struct work_pool *pool) {
    return pool->wanted;
}

static bool next_job(struct work_pool *pool, struct job *job) {
    pthread_mutex_lock(&pool->mutex);
    while (pool->job_count == 0 && !pool->leaving)
        pthread_cond_wait(&pool->news, &pool->mutex);
    bool got = pool->job_count > 0 && !pool->leaving;
    if (got) {
        *job = pool->jobs[0];
        memmove(pool->jobs, pool->jobs + 1, --pool->job_count * sizeof *job);
    }
    pthread_mutex_unlock(&pool->mutex);
    return got;
}

static void *work(void *argument) {
    struct worker *worker = argument;
    struct work_pool *pool = worker->pool;
    const struct runnel_host *host = pool->host;
    struct job job;
    while (next_job(pool, &job)) {
        struct failure why = {0};
        int status = pool->job(worker->with, job.batch, job.slot, &why);
        if (status != STATUS_OK)
            host->fail(host->context, why.text);
        host->complete(host->context, job.slot, status == STATUS_OK ? RUNNEL_OK : RUNNEL_ERROR);
    }
    return NULL;
}

int work_pool_start(struct work_pool *pool, void *with, struct failure *why) {
    struct worker *worker = &pool->workers[pool->started];
    *worker = (struct worker){.pool = pool, .with = with};
    if (pthread_create(&worker->thread, NULL, work, worker) != 0)
        return fail(why, STATUS_IO, "no more threads");
    pool->started++;
    return STATUS_OK;
}

int work_pool_take(struct work_pool *pool, const struct runnel_batch *batch,
                   struct runnel_slot *slot) {
    pthread_mutex_lock(&pool->mutex);
    bool full = pool->job_count == 2 * pool->wanted;
    if (!full) {
        pool->jobs[pool->job_count++] = (struct job){batch, slot};
        pthread_cond_signal(&pool->news);
    }
    pthread_mutex_unlock(&pool->mutex);
    return full ? RUNNEL_AGAIN : RUNNEL_PENDING;
}
