/* SPDX-License-Identifier: MIT
 *
 * A set of (name, list) pairs, as hashes of 64 bits. */
#include "core/windows/name_lists.h"

#include "core/windows/full_window.h"

#include <stdlib.h>
#include <string.h>

enum { LISTS_OF_A_READ = 64, FIRST_CAPACITY = 1024 };

void name_lists_begin(struct name_lists *lists) {
    lists->count = 0;
    lists->first_list = 0;
    if (lists->keys != NULL)
        memset(lists->keys, 0, lists->capacity * sizeof *lists->keys);
}

void name_lists_release(struct name_lists *lists) {
    free(lists->keys);
    *lists = (struct name_lists){0};
}

static void put(uint64_t *keys, size_t capacity, uint64_t key) {
    size_t i = key & (capacity - 1);
    while (keys[i] != 0)
        i = (i + 1) & (capacity - 1);
    keys[i] = key;
}

static int grow(struct name_lists *lists, struct failure *why) {
    size_t capacity = lists->capacity ? 2 * lists->capacity : FIRST_CAPACITY;
    uint64_t *larger = calloc(capacity, sizeof *larger);
    if (larger == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for %zu read names", capacity);
    for (size_t i = 0; i < lists->capacity; i++)
        if (lists->keys[i] != 0)
            put(larger, capacity, lists->keys[i]);
    free(lists->keys);
    lists->keys = larger;
    lists->capacity = capacity;
    return STATUS_OK;
}

/* Whether the pair is new; it is known from now on. */
static int note(struct name_lists *lists, uint64_t key, bool *new, struct failure *why) {
    if (2 * lists->count >= lists->capacity && grow(lists, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    size_t i = key & (lists->capacity - 1);
    while (lists->keys[i] != 0 && lists->keys[i] != key)
        i = (i + 1) & (lists->capacity - 1);
    *new = lists->keys[i] == 0;
    lists->keys[i] = key;
    lists->count += *new;
    return STATUS_OK;
}

static uint64_t key_of(const struct held_read *read, size_t list) {
    uint64_t key = (read->name_hash + list * 0xD1B54A32D192ED03U) * 0x9E3779B97F4A7C15U;
    return (key ^ key >> 31) | 1; /* not 0 */
}

/* The positions that reads of a list are fetched for: its first window's begin, and two bases
 * behind its last window's end (3.3). */
static int64_t list_begin(const int64_t *sites, size_t list) {
    return sites[list * FULL_LIST_SITES] - WINDOW_FLANK;
}

static int64_t list_end(const int64_t *sites, size_t site_count, size_t list) {
    size_t last = (list + 1) * FULL_LIST_SITES;
    last = last < site_count ? last : site_count;
    return sites[last - 1] + WINDOW_FLANK + 3;
}

int name_lists_add(struct name_lists *lists, struct held_read *read, const int64_t *sites,
                   size_t site_count, struct failure *why) {
    size_t count = (site_count + FULL_LIST_SITES - 1) / FULL_LIST_SITES;
    while (lists->first_list < count &&
           list_end(sites, site_count, lists->first_list) <= read->start)
        lists->first_list++;
    read->first_list = lists->first_list;
    for (size_t i = 0; i < LISTS_OF_A_READ && lists->first_list + i < count; i++) {
        size_t list = lists->first_list + i;
        bool new;
        if (list_begin(sites, list) >= read->end)
            break;
        if (note(lists, key_of(read, list), &new, why) != STATUS_OK)
            return STATUS_NO_MEMORY;
        if (!new)
            read->blocked |= (uint64_t)1 << i;
    }
    return STATUS_OK;
}

bool name_lists_blocked(const struct held_read *read, size_t list) {
    size_t i = list - read->first_list;
    return i < LISTS_OF_A_READ && (read->blocked >> i & 1) != 0;
}
