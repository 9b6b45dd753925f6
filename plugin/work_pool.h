/* SPDX-License-Identifier: MIT
 *
 * Threads of a stage that computes for long: a batch is a job, workers run jobs side by side, and
 * the host keeps the order of their slots.  What a worker needs for itself the stage makes, and
 * lends it to one thread. */
#ifndef PLUGIN_WORK_POOL_H
#define PLUGIN_WORK_POOL_H

#include "core/status.h"
#include "plugin/runnel_plugin.h"

enum { WORKERS_MAX = 256 };

struct work_pool;

/* One job: emits its results into `slot`.  A failure is told to the host, and the slot completed,
 * by the pool. [worker's thread] */
typedef int work_pool_job(void *worker, const struct runnel_batch *batch, struct runnel_slot *slot,
                          struct failure *why);

/* `threads` (made 1 to WORKERS_MAX) are meant to be; twice as many jobs may wait. `host` is lent.
 */
struct work_pool *work_pool_new(const struct runnel_host *host, work_pool_job *job, int64_t threads,
                                struct failure *why);

/* Returns when the jobs under way are through; those that wait are left undone.  Accepts NULL. */
void work_pool_free(struct work_pool *pool);

size_t work_pool_threads(const struct work_pool *pool); /* that are meant to be */

/* Starts one of them, which lends `worker` to its jobs until the pool is freed. */
int work_pool_start(struct work_pool *pool, void *worker, struct failure *why);

/* What a stage's process returns for a batch of data: RUNNEL_PENDING, or RUNNEL_AGAIN where enough
 * wait.  The host keeps the batch until the slot is complete. */
int work_pool_take(struct work_pool *pool, const struct runnel_batch *batch,
                   struct runnel_slot *slot);

#endif
