/* SPDX-License-Identifier: MIT
 *
 * Plugins as an older or a foreign compiler of the contract would leave them: one whose structs
 * end early (no `extension`, options without help), one of another ABI version. */
#include "plugin/runnel_plugin.h"

#include <stddef.h>

static int old_init(const struct runnel_init *init, void **state) {
    *state = (void *)init->host;
    return RUNNEL_OK;
}

static int old_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    const struct runnel_host *host = state;
    batch->retain(batch);
    host->emit(host->context, slot, batch);
    return RUNNEL_OK;
}

static int old_finish(void *state, struct runnel_slot *slot) {
    (void)state;
    (void)slot;
    return RUNNEL_OK;
}

static void old_destroy(void *state) {
    (void)state;
}

/* struct runnel_option before it had a help text */
struct old_option {
    const char *name;
    uint32_t type;
    const char *default_value;
};

static const struct old_option OLD_OPTIONS[] = {{"first", RUNNEL_TEXT, "a"},
                                                {"second", RUNNEL_INTEGER, "2"}};

/* struct runnel_stage before it had `extension`; what lies behind it in memory is not ours. */
static const struct {
    struct runnel_stage stage;
    char poison[64];
} OLD = {.stage = {.struct_size = offsetof(struct runnel_stage, extension),
                   .abi_version = RUNNEL_ABI_VERSION,
                   .id = "old",
                   .version = "0.1",
                   .help = "a stage of an older contract",
                   .option_size = sizeof OLD_OPTIONS[0],
                   .option_count = 2,
                   .options = (const struct runnel_option *)OLD_OPTIONS,
                   .takes = "test.numbers/1",
                   .gives = "test.numbers/1",
                   .init = old_init,
                   .process = old_process,
                   .finish = old_finish,
                   .destroy = old_destroy,
                   .extension = (const void *(*)(void *, const char *))(intptr_t)1},
         .poison = "not part of the stage"};

static const struct runnel_stage FUTURE = {.struct_size = sizeof FUTURE,
                                           .abi_version = 7,
                                           .id = "future",
                                           .init = old_init,
                                           .process = old_process,
                                           .finish = old_finish,
                                           .destroy = old_destroy};

static const struct runnel_stage HOOKLESS = {.struct_size = sizeof HOOKLESS,
                                             .abi_version = RUNNEL_ABI_VERSION,
                                             .id = "hookless",
                                             .init = old_init};

RUNNEL_EXPORT const struct runnel_plugin *runnel_plugin_entry(void) {
    static const struct runnel_stage *const stages[] = {&OLD.stage, &FUTURE, &HOOKLESS};
    static const struct runnel_plugin plugin = {sizeof plugin, RUNNEL_ABI_VERSION, 3, stages};
    return &plugin;
}
