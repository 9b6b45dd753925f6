/* SPDX-License-Identifier: MIT
 *
 * Depth and the depth of the next look, column by column. */
#include "core/windows/looks.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16383, NEXT_MASK = 0x7fff, NOTED = 0x8000 };

struct look_column {
    uint16_t depth;
    uint16_t next; /* depth at which the next look is due; the highest bit: NOTED */
};

struct look_target {
    struct interval where;
    int64_t bases; /* sum of the depths */
    struct look_column *columns;
};

struct looks {
    struct look_rule rule;
    size_t count;
    struct look_target *targets;
    struct look_column *columns; /* of all targets */
    /* of the alignment added last */
    int64_t begin, end;
    size_t first, behind; /* targets that it overlaps */
    size_t target;        /* looks_next goes on in this one, */
    int64_t at;           /* here */
};

const struct look_rule look_rule_default = {.first = 8, .step = 2, .growth = 0.25};

int looks_new(struct looks **out, const struct interval *targets, size_t count,
              const struct look_rule *rule, struct failure *why) {
    size_t columns = 0;
    for (size_t i = 0; i < count; i++)
        columns += (size_t)(targets[i].end - targets[i].begin);
    struct looks *looks = calloc(1, sizeof *looks);
    if (looks != NULL) {
        looks->targets = calloc(count + 1, sizeof *looks->targets);
        looks->columns = calloc(columns + 1, sizeof *looks->columns);
    }
    if (looks == NULL || looks->targets == NULL || looks->columns == NULL) {
        looks_free(looks);
        return fail(why, STATUS_NO_MEMORY, "out of memory for %zu columns of targets", columns);
    }
    looks->rule = *rule;
    looks->count = count;
    for (size_t i = 0; i < columns; i++)
        looks->columns[i].next = (uint16_t)(rule->first < DEPTH_MAX ? rule->first : DEPTH_MAX);
    struct look_column *next = looks->columns;
    for (size_t i = 0; i < count; i++) {
        looks->targets[i] = (struct look_target){.where = targets[i], .columns = next};
        next += targets[i].end - targets[i].begin;
    }
    *out = looks;
    return STATUS_OK;
}

void looks_free(struct looks *looks) {
    if (looks == NULL)
        return;
    free(looks->targets);
    free(looks->columns);
    free(looks);
}

/* The first target that ends behind `position`. */
static size_t find(const struct looks *looks, int64_t position) {
    size_t low = 0, high = looks->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (looks->targets[middle].where.end > position)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

void looks_add(struct looks *looks, int64_t begin, int64_t end) {
    size_t i = looks->first = looks->target = find(looks, begin);
    looks->begin = looks->at = begin;
    looks->end = end;
    for (; i < looks->count && looks->targets[i].where.begin < end; i++) {
        struct look_target *target = &looks->targets[i];
        int64_t from = later(begin, target->where.begin) - target->where.begin;
        int64_t to = earlier(end, target->where.end) - target->where.begin;
        for (int64_t x = from; x < to; x++)
            target->columns[x].depth += target->columns[x].depth < DEPTH_MAX;
        target->bases += to - from;
    }
    looks->behind = i;
}

static bool is_due(const struct look_column *column) {
    return column->depth >= (column->next & NEXT_MASK);
}

static void take(const struct look_rule *rule, struct look_column *column) {
    double grown = rule->growth * (double)column->depth;
    uint32_t more = grown > (double)rule->step ? (uint32_t)(grown + 0.5) : rule->step;
    uint32_t next = column->depth + more < NEXT_MASK ? column->depth + more : NEXT_MASK;
    column->next = (uint16_t)((column->next & NOTED) | next);
}

bool looks_next(struct looks *looks, struct interval *run) {
    for (; looks->target < looks->behind; looks->target++) {
        struct look_target *target = &looks->targets[looks->target];
        int64_t begin = target->where.begin, end = earlier(looks->end, target->where.end);
        int64_t x = later(looks->at, begin);
        while (x < end && !is_due(&target->columns[x - begin]))
            x++;
        if (x == end)
            continue;
        run->begin = x;
        for (; x < end && is_due(&target->columns[x - begin]); x++)
            take(&looks->rule, &target->columns[x - begin]);
        run->end = looks->at = x;
        return true;
    }
    return false;
}

static struct look_column *column_at(const struct looks *looks, int64_t position) {
    size_t i = find(looks, position);
    if (i == looks->count || looks->targets[i].where.begin > position)
        return NULL;
    return &looks->targets[i].columns[position - looks->targets[i].where.begin];
}

uint32_t looks_depth(const struct looks *looks, int64_t position) {
    const struct look_column *column = column_at(looks, position);
    return column ? column->depth : 0;
}

bool looks_note(struct looks *looks, int64_t position, bool candidate) {
    struct look_column *column = column_at(looks, position);
    if (column == NULL)
        return false;
    bool before = (column->next & NOTED) != 0;
    column->next = (uint16_t)((column->next & NEXT_MASK) | (candidate ? NOTED : 0));
    return before;
}

int64_t looks_noted(const struct looks *looks, int64_t begin, int64_t end) {
    for (size_t i = find(looks, begin); i < looks->count; i++) {
        const struct look_target *target = &looks->targets[i];
        for (int64_t x = later(begin, target->where.begin); x < earlier(end, target->where.end);
             x++)
            if (target->columns[x - target->where.begin].next & NOTED)
                return x;
        if (target->where.end >= end)
            break;
    }
    return INT64_MAX;
}

double looks_target_depth(const struct looks *looks, size_t target) {
    const struct look_target *of = &looks->targets[target];
    return (double)of->bases / (double)(of->where.end - of->where.begin);
}

void looks_touched(const struct looks *looks, size_t *first, size_t *end) {
    *first = looks->first;
    *end = looks->behind;
}
