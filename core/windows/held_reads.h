/* SPDX-License-Identifier: MIT
 *
 * The reads that a full-alignment window may still need: copied when they come, in index order,
 * let go when no site can reach them any more.  Blocks of memory are used again, so that a
 * second pass over the same reads allocates nothing. */
#ifndef CORE_WINDOWS_HELD_READS_H
#define CORE_WINDOWS_HELD_READS_H

#include "core/status.h"
#include "core/windows/alignment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct held_read {
    int64_t start, end; /* reference span */
    uint64_t number;    /* ascending */
    uint64_t name_hash;
    struct held_read *next_in_bucket;
    const char *name;
    const uint32_t *cigar;
    const uint8_t *sequence;
    const uint8_t *qualities;
    const uint8_t *dwell; /* one per base; NULL where not wanted */
    size_t cigar_count;
    int size_class; /* of the block that this is the head of */
    uint8_t mapq;
    bool reverse;
    int8_t haplotype;
    bool repeated;    /* an earlier read of this name was held when this one came */
    uint64_t blocked; /* compatibility: bit i: not used in list first_list + i */
    size_t first_list;
    /* A cursor that moves with the sites: operation `op` begins at reference position x and
     * query position y; everything before it lies left of the window. */
    size_t op;
    int64_t x, y;
};

enum { SIZE_CLASSES = 48 };

struct held_reads {           /* zero it to begin with */
    struct held_read **reads; /* by index, those that were let go left out */
    size_t count, capacity;
    struct held_read *free_blocks[SIZE_CLASSES]; /* of 2^class bytes */
    struct held_read **buckets;                  /* by name_hash */
    size_t bucket_count;                         /* a power of two */
    uint64_t next_number;
};

void held_reads_release(struct held_reads *held); /* frees everything */

/* Copies an alignment to the end; the read belongs to `held`. */
int held_reads_add(struct held_reads *held, const struct alignment *alignment, int64_t span,
                   bool dwell, struct held_read **out, struct failure *why);

/* Lets reads go that end at or before `position`. */
void held_reads_drop(struct held_reads *held, int64_t position);

/* Whether an earlier held read of the same name reaches into [begin, end). */
bool held_reads_has_earlier(const struct held_reads *held, const struct held_read *read,
                            int64_t begin, int64_t end);

uint64_t held_reads_hash(const char *name);

#endif
