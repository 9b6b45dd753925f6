/* SPDX-License-Identifier: MIT
 *
 * The sites of somebody's VCF where calls are wanted and nowhere else (calling.md 3.7), by contig:
 * sorted by position, and of several lines at one position the last.  The whole list is held. */
#ifndef PLUGIN_KNOWN_SITES_H
#define PLUGIN_KNOWN_SITES_H

#include "adapters/reference.h"
#include "core/calls/text.h"
#include "plugin/streams.h"

struct known_sites {
    size_t count; /* contigs */
    struct known_contig {
        int64_t *positions; /* 1-based, ascending */
        size_t count, room;
        struct known_line {
            int64_t position;
            size_t begin, length; /* in `lines` */
        } * lines;                /* one per position */
    } * contigs;
    struct text lines;
};

/* `sites` starts as {0}.  A REF that is not the reference's is refused; `reference` NULL: not
 * looked at. */
int known_sites_read(struct known_sites *sites, const char *path,
                     const struct stream_contigs *contigs, struct reference_file *reference,
                     struct failure *why);
void known_sites_free(struct known_sites *sites);

#endif
