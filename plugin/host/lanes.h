/* SPDX-License-Identifier: MIT
 *
 * Runs a line: each stage on a thread of its own (a lane), neighbours joined by ZeroMQ pairs
 * that carry references.
 *
 * Order.  Every batch that reaches a stage gets a slot; what the stage puts into it leaves in
 * the order of the slots, whenever they complete.  What the stage does not take is routed past
 * it in a slot of its own, so it keeps its place.
 *
 * Bounds.  A lane may have CREDIT batches on their way to the next one; the next one gives the
 * credit back when the batch has left it.  A slow consumer so holds up the source.
 *
 * Ends.  The first failure anywhere (a hook, a slot, a broken contract, a signal) stops all
 * lanes; each then destroys its stage, and the run returns that one sentence. */
#ifndef PLUGIN_HOST_LANES_H
#define PLUGIN_HOST_LANES_H

#include "plugin/host/line.h"

#include <signal.h>
#include <stdio.h>

/* One number of a stage's books. */
struct total {
    char name[64];
    int64_t amount;
};

enum { TOTALS_MAX = 64 };

struct stage_books {
    char id[64];
    size_t count;
    struct total totals[TOTALS_MAX]; /* as the stage counted; then "rows in TYPE", "rows out TYPE",
                                        as the host did */
    double cpu_seconds;              /* of the stage's thread and its workers */
};

struct books {
    size_t count;
    struct stage_books stages[LINE_STAGES_MAX];
};

/* What is known while a line runs, for a progress line. */
struct run_state {
    char contig[256];
    int64_t position; /* 1-based; 0: nothing is known yet */
    int64_t reads, windows, calls;
    const struct books *books; /* totals so far of all stages, for the call */
};

struct run_watch {
    int level;                                              /* of messages to show */
    void (*every_second)(const struct run_state *, void *); /* may be NULL */
    void *with;
    /* Asked every second: whether the source is to end, as if it had no more.  Where it is set (may
     * be NULL), the first SIGINT means that too. */
    bool (*enough)(const struct run_state *, void *);
    bool writes_on; /* the output is written anew while the line runs: what is there stays */
    /* Called before the process ends because a stage hangs in a hook after a failure; may be
     * NULL. */
    void (*give_up)(void *);
    void *give_up_with;
};

/* Runs a checked line to its end.  `books` (may be NULL) is filled either way.  Blocks SIGINT and
 * SIGTERM for the caller and breaks the line off cleanly when one comes; the first SIGINT only asks
 * the source to end where it looks for that (extension "runnel.stop/1"). */
int line_run(const struct line *line, const struct run_watch *watch, struct books *books,
             struct failure *why);

/* Holds back the signals that end a line, but those that are ignored (nohup, jobs in the
 * background); the next line_run ends on one that came.  For who keeps temporary files between two
 * lines; undone with pthread_sigmask(SIG_SETMASK, before, NULL). */
void line_hold_signals(sigset_t *before);

/* Adds to a total by name; nothing where there are TOTALS_MAX others. */
void stage_books_add(struct stage_books *stage, const char *name, int64_t amount);

/* A total by name; 0 where the stage did not count it. */
int64_t books_total(const struct stage_books *stage, const char *name);

#endif
