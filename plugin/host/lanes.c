/* SPDX-License-Identifier: MIT
 *
 * Lanes: the loop of one stage's thread, from a batch that arrives to the slots that leave. */
#include "plugin/host/lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 1000 };

/* ---- passing on ---- */

/* Numbers a batch by its type and keeps the host's own books of rows. */
static bool check_and_count(struct lane *lane, const struct runnel_batch *batch) {
    struct lane_type *type = lane_type(lane, batch->type);
    if (type == NULL)
        return lane_broke(lane, "passes more than %d types of batches", LANE_TYPES_MAX);
    if (batch->kind == RUNNEL_OPEN && type->opened)
        return lane_broke(lane, "opened %s a second time", batch->type);
    if (batch->kind == RUNNEL_DATA && !type->opened)
        return lane_broke(lane, "gave rows of %s before opening it", batch->type);
    type->opened = true;
    if (batch->sequence == RUNNEL_UNNUMBERED)
        ((struct runnel_batch *)batch)->sequence = type->next++; /* nobody else has it yet */
    type->rows_out += runnel_rows(batch);
    return true;
}

/* Sends one batch on, or drops it behind the last stage. */
static bool pass_on(struct lane *lane, const struct runnel_batch *batch) {
    struct failure why = {0};
    if (!check_and_count(lane, batch)) {
        batch->release(batch);
        return false;
    }
    if (lane->out == NULL) {
        batch->release(batch);
        return true;
    }
    lane->credit--;
    if (socket_send_pointer(lane->out, batch, &why) == STATUS_OK)
        return true;
    batch->release(batch);
    run_fail(lane->run, why.text);
    return false;
}

static bool give_credit_back(struct lane *lane) {
    struct failure why = {0};
    if (lane->in == NULL || socket_send_pointer(lane->in, NULL, &why) == STATUS_OK)
        return true;
    run_fail(lane->run, why.text);
    return false;
}

/* The first slot, if it is complete. */
static struct runnel_slot *complete_head(struct lane *lane) {
    pthread_mutex_lock(&lane->mutex);
    struct runnel_slot *slot = lane->first;
    bool ready = slot != NULL && slot->state == SLOT_COMPLETE;
    pthread_mutex_unlock(&lane->mutex);
    return ready ? slot : NULL;
}

/* Sends what complete slots at the head of the queue hold, as far as credit reaches. */
static bool flush(struct lane *lane) {
    struct runnel_slot *slot;
    lane->blocked = true;
    while ((slot = complete_head(lane)) != NULL) {
        while (slot->sent < slot->count) {
            if (lane->out != NULL && lane->credit == 0)
                return true;
            if (!pass_on(lane, slot->batches[slot->sent++]))
                return false;
        }
        bool of_input = slot->input != NULL;
        lane_pop_slot(lane);
        if (of_input && !give_credit_back(lane))
            return false;
    }
    lane->blocked = false;
    return true;
}

/* ---- one batch in ---- */

static void complete_at_once(struct lane *lane, struct runnel_slot *slot) {
    lane->host.complete(lane, slot, RUNNEL_OK);
}

/* What a hook said about a slot.  False when the line ends. */
static bool heed(struct lane *lane, struct runnel_slot *slot, int result) {
    switch (result) {
    case RUNNEL_OK:
        complete_at_once(lane, slot);
        return true;
    case RUNNEL_PENDING:
        return true;
    case RUNNEL_ERROR:
        run_fail(lane->run, NULL);
        return false;
    default:
        return lane_broke(lane, "returned %d from a hook", result);
    }
}

/* The stage gave a part of what there is for a batch; the batch leaves with its last slot. */
static bool offer_again(struct lane *lane, struct runnel_slot *slot,
                        const struct runnel_batch *batch) {
    lane_release_input(lane, slot);
    lane->refused = batch;
    lane->unfinished = true;
    complete_at_once(lane, slot);
    return true;
}

static bool offer(struct lane *lane, const struct runnel_batch *batch) {
    struct runnel_slot *slot = lane_push_slot(lane, batch);
    if (slot == NULL)
        return false;
    bool takes = types_include(lane->stage->takes, batch->type);
    bool sees = types_include(lane->stage->sees, batch->type);
    if (!takes) { /* routed past, or passed on in front of what the stage makes of it */
        batch->retain(batch);
        lane_put(lane, slot, batch);
    }
    if (!takes && !sees) {
        complete_at_once(lane, slot);
        return true;
    }
    int result = lane->stage->process(lane->state, batch, slot);
    if (result == RUNNEL_MORE && takes)
        return offer_again(lane, slot, batch);
    if (result != RUNNEL_AGAIN)
        return heed(lane, slot, result);
    if (!lane_take_back(lane, slot))
        return lane_broke(lane, "refused a batch while nothing of it was under way");
    lane->refused = batch;
    lane->unfinished = false;
    return true;
}

static bool receive(struct lane *lane, const struct runnel_batch *batch) {
    if (batch->kind == RUNNEL_END) {
        lane->ending = batch;
        return true;
    }
    struct lane_type *type = lane_type(lane, batch->type);
    if (type != NULL)
        type->rows_in += runnel_rows(batch);
    return offer(lane, batch);
}

static bool pull(struct lane *lane) {
    if (run_ending(lane->run) && !atomic_load(&lane->run->ends_when_asked)) {
        lane->dry = true; /* it would not notice */
        return true;
    }
    struct runnel_slot *slot = lane_push_slot(lane, NULL);
    if (slot == NULL)
        return false;
    int result = lane->stage->process(lane->state, NULL, slot);
    if (result == RUNNEL_DONE) {
        lane->dry = true;
        result = RUNNEL_OK;
    }
    return heed(lane, slot, result);
}

/* ---- the end ---- */

static bool finish(struct lane *lane) {
    struct runnel_slot *slot = lane_push_slot(lane, NULL);
    if (slot == NULL)
        return false;
    int result = lane->stage->finish(lane->state, slot);
    if (result == RUNNEL_PENDING)
        return lane_broke(lane, "returned PENDING from finish");
    lane->finished = result != RUNNEL_MORE;
    return heed(lane, slot, result == RUNNEL_MORE ? RUNNEL_OK : result);
}

static bool send_end(struct lane *lane) {
    struct failure why = {0};
    lane->ended = true;
    lane_count_rows(lane);
    if (lane->out == NULL)
        return true;
    struct runnel_batch *end = lane_end_batch(lane);
    if (end == NULL) {
        run_fail(lane->run, "out of memory for the end of the line");
        return false;
    }
    if (socket_send_pointer(lane->out, end, &why) == STATUS_OK)
        return true;
    end->release(end);
    run_fail(lane->run, why.text);
    return false;
}

/* ---- the loop ---- */

static bool may_take_more(const struct lane *lane) {
    return !lane->ending && !lane->dry && lane->refused == NULL && !lane->blocked &&
           lane->open_slots < SLOTS_MAX;
}

static void collect_credit(struct lane *lane) {
    void *nothing;
    while (lane->out != NULL && socket_receive_pointer(lane->out, &nothing))
        lane->credit++;
}

/* A second has passed without a batch. */
static bool tick(struct lane *lane) {
    struct runnel_slot *slot = lane_push_slot(lane, NULL);
    return slot != NULL && heed(lane, slot, lane->tick->tick(lane->state, slot));
}

/* Waits for whatever can move this lane on; false when a tick failed. */
static bool wait_for_news(struct lane *lane) {
    struct socket_wait waits[3] = {{.descriptor = lane->wake}};
    size_t count = 1;
    if (lane->in != NULL && may_take_more(lane))
        waits[count++].end = lane->in;
    if (lane->blocked)
        waits[count++].end = lane->out;
    bool ticks = lane->tick != NULL && lane->in != NULL && may_take_more(lane);
    sockets_wait(waits, count, ticks ? TICK_MS : -1);
    bool idle = ticks;
    for (size_t i = 0; i < count; i++)
        idle = idle && !waits[i].ready;
    lane_hear(lane);
    return !idle || tick(lane);
}

/* One round: true while the lane is to go on. */
static bool step(struct lane *lane) {
    collect_credit(lane);
    if (!flush(lane))
        return false;
    bool has_room = !lane->blocked && lane->open_slots < SLOTS_MAX;
    if (lane->refused != NULL && (lane->unfinished ? has_room : lane_take_completions(lane) > 0)) {
        const struct runnel_batch *batch = lane->refused;
        lane->refused = NULL;
        lane->unfinished = false;
        return offer(lane, batch);
    }
    void *arrived;
    if (may_take_more(lane) && lane->in != NULL && socket_receive_pointer(lane->in, &arrived))
        return receive(lane, arrived);
    if (may_take_more(lane) && lane->in == NULL && lane->open_slots == 0)
        return pull(lane);
    bool through = (lane->ending || lane->dry) && lane->open_slots == 0 && lane->refused == NULL;
    if (through)
        return lane->finished ? send_end(lane) : finish(lane);
    return wait_for_news(lane);
}

/* What else the stage offers. */
static void ask_stage(struct lane *lane) {
    const struct runnel_stage *stage = lane->stage;
    if (stage->extension != NULL)
        lane->tick = stage->extension(lane->state, "runnel.tick/1");
}

void *lane_main(void *argument) {
    struct lane *lane = argument;
    const struct runnel_init init = {.struct_size = sizeof init,
                                     .setting_count = lane->setting_count,
                                     .settings = lane->settings,
                                     .host = &lane->host};
    int result = lane->stage->init(&init, &lane->state);
    if (result == RUNNEL_OK) {
        ask_stage(lane);
        while (!lane->ended && !run_stopped(lane->run) && step(lane))
            ;
        lane->stage->destroy(lane->state);
    } else {
        run_fail(lane->run, NULL);
    }
    pthread_mutex_lock(&lane->mutex);
    lane_count_cpu(lane);
    pthread_mutex_unlock(&lane->mutex);
    run_lane_left(lane->run);
    return NULL;
}
