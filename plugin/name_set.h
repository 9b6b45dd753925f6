/* SPDX-License-Identifier: MIT
 *
 * Which alignments came already: a set of 64-bit hashes of name, contig, position and flags, 8
 * bytes each and as much room again.  Of ten million alignments, two that differ have the same hash
 * with a chance of 3 in a million. */
#ifndef PLUGIN_NAME_SET_H
#define PLUGIN_NAME_SET_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_set {     /* zero it to begin with */
    uint64_t *hashes; /* open addressing; 0: empty */
    size_t count, room;
};

/* *is_new: it was not in there. */
int name_set_add(struct name_set *set, const char *name, int64_t contig, int64_t position,
                 unsigned flag, bool *is_new, struct failure *why);
void name_set_free(struct name_set *set);

#endif
