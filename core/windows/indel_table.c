/* SPDX-License-Identifier: MIT
 *
 * The hash table of 1.9 (specification of windows): triangular probing, growth when 77 % full,
 * and growth that moves keys within one array so that a moved key may push out one that was not
 * moved yet.  Entries lie in an array of their own; buckets hold their numbers. */
#include "core/windows/indel_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 4 };

static uint32_t hash_of(const char *letters, int32_t length) {
    if (letters == NULL)
        return (uint32_t)length;
    uint32_t hash = 0;
    for (int32_t i = 0; i < length; i++)
        hash = hash * 31 + (unsigned char)letters[i];
    return hash;
}

/* Entries at which a table of this many buckets grows. */
static uint32_t bound(uint32_t bucket_count) {
    return (uint32_t)(bucket_count * 0.77 + 0.5);
}

void indel_table_clear(struct indel_table *table) {
    table->bucket_count = 0;
    table->entry_count = 0;
    table->letter_count = 0;
}

void indel_table_release(struct indel_table *table) {
    free(table->entries);
    free(table->buckets);
    free(table->moved);
    free(table->letters);
    *table = (struct indel_table){0};
}

static int reserve(struct indel_table *table, uint32_t buckets, struct failure *why) {
    if (buckets <= table->bucket_capacity)
        return STATUS_OK;
    uint32_t *larger = realloc(table->buckets, buckets * sizeof *larger);
    if (larger != NULL)
        table->buckets = larger;
    uint8_t *moved = realloc(table->moved, buckets);
    if (moved != NULL)
        table->moved = moved;
    struct indel_entry *entries = realloc(table->entries, buckets * sizeof *entries);
    if (entries != NULL)
        table->entries = entries;
    if (larger == NULL || moved == NULL || entries == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for %u indels of a column", buckets);
    table->bucket_capacity = buckets;
    return STATUS_OK;
}

/* Takes what lies in bucket `from` out and finds it a place; what is pushed out goes next. */
static void move_key(struct indel_table *table, uint32_t from, uint32_t mask) {
    uint32_t key = table->buckets[from];
    table->buckets[from] = 0;
    while (key != 0) {
        uint32_t i = table->entries[key - 1].hash & mask;
        for (uint32_t step = 1; table->moved[i]; step++)
            i = (i + step) & mask;
        uint32_t pushed_out = table->buckets[i];
        table->buckets[i] = key;
        table->moved[i] = 1;
        key = pushed_out;
    }
}

static int grow(struct indel_table *table, struct failure *why) {
    uint32_t old = table->bucket_count;
    uint32_t new = old == 0 ? FIRST_BUCKETS : 2 * old;
    if (reserve(table, new, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    memset(table->buckets + old, 0, (new - old) * sizeof *table->buckets);
    memset(table->moved, 0, new);
    for (uint32_t i = 0; i < old; i++)
        if (table->buckets[i] != 0 && !table->moved[i])
            move_key(table, i, new - 1);
    table->bucket_count = new;
    return STATUS_OK;
}

static int keep_letters(struct indel_table *table, const char *letters, int32_t length,
                        struct failure *why) {
    size_t needed = table->letter_count + (size_t)length;
    if (needed > table->letter_capacity) {
        size_t capacity = needed < 64 ? 128 : 2 * needed;
        char *larger = realloc(table->letters, capacity);
        if (larger == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for inserted texts");
        table->letters = larger;
        table->letter_capacity = capacity;
    }
    memcpy(table->letters + table->letter_count, letters, (size_t)length);
    table->letter_count = needed;
    return STATUS_OK;
}

static bool same(const struct indel_table *table, const struct indel_entry *entry,
                 const char *letters, int32_t length) {
    return entry->length == length &&
           (letters == NULL || memcmp(table->letters + entry->text, letters, (size_t)length) == 0);
}

/* The bucket that holds the key, or the empty one where it would go. */
static uint32_t probe(const struct indel_table *table, const char *letters, int32_t length,
                      uint32_t hash) {
    uint32_t mask = table->bucket_count - 1;
    uint32_t i = hash & mask;
    for (uint32_t step = 1; table->buckets[i] != 0; step++) {
        const struct indel_entry *entry = &table->entries[table->buckets[i] - 1];
        if (entry->hash == hash && same(table, entry, letters, length))
            break;
        i = (i + step) & mask;
    }
    return i;
}

int indel_table_add(struct indel_table *table, const char *letters, int32_t length, int strand,
                    struct failure *why) {
    /* The original looks whether it must grow before it looks whether the key is new. */
    if (table->entry_count >= bound(table->bucket_count) && grow(table, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    uint32_t hash = hash_of(letters, length);
    uint32_t i = probe(table, letters, length, hash);
    if (table->buckets[i] == 0) {
        size_t text = table->letter_count;
        if (letters != NULL && keep_letters(table, letters, length, why) != STATUS_OK)
            return STATUS_NO_MEMORY;
        table->entries[table->entry_count] =
            (struct indel_entry){.hash = hash, .length = length, .text = text};
        table->buckets[i] = ++table->entry_count;
    }
    table->last_entry = table->buckets[i] - 1;
    table->entries[table->last_entry].count[strand]++;
    return STATUS_OK;
}

const struct indel_entry *indel_table_find(const struct indel_table *table, const char *letters,
                                           int32_t length) {
    if (table->bucket_count == 0)
        return NULL;
    uint32_t i = probe(table, letters, length, hash_of(letters, length));
    return table->buckets[i] == 0 ? NULL : &table->entries[table->buckets[i] - 1];
}

const struct indel_entry *indel_table_next(const struct indel_table *table, uint32_t *bucket) {
    while (*bucket < table->bucket_count) {
        uint32_t i = (*bucket)++;
        if (table->buckets[i] != 0)
            return &table->entries[table->buckets[i] - 1];
    }
    return NULL;
}
