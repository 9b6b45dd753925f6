/* SPDX-License-Identifier: MIT
 *
 * Reads as they arrive: from standard input, or from the files of a folder that a sequencer fills,
 * of which several may be growing at once.  Each file is read on a thread of its own; what has come
 * from any of them is handed over as soon as it is asked for, a single read if there is no more, so
 * that no read waits for others. */
#ifndef PLUGIN_ARRIVALS_H
#define PLUGIN_ARRIVALS_H

#include "adapters/alignments.h"
#include "plugin/runnel_plugin.h"
#include "core/status.h"

struct arrivals; /* used by one thread */

struct arrivals_setup {
    const char *path;                  /* "-" or a folder */
    struct alignments_options reading; /* lent; `copy` and `pipe` are not looked at */
    int64_t idle;       /* of a folder: seconds without news that are its end; 0: never */
    int64_t batch_rows; /* at most */
    const struct runnel_host *host; /* for counts, and warnings of files that cannot be read */
};

int arrivals_open(struct arrivals **out, const struct arrivals_setup *setup, struct failure *why);
void arrivals_close(struct arrivals *arrivals); /* accepts NULL */

/* What is there, as a batch of runnel.reads/1; waits `wait_ms` for something.  STATUS_OK with NULL:
 * nothing yet.  STATUS_END with NULL: the end.  Unaligned reads come where `reading.unaligned` is
 * set. */
int arrivals_next(struct arrivals *arrivals, int wait_ms, struct runnel_batch **batch,
                  struct failure *why);

/* The header of the first input that could be opened; NULL before arrivals_next has met it.  There
 * is one before the first batch, and none where the end comes without any. */
const struct alignments_header *arrivals_header(const struct arrivals *arrivals);

/* From now on only what is there is read: of a folder its files as far as they go, of a pipe
 * nothing more. arrivals_next goes on to the end of that; a record that is cut thereby is no
 * failure. */
void arrivals_stop(struct arrivals *arrivals);

#endif
