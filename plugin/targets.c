/* SPDX-License-Identifier: MIT
 *
 * Targets, read and looked up. */
#include "plugin/targets.h"

#include "adapters/regions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies intervals sorted by begin, those that touch made one. */
static int join(struct contig_targets *to, const struct interval *list, size_t count,
                struct failure *why) {
    to->list = calloc(count + 1, sizeof *to->list);
    if (to->list == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for targets");
    for (size_t i = 0; i < count; i++) {
        if (list[i].begin >= list[i].end)
            continue;
        if (to->count == 0 || list[i].begin > to->list[to->count - 1].end)
            to->list[to->count++] = list[i];
        else if (list[i].end > to->list[to->count - 1].end)
            to->list[to->count - 1].end = list[i].end;
    }
    return STATUS_OK;
}

static int64_t columns_of(const struct contig_targets *contig) {
    int64_t columns = 0;
    for (size_t i = 0; i < contig->count; i++)
        columns += contig->list[i].end - contig->list[i].begin;
    return columns;
}

int targets_read(struct targets *targets, const char *bed, const struct stream_contigs *contigs,
                 struct failure *why) {
    struct regions *regions;
    int status =
        regions_read(&regions, contigs->names, contigs->lengths, contigs->count, NULL, bed, why);
    targets->contigs = calloc(contigs->count + 1, sizeof *targets->contigs);
    if (status == STATUS_OK && targets->contigs == NULL)
        status = fail(why, STATUS_NO_MEMORY, "out of memory for targets");
    for (size_t i = 0; status == STATUS_OK && i < contigs->count; i++) {
        const struct interval whole = {0, contigs->lengths[i]}, *list = &whole;
        size_t count = 1;
        if (regions != NULL)
            list = regions_of(regions, i, &count);
        targets->contig_count = i + 1;
        status = join(&targets->contigs[i], list, count, why);
        targets->count += targets->contigs[i].count;
        targets->columns += columns_of(&targets->contigs[i]);
    }
    regions_free(regions);
    if (status == STATUS_OK && targets->count == 0)
        status = fail(why, STATUS_BAD_INPUT, "%s: holds no target", bed ? bed : "the reference");
    return status;
}

void targets_free(struct targets *targets) {
    for (size_t i = 0; i < targets->contig_count; i++)
        free(targets->contigs[i].list);
    free(targets->contigs);
    *targets = (struct targets){0};
}

void targets_drop(struct targets *targets, size_t contig) {
    targets->columns -= columns_of(&targets->contigs[contig]);
    targets->count -= targets->contigs[contig].count;
    targets->contigs[contig].count = 0;
}

int targets_name(char name[TARGETS_NAME_SIZE], const char *bed, struct failure *why) {
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    FILE *file = bed ? fopen(bed, "rb") : NULL;
    snprintf(name, TARGETS_NAME_SIZE, "all");
    if (bed == NULL)
        return STATUS_OK;
    if (file == NULL)
        return fail(why, STATUS_IO, "%s cannot be opened: %s", bed, strerror(errno));
    for (int letter; (letter = getc(file)) != EOF;)
        hash = (hash ^ (unsigned char)letter) * UINT64_C(1099511628211);
    fclose(file);
    snprintf(name, TARGETS_NAME_SIZE, "%016llx", (unsigned long long)hash);
    return STATUS_OK;
}

/* The first target that ends behind `position`. */
static size_t first_behind(const struct contig_targets *contig, int64_t position) {
    size_t low = 0, high = contig->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (contig->list[middle].end > position)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

bool targets_near(const struct targets *targets, size_t contig, int64_t begin, int64_t end) {
    const struct contig_targets *of = &targets->contigs[contig];
    size_t i = first_behind(of, begin - TARGET_MARGIN);
    return i < of->count && of->list[i].begin < end + TARGET_MARGIN;
}

size_t targets_find(const struct targets *targets, size_t contig, int64_t position) {
    const struct contig_targets *of = &targets->contigs[contig];
    size_t i = first_behind(of, position);
    return i < of->count && of->list[i].begin <= position ? i : SIZE_MAX;
}
