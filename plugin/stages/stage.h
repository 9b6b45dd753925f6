/* SPDX-License-Identifier: MIT
 *
 * What our stages share: keeping settings, saying why they failed, exporting themselves.  A
 * stranger's stage needs nothing of this; runnel_plugin.h is the contract. */
#ifndef PLUGIN_STAGES_STAGE_H
#define PLUGIN_STAGES_STAGE_H

#include "core/status.h"
#include "plugin/runnel_plugin.h"
#include "plugin/streams.h"

/* Tells the host and gives the hook's result. */
static inline int stage_failed(const struct runnel_host *host, const struct failure *why) {
    host->fail(host->context, why->code == STATUS_CLOSED ? "" : why->text);
    return RUNNEL_ERROR;
}

/* A copy of an option's text, which the stage frees; NULL where the option is absent. */
static inline char *stage_copy_setting(const struct runnel_init *init, const char *name) {
    const char *value = runnel_setting_text(init, name);
    return value ? strdup(value) : NULL;
}

/* Emits a batch (ownership goes to the host), or fails where it is NULL. */
static inline int stage_emit(const struct runnel_host *host, struct runnel_slot *slot,
                             const struct runnel_batch *batch, const struct failure *why) {
    if (batch == NULL)
        return stage_failed(host, why);
    host->emit(host->context, slot, batch);
    return RUNNEL_OK;
}

/* The rows of a table as a batch, none where there are none; the table is empty then. */
static inline int stage_emit_table(const struct runnel_host *host, struct runnel_slot *slot,
                                   const struct stream *stream, struct arrow_table *table,
                                   struct failure *why) {
    if (arrow_table_rows(table) == 0)
        return STATUS_OK;
    struct runnel_batch *batch = stream_data(stream, table, why);
    if (batch == NULL)
        return STATUS_NO_MEMORY;
    host->emit(host->context, slot, batch);
    return STATUS_OK;
}

/* A plugin of the one stage STAGE. */
#define EXPORT_STAGE(STAGE)                                                                        \
    RUNNEL_EXPORT const struct runnel_plugin *runnel_plugin_entry(void) {                          \
        static const struct runnel_stage *const stages[] = {&(STAGE)};                             \
        static const struct runnel_plugin plugin = {sizeof plugin, RUNNEL_ABI_VERSION, 1, stages}; \
        return &plugin;                                                                            \
    }

#endif
