/* SPDX-License-Identifier: MIT
 *
 * The held reads from the furthest end to the nearest, with the FULL_DEPTH_MAX lowest hashes so
 * far in a heap: its top is the bound for all reads that end no further. */
#include "core/windows/depth_limit.h"

#include "core/windows/full_window.h"

#include <stdlib.h>

void depth_limit_begin(struct depth_limit *limit) {
    limit->step_count = 0;
    limit->next_look = 0;
}

void depth_limit_release(struct depth_limit *limit) {
    free(limit->steps);
    free(limit->heap);
    free(limit->reads);
    *limit = (struct depth_limit){0};
}

static int by_end(const void *a, const void *b) {
    const struct depth_step *x = a, *y = b;
    return x->end > y->end ? -1 : x->end < y->end;
}

/* Puts a hash at place i of the heap and lets it sink. */
static void sink(uint64_t *heap, size_t count, size_t i, uint64_t hash) {
    for (size_t child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && heap[child + 1] > heap[child])
            child++;
        if (heap[child] <= hash)
            break;
        heap[i] = heap[child];
    }
    heap[i] = hash;
}

static void rise(uint64_t *heap, size_t i, uint64_t hash) {
    for (; i > 0 && heap[(i - 1) / 2] < hash; i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = hash;
}

static int reserve(struct depth_limit *limit, size_t count, struct failure *why) {
    if (limit->heap == NULL)
        limit->heap = malloc(FULL_DEPTH_MAX * sizeof *limit->heap);
    if (count > limit->read_capacity) {
        struct depth_step *reads = realloc(limit->reads, 2 * count * sizeof *reads);
        if (reads != NULL)
            limit->reads = reads;
        struct depth_step *steps = realloc(limit->steps, 2 * count * sizeof *steps);
        if (steps != NULL)
            limit->steps = steps;
        if (reads != NULL && steps != NULL)
            limit->read_capacity = 2 * count;
    }
    if (limit->heap == NULL || count > limit->read_capacity)
        return fail(why, STATUS_NO_MEMORY, "out of memory for a pile of %zu reads", count);
    return STATUS_OK;
}

static void make_steps(struct depth_limit *limit, size_t count) {
    size_t filled = 0;
    limit->step_count = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = limit->reads[i].hash;
        if (filled < FULL_DEPTH_MAX)
            rise(limit->heap, filled++, hash);
        else if (hash < limit->heap[0])
            sink(limit->heap, FULL_DEPTH_MAX, 0, hash);
        else
            continue;
        if (filled == FULL_DEPTH_MAX)
            limit->steps[limit->step_count++] =
                (struct depth_step){limit->reads[i].end, limit->heap[0]};
    }
}

int depth_limit_update(struct depth_limit *limit, const struct held_reads *held,
                       struct failure *why) {
    if (held->count <= FULL_DEPTH_MAX || held->next_number < limit->next_look)
        return STATUS_OK;
    if (reserve(limit, held->count, why) != STATUS_OK)
        return STATUS_NO_MEMORY;
    size_t count = 0;
    for (size_t i = 0; i < held->count; i++) { /* a repeated name may not be used itself */
        const struct held_read *read = held->reads[i];
        if (!read->repeated)
            limit->reads[count++] = (struct depth_step){read->end, read->name_hash};
    }
    qsort(limit->reads, count, sizeof *limit->reads, by_end);
    make_steps(limit, count);
    limit->next_look = held->next_number + FULL_DEPTH_MAX / 2;
    return STATUS_OK;
}

bool depth_limit_refuses(const struct depth_limit *limit, int64_t end, uint64_t hash) {
    size_t low = 0, high = limit->step_count; /* steps [0, low) end at `end` or further */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (limit->steps[middle].end >= end)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && hash >= limit->steps[low - 1].hash;
}
