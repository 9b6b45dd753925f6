/* SPDX-License-Identifier: MIT
 *
 * Watching a live run: a small table on a terminal, and when it is to end. */
#ifndef PLUGIN_HOST_LIVE_WATCH_H
#define PLUGIN_HOST_LIVE_WATCH_H

#include "plugin/host/lanes.h"

struct live_end {   /* {0}: when the source ends */
    double seconds; /* after so many; 0: whatever the time */
    double depth;   /* at a median depth of the targets; 0: whatever the depth */
};

struct live_watch {
    struct live_end end;
    bool in_place, verbose, shown;
    double began; /* by the monotonic clock */
    int told;     /* seconds told so far */
};

/* "10s", "10", "2m", "1.5h" in seconds; false for anything else. */
bool live_seconds(const char *text, double *seconds);

/* A time as above with its unit, or a depth such as "30x"; NULL: without an end of its own. */
bool live_end_read(struct live_end *end, const char *text);

/* What line_run is to do while a live line runs; `watch` has its `end` set. */
struct run_watch live_watch_begin(struct live_watch *watch, bool quiet, bool verbose);

/* Wipes the table; tells what was left out by these books, where more than the usual is told. */
void live_watch_end(struct live_watch *watch, const struct books *books);

#endif
