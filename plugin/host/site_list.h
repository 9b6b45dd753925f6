/* SPDX-License-Identifier: MIT
 *
 * Sites that a person names: the records of a VCF or BCF, or lines of contig, tab, position. */
#ifndef PLUGIN_HOST_SITE_LIST_H
#define PLUGIN_HOST_SITE_LIST_H

#include "adapters/alignments.h"

struct site_list { /* zero it to begin with */
    size_t contig_count;
    struct contig_sites {
        int64_t *positions; /* 0-based, ascending, each once */
        size_t count, capacity;
    } * contigs; /* in the order of the alignments' header */
};

/* Contigs that the alignments do not have, and positions behind a contig's end, fail with a
 * sentence. */
int site_list_read(struct site_list *list, const char *path, const struct alignments *alignments,
                   struct failure *why);
void site_list_free(struct site_list *list);

#endif
