/* SPDX-License-Identifier: MIT
 *
 * For very deep piles: whether a read can be let go as soon as it comes.  Of more than
 * FULL_DEPTH_MAX reads over a window only those are used whose names hash lowest.  So a read is
 * of no use once that many earlier reads, which reach at least as far, hash lower: they are in
 * every window that it is in.  The windows are the same with and without; only memory differs. */
#ifndef CORE_WINDOWS_DEPTH_LIMIT_H
#define CORE_WINDOWS_DEPTH_LIMIT_H

#include "core/windows/held_reads.h"

struct depth_limit { /* zero it to begin with */
    struct depth_step {
        int64_t end;   /* of reads that end here or before, */
        uint64_t hash; /* those with this hash or above are of no use */
    } * steps;         /* by end, descending; hash descends too */
    size_t step_count, step_capacity;
    uint64_t *heap; /* the lowest hashes so far, the highest of them first */
    struct depth_step *reads;
    size_t read_capacity;
    uint64_t next_look; /* number of the read at which to look again */
};

void depth_limit_begin(struct depth_limit *limit);
void depth_limit_release(struct depth_limit *limit); /* frees what it holds */

/* Looks at the held reads again, if enough have come since the last time. */
int depth_limit_update(struct depth_limit *limit, const struct held_reads *held,
                       struct failure *why);

/* Whether a read that comes now, ends at `end` and has this hash, will be used in no window. */
bool depth_limit_refuses(const struct depth_limit *limit, int64_t end, uint64_t hash);

#endif
