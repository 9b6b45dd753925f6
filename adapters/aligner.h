/* SPDX-License-Identifier: MIT
 *
 * Aligns reads to a reference by minimap2's library, as the command `minimap2 -a -x PRESET` does:
 * the same records with the same positions, flags, mapping qualities and CIGARs (M, not = and X),
 * in the same order.  The index is built or loaded once and shared by any number of workers. */
#ifndef ADAPTERS_ALIGNER_H
#define ADAPTERS_ALIGNER_H

#include "core/status.h"
#include "core/windows/alignment.h"

struct aligner;        /* an index and how to map; unchanged once open, shared by threads */
struct aligner_worker; /* what one thread needs; its results */

struct aligner_contig {
    const char *name; /* belongs to the aligner */
    int64_t length;   /* in bases */
};

/* One alignment of a read. */
struct aligner_hit {
    size_t contig; /* index into aligner_contigs */
    /* As in a SAM record: sequence and qualities along the reference, whole in the primary
     * alignment, without the bases of hard clips in a supplementary one, none in a secondary one.
     * Name, moves and haplotype are those of the read (moves stay in the order in which the read
     * was sequenced, as mv tags do).  Of the read's flag, only QC failure and duplicate stay. */
    struct alignment alignment;
};

/* `path`: a FASTA file (plain or gzipped) or an index of minimap2 (.mmi) in one part, which says
 * itself how it is to be used.  `preset` is a name that the library knows (map-ont, map-hifi; lr:hq
 * from version 2.27 on).  `threads` build the index. */
int aligner_open(struct aligner **out, const char *path, const char *preset, int threads,
                 struct failure *why);
void aligner_close(struct aligner *aligner); /* accepts NULL */

/* In the order of the reference; valid until aligner_close. */
const struct aligner_contig *aligner_contigs(const struct aligner *aligner, size_t *count);

/* The aligner must outlive its workers.  NULL when memory ran out. */
struct aligner_worker *aligner_worker_new(const struct aligner *aligner, struct failure *why);
void aligner_worker_free(struct aligner_worker *worker); /* accepts NULL */

/* Aligns a read (its position and CIGAR are not looked at; with flag 16 it is turned first).
 * `*hits` is borrowed until the next call for this worker, and borrows the read's name and moves in
 * turn;
 * `*count` is 0 where the read does not align. */
int aligner_map(struct aligner_worker *worker, const struct alignment *read,
                const struct aligner_hit **hits, size_t *count, struct failure *why);

#endif
