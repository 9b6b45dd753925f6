/* SPDX-License-Identifier: MIT
 *
 * A queue of batches, a thread that offers them to the stage, and slots that complete from whatever
 * thread. */
#include "plugin/wire/inner.h"

#include "core/status.h"

#include <pthread.h>
#include <stdio.h>

/* One batch, from inner_put to its answer. */
struct runnel_slot {
    struct runnel_slot *next;
    uint64_t tag;
    const struct runnel_batch *input, *result;
};

struct inner {
    const struct runnel_stage *stage;
    struct inner_hooks hooks;
    struct runnel_host host;
    struct runnel_setting *settings;
    size_t setting_count;
    pthread_t thread;

    /* Guards what follows.  No hook is called while it is held. */
    pthread_mutex_t mutex;
    pthread_cond_t news; /* a batch was put, a slot completed, or the end has come */
    struct runnel_slot *first, *last;
    size_t under_way, completions;
    bool leaving, left;
    char failure[FAILURE_TEXT_MAX]; /* "": none */
};

/* ---- what the stage may call ---- */

static void on_log(void *context, int level, const char *text) {
    struct inner *inner = context;
    inner->hooks.log(inner->hooks.with, level, text);
}

static void on_fail(void *context, const char *text) {
    struct inner *inner = context;
    pthread_mutex_lock(&inner->mutex);
    if (inner->failure[0] == '\0')
        snprintf(inner->failure, sizeof inner->failure, "%s", *text ? text : "the stage failed");
    pthread_mutex_unlock(&inner->mutex);
}

static void on_emit(void *context, struct runnel_slot *slot, const struct runnel_batch *batch) {
    if (batch == NULL) {
        on_fail(context, "out of memory for a batch");
    } else if (slot->result != NULL) {
        on_fail(context, "the stage gave two batches for one");
        batch->release(batch);
    } else {
        slot->result = batch;
    }
}

static bool failed(struct inner *inner) {
    pthread_mutex_lock(&inner->mutex);
    bool has = inner->failure[0] != '\0';
    pthread_mutex_unlock(&inner->mutex);
    return has;
}

/* The answer of a slot, which is gone after that. */
static void finish(struct inner *inner, struct runnel_slot *slot) {
    inner->hooks.done(inner->hooks.with, slot->tag, slot->result,
                      failed(inner) ? inner->failure : NULL);
    if (slot->result != NULL)
        slot->result->release(slot->result);
    slot->input->release(slot->input);
    free(slot);
}

static void on_complete(void *context, struct runnel_slot *slot, int result) {
    struct inner *inner = context;
    if (result != RUNNEL_OK)
        on_fail(inner, "the stage failed without saying why");
    finish(inner, slot);
    pthread_mutex_lock(&inner->mutex);
    inner->under_way--;
    inner->completions++;
    pthread_cond_signal(&inner->news);
    pthread_mutex_unlock(&inner->mutex);
}

static void on_count(void *context, const char *name, int64_t amount) {
    (void)context, (void)name, (void)amount;
}

static void on_progress(void *context, const char *contig, int64_t position) {
    (void)context, (void)contig, (void)position;
}

static const void *on_extension(void *context, const char *name) {
    struct inner *inner = context;
    return inner->hooks.extension(inner->hooks.with, name);
}

/* ---- the thread ---- */

/* The next slot; NULL at the end. */
static struct runnel_slot *next_slot(struct inner *inner) {
    pthread_mutex_lock(&inner->mutex);
    while (inner->first == NULL && !inner->leaving)
        pthread_cond_wait(&inner->news, &inner->mutex);
    struct runnel_slot *slot = inner->leaving ? NULL : inner->first;
    if (slot != NULL) {
        inner->first = slot->next;
        inner->under_way++;
        inner->completions = 0;
    }
    pthread_mutex_unlock(&inner->mutex);
    return slot;
}

/* After AGAIN: until something completed. */
static void wait_for_completion(struct inner *inner) {
    pthread_mutex_lock(&inner->mutex);
    while (inner->completions == 0)
        pthread_cond_wait(&inner->news, &inner->mutex);
    inner->completions = 0;
    pthread_mutex_unlock(&inner->mutex);
}

static void offer(struct inner *inner, void *state, struct runnel_slot *slot) {
    int result = RUNNEL_ERROR;
    if (!failed(inner))
        while ((result = inner->stage->process(state, slot->input, slot)) == RUNNEL_AGAIN)
            wait_for_completion(inner);
    if (result != RUNNEL_PENDING)
        on_complete(inner, slot, result);
}

static void *work(void *argument) {
    struct inner *inner = argument;
    const struct runnel_init init = {.struct_size = sizeof init,
                                     .setting_count = inner->setting_count,
                                     .settings = inner->settings,
                                     .host = &inner->host};
    void *state = NULL;
    bool lives = inner->stage->init(&init, &state) == RUNNEL_OK;
    if (!lives)
        on_fail(inner, "the stage could not begin");
    struct runnel_slot *slot;
    while ((slot = next_slot(inner)) != NULL)
        offer(inner, state, slot);
    pthread_mutex_lock(&inner->mutex);
    while (inner->under_way > 0)
        pthread_cond_wait(&inner->news, &inner->mutex);
    pthread_mutex_unlock(&inner->mutex);
    if (lives)
        inner->stage->destroy(state);
    pthread_mutex_lock(&inner->mutex);
    inner->left = true;
    pthread_mutex_unlock(&inner->mutex);
    return NULL;
}

/* ---- from outside ---- */

static void inner_clear(struct inner *inner) {
    while (inner->first != NULL) {
        struct runnel_slot *slot = inner->first;
        inner->first = slot->next;
        on_fail(inner, "the line has ended");
        finish(inner, slot);
    }
    for (size_t i = 0; i < inner->setting_count; i++) {
        free((char *)inner->settings[i].name);
        free((char *)inner->settings[i].value);
    }
    free(inner->settings);
    pthread_cond_destroy(&inner->news);
    pthread_mutex_destroy(&inner->mutex);
    free(inner);
}

struct inner *inner_new(const struct runnel_stage *stage, const struct runnel_setting *settings,
                        size_t setting_count, const struct inner_hooks *hooks) {
    struct inner *inner = calloc(1, sizeof *inner);
    if (inner == NULL)
        return NULL;
    inner->stage = stage;
    inner->hooks = *hooks;
    inner->host = (struct runnel_host){.struct_size = sizeof inner->host,
                                       .abi_version = RUNNEL_ABI_VERSION,
                                       .version = "",
                                       .context = inner,
                                       .log = on_log,
                                       .fail = on_fail,
                                       .emit = on_emit,
                                       .complete = on_complete,
                                       .count = on_count,
                                       .progress = on_progress,
                                       .extension = on_extension};
    pthread_mutex_init(&inner->mutex, NULL);
    pthread_cond_init(&inner->news, NULL);
    bool good = (inner->settings = calloc(setting_count + 1, sizeof *settings)) != NULL;
    for (size_t i = 0; good && i < setting_count; i++, inner->setting_count++) {
        inner->settings[i].name = strdup(settings[i].name);
        inner->settings[i].value = strdup(settings[i].value);
        good = inner->settings[i].name != NULL && inner->settings[i].value != NULL;
    }
    if (good && pthread_create(&inner->thread, NULL, work, inner) == 0)
        return inner;
    inner_clear(inner);
    return NULL;
}

void inner_put(struct inner *inner, uint64_t tag, const struct runnel_batch *batch) {
    struct runnel_slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL) {
        inner->hooks.done(inner->hooks.with, tag, NULL, "out of memory for a batch");
        batch->release(batch);
        return;
    }
    *slot = (struct runnel_slot){.tag = tag, .input = batch};
    pthread_mutex_lock(&inner->mutex);
    if (inner->first != NULL)
        inner->last->next = slot;
    else
        inner->first = slot;
    inner->last = slot;
    pthread_cond_signal(&inner->news);
    pthread_mutex_unlock(&inner->mutex);
}

void inner_leave(struct inner *inner) {
    pthread_mutex_lock(&inner->mutex);
    inner->leaving = true;
    pthread_cond_signal(&inner->news);
    pthread_mutex_unlock(&inner->mutex);
}

bool inner_has_left(struct inner *inner) {
    pthread_mutex_lock(&inner->mutex);
    bool left = inner->left;
    pthread_mutex_unlock(&inner->mutex);
    return left;
}

void inner_free(struct inner *inner) {
    if (inner == NULL)
        return;
    inner_leave(inner);
    pthread_join(inner->thread, NULL);
    inner_clear(inner);
}
