/* SPDX-License-Identifier: MIT
 *
 * Where a genome is haploid, by contig: everywhere, or in the regions of a BED file. */
#ifndef PLUGIN_HAPLOID_PLACES_H
#define PLUGIN_HAPLOID_PLACES_H

#include "core/calls/haploid.h"
#include "plugin/streams.h"

struct haploid_places {
    size_t count; /* contigs */
    struct haploid *contigs;
};

/* `places` starts as {0}; `rule` says what is done there.  `bed` NULL: everywhere. */
int haploid_places_read(struct haploid_places *places, const struct haploid *rule, const char *bed,
                        const struct stream_contigs *contigs, struct failure *why);
void haploid_places_free(struct haploid_places *places);

/* NULL where nothing was read. */
const struct haploid *haploid_places_on(const struct haploid_places *places, int64_t contig);

#endif
