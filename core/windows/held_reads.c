/* SPDX-License-Identifier: MIT
 *
 * Reads in blocks of memory: the struct first, then CIGAR, sequence, qualities, dwell and name. */
#include "core/windows/held_reads.h"

#include "core/windows/dwell.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 256, SMALLEST_CLASS = 9 };

uint64_t held_reads_hash(const char *name) {
    uint64_t hash = 14695981039346656037U; /* FNV-1a, 64 bits */
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211U;
    hash ^= hash >> 32; /* its low bits alone are weak */
    hash *= 0x9E3779B97F4A7C15U;
    return hash ^ hash >> 29;
}

void held_reads_release(struct held_reads *h) {
    held_reads_drop(h, INT64_MAX);
    for (int class = 0; class < SIZE_CLASSES; class ++)
        for (struct held_read *read = h->free_blocks[class]; read != NULL;) {
            struct held_read *next = read->next_in_bucket;
            free(read);
            read = next;
        }
    free(h->reads);
    free(h->buckets);
    *h = (struct held_reads){0};
}

static struct held_read *new_block(struct held_reads *h, size_t size) {
    int class = SMALLEST_CLASS;
    while (((size_t)1 << class) < size)
        class ++;
    struct held_read *read = h->free_blocks[class];
    if (read != NULL)
        h->free_blocks[class] = read->next_in_bucket;
    else
        read = malloc((size_t)1 << class);
    if (read != NULL)
        *read = (struct held_read){.size_class = class};
    return read;
}

static struct held_read **bucket_of(const struct held_reads *h, uint64_t hash) {
    return &h->buckets[hash & (h->bucket_count - 1)];
}

static void put_in_bucket(struct held_reads *h, struct held_read *read) {
    struct held_read **bucket = bucket_of(h, read->name_hash);
    read->next_in_bucket = *bucket;
    *bucket = read;
}

/* In a bucket later reads stand before earlier ones. */
static void fill_buckets(struct held_reads *h) {
    memset(h->buckets, 0, h->bucket_count * sizeof(struct held_read *));
    for (size_t i = 0; i < h->count; i++)
        put_in_bucket(h, h->reads[i]);
}

/* Room for one more read in the list, and buckets enough for all. */
static int reserve(struct held_reads *h, struct failure *why) {
    if (h->count < h->capacity)
        return STATUS_OK;
    size_t capacity = h->capacity ? 2 * h->capacity : FIRST_BUCKETS;
    struct held_read **reads = realloc(h->reads, capacity * sizeof(struct held_read *));
    if (reads != NULL)
        h->reads = reads;
    struct held_read **buckets = calloc(capacity, sizeof(struct held_read *));
    if (reads == NULL || buckets == NULL) {
        free(buckets);
        return fail(why, STATUS_NO_MEMORY, "out of memory for %zu reads", capacity);
    }
    free(h->buckets);
    h->buckets = buckets;
    h->bucket_count = h->capacity = capacity;
    fill_buckets(h);
    return STATUS_OK;
}

static void *copy(uint8_t **to, const void *from, size_t size) {
    void *at = *to;
    memcpy(at, from, size);
    *to += size;
    return at;
}

static bool same_name(const struct held_read *a, const struct held_read *b) {
    return a->name_hash == b->name_hash && strcmp(a->name, b->name) == 0;
}

int held_reads_add(struct held_reads *h, const struct alignment *a, int64_t span, bool dwell,
                   struct held_read **out, struct failure *why) {
    size_t length = (size_t)a->length, name_size = strlen(a->name) + 1;
    size_t size = sizeof(struct held_read) + a->cigar_count * sizeof *a->cigar + length / 2 + 1 +
                  length * (dwell ? 2 : 1) + name_size;
    struct held_read *read = new_block(h, size);
    if (read == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for a read of %zu bases", length);
    if (reserve(h, why) != STATUS_OK) {
        read->next_in_bucket = h->free_blocks[read->size_class];
        h->free_blocks[read->size_class] = read;
        return STATUS_NO_MEMORY;
    }
    uint8_t *to = (uint8_t *)(read + 1);
    read->start = a->position;
    read->end = a->position + span;
    read->mapq = a->mapq;
    read->reverse = (a->flag & 16) != 0;
    read->cigar_count = a->cigar_count;
    read->cigar = copy(&to, a->cigar, a->cigar_count * sizeof *a->cigar);
    read->sequence = copy(&to, a->sequence, (length + 1) / 2);
    read->qualities = copy(&to, a->qualities, length);
    if (dwell) {
        dwell_decode(a, to);
        read->dwell = to;
        to += length;
    }
    read->name = copy(&to, a->name, name_size);
    read->name_hash = held_reads_hash(a->name);
    read->x = a->position;
    read->number = h->next_number++;
    for (const struct held_read *r = *bucket_of(h, read->name_hash); r != NULL && !read->repeated;
         r = r->next_in_bucket)
        read->repeated = same_name(r, read);
    put_in_bucket(h, read);
    h->reads[h->count++] = read;
    *out = read;
    return STATUS_OK;
}

void held_reads_drop(struct held_reads *h, int64_t position) {
    size_t kept = 0;
    for (size_t i = 0; i < h->count; i++) {
        struct held_read *read = h->reads[i];
        if (read->end <= position) {
            read->next_in_bucket = h->free_blocks[read->size_class];
            h->free_blocks[read->size_class] = read;
        } else {
            h->reads[kept++] = read;
        }
    }
    if (kept < h->count) {
        h->count = kept;
        fill_buckets(h);
    }
}

bool held_reads_has_earlier(const struct held_reads *h, const struct held_read *read, int64_t begin,
                            int64_t end) {
    const struct held_read *other = *bucket_of(h, read->name_hash);
    for (; other != NULL; other = other->next_in_bucket)
        if (other->number < read->number && other->start < end && other->end > begin &&
            same_name(other, read))
            return true;
    return false;
}
