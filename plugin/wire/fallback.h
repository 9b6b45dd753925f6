/* SPDX-License-Identifier: MIT
 *
 * A caller in this process, for batches that services cannot compute; loaded when it is first
 * needed, and only if its model is that of the services. */
#ifndef PLUGIN_WIRE_FALLBACK_H
#define PLUGIN_WIRE_FALLBACK_H

#include "core/status.h"
#include "plugin/runnel_plugin.h"

struct fallback;

struct fallback_setup {
    const struct runnel_host *host;        /* of the stage that falls back; lent */
    const struct runnel_setting *settings; /* of caller */
    size_t setting_count;
    const struct runnel_batch *open; /* of the windows */
    const char *model_digest;        /* of the services; lent */
    void *with;
    /* [any thread] What came of a batch, as in inner.h. */
    void (*done)(void *with, uint64_t tag, const struct runnel_batch *calls, const char *failure);
};

/* NULL with a sentence where this host has no caller to offer. */
struct fallback *fallback_new(const struct fallback_setup *setup, struct failure *why);

/* Takes over a reference of the batch; `tag` is not UINT64_MAX. */
void fallback_put(struct fallback *fallback, uint64_t tag, const struct runnel_batch *batch);
void fallback_free(struct fallback *fallback); /* waits; NULL is fine */

#endif
