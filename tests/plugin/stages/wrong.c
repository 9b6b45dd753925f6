/* SPDX-License-Identifier: MIT
 *
 * A test stage that breaks one rule of the contract, named by its option `how`, or fails in one
 * hook.  Takes and gives "test.numbers/1". */
#include "plugin/runnel_plugin.h"

#include <stdio.h>

struct wrong {
    const struct runnel_host *host;
    char how[32];
    struct runnel_slot *kept;
};

static int is(const struct wrong *wrong, const char *how) {
    return strcmp(wrong->how, how) == 0;
}

static int say(const struct wrong *wrong) {
    char text[64];
    snprintf(text, sizeof text, "numbers.txt, line 3: failed in %s", wrong->how);
    wrong->host->fail(wrong->host->context, text);
    return RUNNEL_ERROR;
}

static int wrong_init(const struct runnel_init *init, void **state) {
    struct wrong *wrong = calloc(1, sizeof *wrong);
    wrong->host = init->host;
    snprintf(wrong->how, sizeof wrong->how, "%s", runnel_setting_text(init, "how"));
    if (is(wrong, "init")) {
        say(wrong);
        free(wrong);
        return RUNNEL_ERROR;
    }
    *state = wrong;
    return RUNNEL_OK;
}

static int wrong_process(void *state, const struct runnel_batch *batch, struct runnel_slot *slot) {
    struct wrong *wrong = state;
    const struct runnel_host *host = wrong->host;
    if (batch->kind == RUNNEL_OPEN || is(wrong, "open-twice")) {
        batch->retain(batch);
        host->emit(host->context, slot, batch);
        if (is(wrong, "open-twice")) {
            batch->retain(batch);
            host->emit(host->context, slot, batch);
        }
        return RUNNEL_OK;
    }
    if (is(wrong, "process"))
        return say(wrong);
    if (is(wrong, "silent"))
        return RUNNEL_ERROR;
    if (is(wrong, "again"))
        return RUNNEL_AGAIN;
    if (is(wrong, "nonsense"))
        return 99;
    if (is(wrong, "slot")) {
        say(wrong);
        host->complete(host->context, slot, RUNNEL_ERROR);
        return RUNNEL_PENDING;
    }
    if (is(wrong, "complete-twice")) {
        host->complete(host->context, slot, RUNNEL_OK);
        host->complete(host->context, slot, RUNNEL_OK);
        return RUNNEL_PENDING;
    }
    if (is(wrong, "end"))
        host->emit(host->context, slot, runnel_batch_new(RUNNEL_END, "", NULL, NULL));
    if (is(wrong, "undeclared"))
        host->emit(host->context, slot, runnel_batch_new(RUNNEL_OPEN, "test.other/1", NULL, NULL));
    if (is(wrong, "late-emit")) {
        if (wrong->kept != NULL) {
            batch->retain(batch);
            host->emit(host->context, wrong->kept, batch);
        }
        wrong->kept = slot;
    }
    return RUNNEL_OK;
}

static int wrong_finish(void *state, struct runnel_slot *slot) {
    struct wrong *wrong = state;
    (void)slot;
    if (is(wrong, "finish"))
        return say(wrong);
    return is(wrong, "finish-pending") ? RUNNEL_PENDING : RUNNEL_OK;
}

static const struct runnel_option OPTIONS[] = {{"how", RUNNEL_TEXT, NULL, "which rule to break"}};

static const struct runnel_stage WRONG = {.struct_size = sizeof WRONG,
                                          .abi_version = RUNNEL_ABI_VERSION,
                                          .id = "wrong",
                                          .version = "1",
                                          .help = "a test",
                                          .option_size = sizeof OPTIONS[0],
                                          .option_count = 1,
                                          .options = OPTIONS,
                                          .takes = "test.numbers/1",
                                          .gives = "test.numbers/1",
                                          .init = wrong_init,
                                          .process = wrong_process,
                                          .finish = wrong_finish,
                                          .destroy = free};

RUNNEL_EXPORT const struct runnel_plugin *runnel_plugin_entry(void) {
    static const struct runnel_stage *const stages[] = {&WRONG};
    static const struct runnel_plugin plugin = {sizeof plugin, RUNNEL_ABI_VERSION, 1, stages};
    return &plugin;
}
