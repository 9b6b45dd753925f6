/* SPDX-License-Identifier: MIT
 *
 * The inside of a running line, shared by lanes.c (the loop), slots.c (slots and the host
 * services that stages call) and run_line.c (threads, signals, books). */
#ifndef PLUGIN_HOST_LANE_H
#define PLUGIN_HOST_LANE_H

#include "adapters/sockets.h"
#include "plugin/host/lanes.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    CREDIT = 16,    /* batches under way between two lanes */
    SLOTS_MAX = 16, /* batches under way inside one */
    UNUSED_MIN = 32,
    LANE_TYPES_MAX = 16
};

enum slot_state { SLOT_OPEN, SLOT_COMPLETE, SLOT_FREE };

struct runnel_slot {
    struct lane *lane;
    struct runnel_slot *next;
    enum slot_state state;
    const struct runnel_batch *input; /* held until the slot has left; NULL for sources */
    const struct runnel_batch **batches;
    size_t count, room, sent;
};

struct lane_type {
    char name[64];
    bool opened;
    uint64_t next; /* sequence number */
    int64_t rows_in, rows_out;
};

struct run;

struct lane {
    struct run *run;
    const struct runnel_stage *stage;
    struct runnel_setting settings[STAGE_OPTIONS_MAX];
    size_t setting_count;
    struct runnel_host host;
    void *state;
    struct socket_end *in, *out; /* NULL at the ends of the line */
    int wake;                    /* eventfd: a slot completed, or the line stopped */
    pthread_t thread;

    /* of the stage thread alone */
    int credit, open_slots;
    bool dry, finished, ended;
    const struct runnel_tick *tick;     /* NULL: the stage wants none */
    bool blocked;                       /* the first slot is complete and waits for credit */
    const struct runnel_batch *ending;  /* END, once it arrived */
    const struct runnel_batch *refused; /* to be offered again, */
    bool unfinished;                    /* since the stage had more to give for it */
    size_t type_count;
    struct lane_type types[LANE_TYPES_MAX];

    /* Guards what follows.  Nothing else is locked, and no hook called, while it is held. */
    pthread_mutex_t mutex;
    struct runnel_slot *first, *last; /* in the order of their inputs */
    /* Slots that have left.  The oldest is used again, and only when there are UNUSED_MIN more,
     * so that a stage that still speaks of one is noticed. */
    struct runnel_slot *unused, *unused_last;
    size_t unused_count;
    size_t completions; /* since the last look */
    struct stage_books books;
};

struct run {
    struct sockets *sockets;
    size_t count;
    struct lane lanes[LINE_STAGES_MAX];
    const struct run_watch *watch;
    atomic_bool stopped;
    atomic_bool ends_when_asked; /* the source looks at `ending` */
    atomic_bool ending;          /* it is to give what is there, and end */
    atomic_size_t running;       /* lanes that have not left yet */
    int news;                    /* eventfd: a lane left, or the line stopped */

    /* Guards what follows; nothing else is locked while it is held. */
    pthread_mutex_t mutex;
    bool failed;
    char failure[FAILURE_TEXT_MAX]; /* "" where nothing is to be said */
    struct run_state state;
    struct books now; /* of the thread that waits, for state.books */
};

/* lanes.c: a lane's thread. */
void *lane_main(void *lane);

/* slots.c */
void lane_offer_services(struct lane *lane); /* fills lane->host */
struct runnel_slot *lane_push_slot(struct lane *lane, const struct runnel_batch *input);
void lane_pop_slot(struct lane *lane); /* the first one; it is complete and empty */
void lane_release_input(struct lane *lane, struct runnel_slot *slot); /* it stays the caller's */
void lane_put(struct lane *lane, struct runnel_slot *slot, const struct runnel_batch *batch);
/* Undoes the last push after a refusal; false when no other slot is under way. */
bool lane_take_back(struct lane *lane, struct runnel_slot *slot);
size_t lane_take_completions(struct lane *lane);                  /* since the last call */
void lane_hear(struct lane *lane);                                /* clears the wake-up */
struct lane_type *lane_type(struct lane *lane, const char *name); /* NULL when full */
void lane_count_rows(struct lane *lane); /* puts the host's counts of rows into the books */
struct runnel_batch *lane_end_batch(struct lane *lane); /* END with the totals so far */
void lane_free_slots(struct lane *lane);
/* Adds to the books what the calling thread, the stage's own or a worker of it, has computed since
 * it last did this. [under lane->mutex] */
void lane_count_cpu(struct lane *lane);
/* The stage did what the contract forbids; returns false. */
bool lane_broke(struct lane *lane, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* run_line.c */
bool run_stopped(const struct run *run);
bool run_ending(const struct run *run);           /* the source is to give what is there, and end */
void run_fail(struct run *run, const char *text); /* [any thread] NULL: a reason is given already */
void run_lane_left(struct run *run);

#endif
