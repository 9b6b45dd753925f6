/* SPDX-License-Identifier: MIT
 *
 * Slots, and the services that a stage may call while it works.  All of them may be called from
 * any thread; a lane's mutex guards its slots and books. */
#include "plugin/host/lane.h"

#include "adapters/arrow_table.h"
#include "plugin/host/model_search.h"
#include "plugin/host/say.h"
#include "plugin/host/version.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void wake(struct lane *lane) {
    uint64_t one = 1;
    if (write(lane->wake, &one, sizeof one) < 0)
        return; /* the counter is full: a wake-up is under way already */
}

void lane_hear(struct lane *lane) {
    uint64_t calls;
    if (read(lane->wake, &calls, sizeof calls) < 0)
        return; /* it was not this descriptor that ended the wait */
}

/* ---- slots ---- */

struct runnel_slot *lane_push_slot(struct lane *lane, const struct runnel_batch *input) {
    pthread_mutex_lock(&lane->mutex);
    struct runnel_slot *slot = lane->unused;
    if (lane->unused_count > UNUSED_MIN) {
        lane->unused = slot->next;
        lane->unused_count--;
    } else {
        slot = calloc(1, sizeof *slot);
    }
    if (slot != NULL) {
        slot->lane = lane;
        slot->next = NULL;
        slot->state = SLOT_OPEN;
        slot->input = input;
        slot->count = slot->sent = 0;
        if (lane->last != NULL)
            lane->last->next = slot;
        else
            lane->first = slot;
        lane->last = slot;
        lane->open_slots++;
    }
    pthread_mutex_unlock(&lane->mutex);
    if (slot == NULL) {
        if (input != NULL)
            input->release(input);
        run_fail(lane->run, "out of memory for a slot");
    }
    return slot;
}

/* With the mutex held: drops what the slot still holds and sets it aside. */
static void retire(struct lane *lane, struct runnel_slot *slot) {
    for (size_t i = slot->sent; i < slot->count; i++)
        slot->batches[i]->release(slot->batches[i]);
    if (slot->input != NULL)
        slot->input->release(slot->input);
    slot->input = NULL;
    slot->count = slot->sent = 0;
    slot->state = SLOT_FREE;
    slot->next = NULL;
    if (lane->unused != NULL)
        lane->unused_last->next = slot;
    else
        lane->unused = slot;
    lane->unused_last = slot;
    lane->unused_count++;
    lane->open_slots--;
}

void lane_pop_slot(struct lane *lane) {
    pthread_mutex_lock(&lane->mutex);
    struct runnel_slot *slot = lane->first;
    lane->first = slot->next;
    if (lane->first == NULL)
        lane->last = NULL;
    retire(lane, slot);
    pthread_mutex_unlock(&lane->mutex);
}

void lane_release_input(struct lane *lane, struct runnel_slot *slot) {
    pthread_mutex_lock(&lane->mutex);
    slot->input = NULL;
    pthread_mutex_unlock(&lane->mutex);
}

bool lane_take_back(struct lane *lane, struct runnel_slot *slot) {
    pthread_mutex_lock(&lane->mutex);
    bool open_before = false;
    struct runnel_slot *before = NULL;
    for (struct runnel_slot *at = lane->first; at != slot; at = at->next) {
        before = at;
        open_before |= at->state == SLOT_OPEN;
    }
    /* A slot that completed while the hook was saying AGAIN counts as well. */
    open_before |= lane->completions > 0;
    if (before != NULL)
        before->next = NULL;
    else
        lane->first = NULL;
    lane->last = before;
    slot->input = NULL; /* the batch stays with the caller */
    retire(lane, slot);
    pthread_mutex_unlock(&lane->mutex);
    return open_before;
}

size_t lane_take_completions(struct lane *lane) {
    pthread_mutex_lock(&lane->mutex);
    size_t completions = lane->completions;
    lane->completions = 0;
    pthread_mutex_unlock(&lane->mutex);
    return completions;
}

void lane_free_slots(struct lane *lane) {
    while (lane->first != NULL)
        lane_pop_slot(lane);
    while (lane->unused != NULL) {
        struct runnel_slot *slot = lane->unused;
        lane->unused = slot->next;
        free(slot->batches);
        free(slot);
    }
}

/* With the mutex held.  Takes the reference over. */
static bool slot_append(struct runnel_slot *slot, const struct runnel_batch *batch) {
    if (slot->count == slot->room) {
        size_t room = slot->room ? 2 * slot->room : 4;
        const struct runnel_batch **batches = realloc(slot->batches, room * sizeof(void *));
        if (batches == NULL)
            return false;
        slot->batches = batches;
        slot->room = room;
    }
    slot->batches[slot->count++] = batch;
    return true;
}

void lane_put(struct lane *lane, struct runnel_slot *slot, const struct runnel_batch *batch) {
    pthread_mutex_lock(&lane->mutex);
    bool open = slot->state == SLOT_OPEN;
    bool done = open && slot_append(slot, batch);
    pthread_mutex_unlock(&lane->mutex);
    if (done)
        return;
    batch->release(batch);
    if (open)
        run_fail(lane->run, "out of memory for a slot");
    else
        lane_broke(lane, "put a batch into a slot that was complete");
}

struct lane_type *lane_type(struct lane *lane, const char *name) {
    for (size_t i = 0; i < lane->type_count; i++)
        if (strcmp(lane->types[i].name, name) == 0)
            return &lane->types[i];
    if (lane->type_count == LANE_TYPES_MAX)
        return NULL;
    struct lane_type *type = &lane->types[lane->type_count++];
    snprintf(type->name, sizeof type->name, "%s", name);
    return type;
}

bool lane_broke(struct lane *lane, const char *format, ...) {
    char what[256], text[FAILURE_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(text, sizeof text, "stage %s broke the plugin contract: it %s", lane->stage->id, what);
    run_fail(lane->run, text);
    return false;
}

/* ---- host services ---- */

static void service_log(void *context, int level, const char *text) {
    const struct lane *lane = context;
    if (level <= lane->run->watch->level)
        say("runnel: %s: %s", lane->stage->id, text);
}

static void service_fail(void *context, const char *text) {
    struct lane *lane = context;
    struct run *run = lane->run;
    pthread_mutex_lock(&run->mutex);
    if (!run->failed)
        snprintf(run->failure, sizeof run->failure, "%s", text);
    run->failed = true;
    pthread_mutex_unlock(&run->mutex);
}

static void service_emit(void *context, struct runnel_slot *slot,
                         const struct runnel_batch *batch) {
    struct lane *lane = context;
    if (batch == NULL) { /* what a constructor gives when memory runs out */
        run_fail(lane->run, "out of memory for a batch");
        return;
    }
    if (batch->kind == RUNNEL_END || !types_include(lane->stage->gives, batch->type)) {
        lane_broke(lane, "gave a batch of '%s', which it does not declare",
                   batch->kind == RUNNEL_END ? "END" : batch->type);
        batch->release(batch);
        return;
    }
    lane_put(lane, slot, batch);
}

void lane_count_cpu(struct lane *lane) {
    static _Thread_local double counted;
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    double seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    lane->books.cpu_seconds += seconds - counted;
    counted = seconds;
}

static void service_complete(void *context, struct runnel_slot *slot, int result) {
    struct lane *lane = context;
    pthread_mutex_lock(&lane->mutex);
    bool open = slot->state == SLOT_OPEN;
    if (open) {
        slot->state = SLOT_COMPLETE;
        lane->completions++;
        lane_count_cpu(lane);
    }
    pthread_mutex_unlock(&lane->mutex);
    if (!open)
        lane_broke(lane, "completed a slot twice");
    else if (result != RUNNEL_OK)
        run_fail(lane->run, NULL);
    wake(lane);
}

void stage_books_add(struct stage_books *books, const char *name, int64_t amount) {
    size_t at = 0;
    while (at < books->count && strcmp(books->totals[at].name, name) != 0)
        at++;
    if (at == TOTALS_MAX)
        return;
    if (at == books->count) {
        snprintf(books->totals[at].name, sizeof books->totals[at].name, "%s", name);
        books->totals[at].amount = 0;
        books->count++;
    }
    books->totals[at].amount += amount;
}

static void service_count(void *context, const char *name, int64_t amount) {
    struct lane *lane = context;
    pthread_mutex_lock(&lane->mutex);
    stage_books_add(&lane->books, name, amount);
    pthread_mutex_unlock(&lane->mutex);
}

static void service_progress(void *context, const char *contig, int64_t position) {
    struct lane *lane = context;
    struct run *run = lane->run;
    pthread_mutex_lock(&run->mutex);
    snprintf(run->state.contig, sizeof run->state.contig, "%s", contig);
    run->state.position = position;
    pthread_mutex_unlock(&run->mutex);
}

static const struct runnel_batch *take_rows(const struct runnel_batch *batch, const int64_t *rows,
                                            size_t count) {
    struct ArrowSchema schema = {0};
    struct ArrowArray array = {0};
    if (arrow_take_rows(batch->schema, batch->array, rows, count, &schema, &array, NULL) !=
        STATUS_OK)
        return NULL;
    struct runnel_batch *taken = runnel_batch_new(RUNNEL_DATA, batch->type, &schema, &array);
    if (taken == NULL) {
        schema.release(&schema);
        array.release(&array);
        return NULL;
    }
    taken->mark_contig = batch->mark_contig;
    taken->mark_position = batch->mark_position;
    return taken;
}

static int find_stage(const char *word, struct runnel_stage *stage, char *sentence, size_t size) {
    struct loaded_stage loaded;
    struct failure why = {0};
    if (loader_find(&loaded, word, &why) != STATUS_OK) {
        snprintf(sentence, size, "%s", why.text);
        return RUNNEL_ERROR;
    }
    *stage = loaded.stage;
    stage->options = NULL; /* they are in `loaded` */
    stage->option_count = 0;
    loader_forget(&loaded);
    return RUNNEL_OK;
}

static int stop_asked(void *context) {
    const struct lane *lane = context;
    return atomic_load(&lane->run->ending);
}

static const void *service_extension(void *context, const char *name) {
    static const struct runnel_take TAKE = {sizeof TAKE, take_rows};
    static const struct runnel_models MODELS = {sizeof MODELS, models_find};
    static const struct runnel_stages STAGES = {sizeof STAGES, find_stage};
    static const struct runnel_stop STOP = {sizeof STOP, stop_asked};
    struct lane *lane = context;
    if (strcmp(name, "runnel.take/1") == 0)
        return &TAKE;
    if (strcmp(name, "runnel.models/1") == 0)
        return &MODELS;
    if (strcmp(name, "runnel.stages/1") == 0)
        return &STAGES;
    if (strcmp(name, "runnel.stop/1") == 0) {
        atomic_store(&lane->run->ends_when_asked, true);
        return &STOP;
    }
    return NULL;
}

void lane_offer_services(struct lane *lane) {
    lane->host = (struct runnel_host){.struct_size = sizeof lane->host,
                                      .abi_version = RUNNEL_ABI_VERSION,
                                      .version = RUNNEL_VERSION,
                                      .context = lane,
                                      .log = service_log,
                                      .fail = service_fail,
                                      .emit = service_emit,
                                      .complete = service_complete,
                                      .count = service_count,
                                      .progress = service_progress,
                                      .extension = service_extension};
}

/* ---- totals ---- */

int64_t books_total(const struct stage_books *stage, const char *name) {
    for (size_t i = 0; i < stage->count; i++)
        if (strcmp(stage->totals[i].name, name) == 0)
            return stage->totals[i].amount;
    return 0;
}

void lane_count_rows(struct lane *lane) {
    for (size_t i = 0; i < lane->type_count; i++) {
        char name[96];
        if (types_include(lane->stage->takes, lane->types[i].name) ||
            types_include(lane->stage->sees, lane->types[i].name)) {
            snprintf(name, sizeof name, "rows in %s", lane->types[i].name);
            stage_books_add(&lane->books, name, lane->types[i].rows_in);
        }
        if (types_include(lane->stage->gives, lane->types[i].name)) {
            snprintf(name, sizeof name, "rows out %s", lane->types[i].name);
            stage_books_add(&lane->books, name, lane->types[i].rows_out);
        }
    }
}

/* END: the totals of all lanes up to this one, as metadata "stage number.id: name" -> amount. */
struct runnel_batch *lane_end_batch(struct lane *lane) {
    size_t room = (size_t)(lane - lane->run->lanes + 1) * TOTALS_MAX, count = 0;
    char(*names)[160] = calloc(room, sizeof *names), (*amounts)[32] = calloc(room, 32);
    const char **keys = calloc(room, sizeof *keys), **values = calloc(room, sizeof *values);
    struct runnel_batch *batch = NULL;
    struct ArrowSchema schema = {0};
    if (names && amounts && keys && values)
        for (struct lane *at = lane->run->lanes; at <= lane; at++)
            for (size_t i = 0; i < at->books.count; i++, count++) {
                snprintf(names[count], sizeof names[count], "%zu.%s: %s",
                         (size_t)(at - lane->run->lanes), at->stage->id, at->books.totals[i].name);
                snprintf(amounts[count], sizeof amounts[count], "%lld",
                         (long long)at->books.totals[i].amount);
                keys[count] = names[count];
                values[count] = amounts[count];
            }
    char *metadata = keys && values ? arrow_metadata(keys, values, count) : NULL;
    if (metadata && arrow_schema_make(&schema, NULL, 0, metadata, NULL) == STATUS_OK)
        batch = runnel_batch_new(RUNNEL_END, "", &schema, NULL);
    if (schema.release)
        schema.release(&schema);
    free(metadata);
    free(names);
    free(amounts);
    free(keys);
    free(values);
    return batch;
}
