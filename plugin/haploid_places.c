/* SPDX-License-Identifier: MIT
 *
 * Core wants regions that do not overlap; a BED file may have others. */
#include "plugin/haploid_places.h"

#include "adapters/regions.h"

#include <stdlib.h>

/* Copies the regions of a contig, those that touch made one. */
static int join(struct haploid *haploid, const struct interval *list, size_t count,
                struct failure *why) {
    struct haploid_region *joined = calloc(count + 1, sizeof *joined);
    size_t kept = 0;
    if (joined == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for haploid regions");
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || list[i].begin > joined[kept - 1].end)
            joined[kept++] = (struct haploid_region){list[i].begin, list[i].end};
        else if (list[i].end > joined[kept - 1].end)
            joined[kept - 1].end = list[i].end;
    }
    haploid->regions = joined;
    haploid->region_count = kept;
    return STATUS_OK;
}

int haploid_places_read(struct haploid_places *places, const struct haploid *rule, const char *bed,
                        const struct stream_contigs *contigs, struct failure *why) {
    struct regions *regions;
    int status =
        regions_read(&regions, contigs->names, contigs->lengths, contigs->count, NULL, bed, why);
    places->contigs = calloc(contigs->count + 1, sizeof *places->contigs);
    if (status == STATUS_OK && places->contigs == NULL)
        status = fail(why, STATUS_NO_MEMORY, "out of memory for haploid regions");
    for (size_t i = 0; status == STATUS_OK && i < contigs->count; i++) {
        struct haploid *haploid = &places->contigs[i];
        *haploid = *rule;
        haploid->everywhere = bed == NULL;
        places->count = i + 1;
        if (bed != NULL) {
            size_t count;
            const struct interval *list = regions_of(regions, i, &count);
            status = join(haploid, list, count, why);
        }
    }
    regions_free(regions);
    return status;
}

void haploid_places_free(struct haploid_places *places) {
    for (size_t i = 0; i < places->count; i++)
        free((struct haploid_region *)places->contigs[i].regions);
    free(places->contigs);
    *places = (struct haploid_places){0};
}

const struct haploid *haploid_places_on(const struct haploid_places *places, int64_t contig) {
    return places->contigs ? &places->contigs[contig] : NULL;
}
