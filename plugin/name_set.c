/* SPDX-License-Identifier: MIT
 *
 * Linear probing in a table that is at most half full. */
#include "plugin/name_set.h"

#include "core/windows/held_reads.h"

#include <stdlib.h>

enum { FIRST_ROOM = 1 << 12 };

static uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0x9E3779B97F4A7C15U;
    return hash ^ hash >> 29;
}

/* Where the hash is, or would go. */
static uint64_t *place(const struct name_set *set, uint64_t hash) {
    size_t at = hash & (set->room - 1);
    while (set->hashes[at] != 0 && set->hashes[at] != hash)
        at = (at + 1) & (set->room - 1);
    return &set->hashes[at];
}

static int grow(struct name_set *set, struct failure *why) {
    struct name_set larger = {.count = set->count, .room = set->room ? 2 * set->room : FIRST_ROOM};
    larger.hashes = calloc(larger.room, sizeof *larger.hashes);
    if (larger.hashes == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for the names of %zu reads", set->count);
    for (size_t i = 0; i < set->room; i++)
        if (set->hashes[i] != 0)
            *place(&larger, set->hashes[i]) = set->hashes[i];
    free(set->hashes);
    *set = larger;
    return STATUS_OK;
}

int name_set_add(struct name_set *set, const char *name, int64_t contig, int64_t position,
                 unsigned flag, bool *is_new, struct failure *why) {
    if (2 * set->count >= set->room && grow(set, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    uint64_t hash =
        mix(mix(held_reads_hash(name), (uint64_t)position), (uint64_t)contig << 16 | flag);
    hash += hash == 0;
    uint64_t *found = place(set, hash);
    *is_new = *found == 0;
    *found = hash;
    set->count += *is_new;
    return STATUS_OK;
}

void name_set_free(struct name_set *set) {
    free(set->hashes);
    *set = (struct name_set){0};
}
