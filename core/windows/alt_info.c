/* SPDX-License-Identifier: MIT
 *
 * Writing alt_info (specification of windows, 1.8 and 2.9). */
#include "core/windows/alt_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char bases[] = "ACGT";

void alt_info_release(struct alt_info *info) {
    free(info->text);
    *info = (struct alt_info){0};
}

/* Room for `more` characters and the NUL. */
static int reserve(struct alt_info *info, size_t more, struct failure *why) {
    size_t needed = info->length + more + 1;
    if (needed <= info->capacity)
        return STATUS_OK;
    size_t capacity = needed < 128 ? 256 : 2 * needed;
    char *larger = realloc(info->text, capacity);
    if (larger == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for an alt_info text");
    info->text = larger;
    info->capacity = capacity;
    return STATUS_OK;
}

static int begin(struct alt_info *info, uint32_t depth, struct failure *why) {
    info->length = 0;
    if (reserve(info, 16, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    info->length = (size_t)snprintf(info->text, 16, "%u-", (unsigned)depth);
    return STATUS_OK;
}

static uint32_t total(const struct indel_entry *entry) {
    return entry->count[0] + entry->count[1];
}

/* One entry: kind, a leading letter ('\0': none), `count` letters, a blank, the number. */
static int entry(struct alt_info *info, const char kind[2], const char *letters, int64_t count,
                 uint32_t number, struct failure *why) {
    if (reserve(info, (size_t)count + 16, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    char *to = info->text + info->length;
    if (to[-1] != '-')
        *to++ = ' ';
    *to++ = kind[0];
    if (kind[1] != '\0')
        *to++ = kind[1];
    memcpy(to, letters, (size_t)count);
    to += count;
    to += snprintf(to, 12, " %u", (unsigned)number);
    info->length = (size_t)(to - info->text);
    return STATUS_OK;
}

static int write_snps(struct alt_info *info, const struct alt_info_counts *c, struct failure *why) {
    for (int b = 0; b < 4; b++)
        if (b != c->reference_base && c->base[b] > 0 &&
            entry(info, "X", &bases[b], 1, c->base[b], why) != STATUS_OK)
            return STATUS_NO_MEMORY;
    return STATUS_OK;
}

static int write_insertions(struct alt_info *info, const struct alt_info_counts *c,
                            struct failure *why) {
    const char kind[2] = {'I', c->reference_letter};
    const struct indel_entry *e;
    uint32_t bucket = 0;
    while (c->insertions != NULL && (e = indel_table_next(c->insertions, &bucket)) != NULL)
        if (e->length <= c->limit && entry(info, kind, c->insertions->letters + e->text, e->length,
                                           total(e), why) != STATUS_OK)
            return STATUS_NO_MEMORY;
    return STATUS_OK;
}

static int write_deletion(struct alt_info *info, const struct alt_info_counts *c,
                          const struct indel_entry *e, struct failure *why) {
    if (e->length > c->limit)
        return STATUS_OK;
    int64_t length = e->length < c->following_count ? e->length : c->following_count;
    return entry(info, "D", c->following, length, total(e), why);
}

/* The entry with the smallest length above `length`, or NULL.  There are few. */
static const struct indel_entry *next_longer(const struct indel_table *table, int32_t length) {
    const struct indel_entry *best = NULL;
    for (uint32_t i = 0; i < table->entry_count; i++) {
        const struct indel_entry *e = &table->entries[i];
        if (e->length > length && (best == NULL || e->length < best->length))
            best = e;
    }
    return best;
}

static int write_reference(struct alt_info *info, const struct alt_info_counts *c,
                           struct failure *why) {
    int64_t count = c->base[c->reference_base];
    for (uint32_t i = 0; c->insertions != NULL && i < c->insertions->entry_count; i++)
        count -= total(&c->insertions->entries[i]);
    for (uint32_t i = 0; c->deletions != NULL && i < c->deletions->entry_count; i++)
        count -= total(&c->deletions->entries[i]);
    if (count <= 0)
        return STATUS_OK;
    return entry(info, "R", &c->reference_letter, 1, (uint32_t)count, why);
}

int alt_info_write_pileup(struct alt_info *info, const struct alt_info_counts *c,
                          struct failure *why) {
    if (begin(info, c->depth, why) != STATUS_OK || write_snps(info, c, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    if (c->deletions != NULL)
        for (const struct indel_entry *e = next_longer(c->deletions, 0); e != NULL;
             e = next_longer(c->deletions, e->length))
            if (write_deletion(info, c, e, why) != STATUS_OK)
                return STATUS_NO_MEMORY;
    if (write_insertions(info, c, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    return write_reference(info, c, why);
}

int alt_info_write_full(struct alt_info *info, const struct alt_info_counts *c,
                        struct failure *why) {
    if (begin(info, c->depth, why) != STATUS_OK || write_snps(info, c, why) != STATUS_OK ||
        write_insertions(info, c, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    const struct indel_entry *e;
    uint32_t bucket = 0;
    while (c->deletions != NULL && (e = indel_table_next(c->deletions, &bucket)) != NULL)
        if (write_deletion(info, c, e, why) != STATUS_OK)
            return STATUS_NO_MEMORY;
    return write_reference(info, c, why);
}

int32_t alt_info_longest_deletion(const struct indel_table *deletions, int32_t limit) {
    int32_t longest = 0;
    for (uint32_t i = 0; deletions != NULL && i < deletions->entry_count; i++) {
        int32_t length = deletions->entries[i].length;
        if (length <= limit && length > longest)
            longest = length;
    }
    return longest;
}
