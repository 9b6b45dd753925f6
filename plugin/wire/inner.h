/* SPDX-License-Identifier: MIT
 *
 * A host of one stage that answers batch by batch, on a thread of its own: what `runnel serve`
 * wraps around its caller, and what the remote stage falls back on.  The stage must give at most
 * one batch for each that it takes. */
#ifndef PLUGIN_WIRE_INNER_H
#define PLUGIN_WIRE_INNER_H

#include "plugin/runnel_plugin.h"

#include <stdbool.h>

struct inner;

struct inner_hooks {
    void *with;
    /* [any thread] What came of the batch put with `tag`: `result`, lent for the call and NULL
     * where there is none, or why it failed.  After a failure every batch fails for the same
     * reason.  Every batch is told once, what is dropped at the end as a failure. */
    void (*done)(void *with, uint64_t tag, const struct runnel_batch *result, const char *failure);
    /* [any thread] As in struct runnel_host. */
    void (*log)(void *with, int level, const char *text);
    const void *(*extension)(void *with, const char *name);
};

/* Starts the thread; init is its first doing.  The stage is lent until inner_free, the settings are
 * lent until it returns.  NULL where there is no memory or no thread. */
struct inner *inner_new(const struct runnel_stage *stage, const struct runnel_setting *settings,
                        size_t setting_count, const struct inner_hooks *hooks);

/* [one thread] Takes over a reference of the batch.  Never waits. */
void inner_put(struct inner *inner, uint64_t tag, const struct runnel_batch *batch);

/* Asks the thread to let what is in the stage end, drop what is not, and destroy the stage.  Does
 * not wait; nothing may be put any more. */
void inner_leave(struct inner *inner);

/* Whether it has done so. */
bool inner_has_left(struct inner *inner);

/* Asks it, waits for it, frees everything.  NULL is fine. */
void inner_free(struct inner *inner);

#endif
