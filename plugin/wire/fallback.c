/* SPDX-License-Identifier: MIT
 *
 * caller, found through the host, inside an inner host. */
#include "plugin/wire/fallback.h"

#include "plugin/streams.h"
#include "plugin/wire/inner.h"

#include <stdio.h>

#define OPENING UINT64_MAX /* tag of the OPEN */

struct fallback {
    struct fallback_setup setup;
    struct runnel_stage caller;
    struct inner *inner;
    char failure[160]; /* its model is another one; set before any batch is done */
};

static void check_model(struct fallback *fallback, const struct runnel_batch *open) {
    char *digest = stream_fact(open, "model_digest");
    if (digest == NULL || strcmp(digest, fallback->setup.model_digest) != 0)
        snprintf(fallback->failure, sizeof fallback->failure,
                 "the model to fall back on (digest %.12s) is not that of the services (%.12s)",
                 digest ? digest : "?", fallback->setup.model_digest);
    free(digest);
}

static void on_done(void *with, uint64_t tag, const struct runnel_batch *result,
                    const char *failure) {
    struct fallback *fallback = with;
    if (tag == OPENING) {
        if (result != NULL)
            check_model(fallback, result);
        return; /* a failure is told with the batches */
    }
    if (failure == NULL && fallback->failure[0] != '\0')
        failure = fallback->failure;
    fallback->setup.done(fallback->setup.with, tag, failure ? NULL : result, failure);
}

static void on_log(void *with, int level, const char *text) {
    const struct fallback *fallback = with;
    fallback->setup.host->log(fallback->setup.host->context, level, text);
}

static const void *on_extension(void *with, const char *name) {
    const struct fallback *fallback = with;
    return fallback->setup.host->extension(fallback->setup.host->context, name);
}

struct fallback *fallback_new(const struct fallback_setup *setup, struct failure *why) {
    const struct runnel_host *host = setup->host;
    const struct runnel_stages *stages = host->extension(host->context, "runnel.stages/1");
    struct fallback *fallback = calloc(1, sizeof *fallback);
    char sentence[FAILURE_TEXT_MAX] = "this host has no stages to fall back on";
    if (fallback == NULL) {
        fail(why, STATUS_NO_MEMORY, "out of memory for falling back");
        return NULL;
    }
    fallback->setup = *setup;
    const struct inner_hooks hooks = {fallback, on_done, on_log, on_extension};
    if (stages != NULL &&
        stages->find("caller", &fallback->caller, sentence, sizeof sentence) == RUNNEL_OK) {
        snprintf(sentence, sizeof sentence, "no more threads for falling back");
        fallback->inner =
            inner_new(&fallback->caller, setup->settings, setup->setting_count, &hooks);
    }
    if (fallback->inner == NULL) {
        fail(why, STATUS_UNSUPPORTED, "%s", sentence);
        free(fallback);
        return NULL;
    }
    setup->open->retain(setup->open);
    inner_put(fallback->inner, OPENING, setup->open);
    return fallback;
}

void fallback_put(struct fallback *fallback, uint64_t tag, const struct runnel_batch *batch) {
    inner_put(fallback->inner, tag, batch);
}

void fallback_free(struct fallback *fallback) {
    if (fallback == NULL)
        return;
    inner_free(fallback->inner);
    free(fallback);
}
