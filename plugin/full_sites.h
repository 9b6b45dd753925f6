/* SPDX-License-Identifier: MIT
 *
 * The sites that full-alignment windows are drawn at, in the order of the reads: those of a file
 * (a VCF; of a spool the doubtful calls alone), or the doubtful ones of pileup calls that flow by.
 * A file tells all that is to come; of a flow only what came is known, and what its marks
 * promise. */
#ifndef PLUGIN_FULL_SITES_H
#define PLUGIN_FULL_SITES_H

#include "core/calls/select.h"
#include "plugin/streams.h"

struct full_sites; /* of one thread */

/* A place in a genome: index of the contig, position 0-based.  Behind the last one the contig is
 * INT64_MAX. */
struct place {
    int64_t contig, position;
};

/* The sites of the file; with cut-offs (not NULL) it is a spool, and its doubtful calls are the
 * sites.  `contigs` and `cutoffs` are lent until full_sites_free. */
int full_sites_of_file(struct full_sites **out, const char *path,
                       const struct stream_contigs *contigs, const struct cutoffs *cutoffs,
                       struct failure *why);
/* No site yet: they come with full_sites_add. */
int full_sites_of_flow(struct full_sites **out, const struct stream_contigs *contigs,
                       struct failure *why);
void full_sites_free(struct full_sites *sites); /* NULL is fine */

/* Adds a site behind those that were added; no later one lies before it. */
int full_sites_add(struct full_sites *sites, struct place site, struct failure *why);
/* Promises that no site lies before `place` but those that were added. */
void full_sites_promise(struct full_sites *sites, struct place place);

/* Whether a next site is known, and which. */
bool full_sites_peek(const struct full_sites *sites, struct place *site);
/* Turns to the one after it. */
int full_sites_take(struct full_sites *sites, struct failure *why);
/* No site lies before this place that was not taken yet. */
struct place full_sites_next(const struct full_sites *sites);

#endif
