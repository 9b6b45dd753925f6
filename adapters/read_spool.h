/* SPDX-License-Identifier: MIT
 *
 * Reads kept on disk in the order in which they came, so that nothing that was taken is lost: a
 * folder of BAM files ("segments") of bounded size, each compressed lightly and flushed whenever
 * asked to.  A run that was killed leaves its last segment cut short; opened again, all of its
 * whole records are there.  Sorted, they become one BAM file with an index.
 *
 * The sorted order is that of contigs, positions and strands, and within these of names (byte by
 * byte) and flags: whatever the order of arrival was, the same reads give the same file. */
#ifndef ADAPTERS_READ_SPOOL_H
#define ADAPTERS_READ_SPOOL_H

#include "core/status.h"
#include "core/windows/alignment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct read_spool; /* used by one thread at a time */

/* What its files say of the reads; lent for the call. */
struct read_spool_header {
    size_t contig_count;
    char *const *names;
    const int64_t *lengths;
    const char *sample, *platform; /* SM and PL of the read group; NULL: not known */
    const char *basecall_models;   /* names joined by commas; NULL: not known */
    const char *targets;           /* names those that reads are kept for; NULL: not told */
};

/* Opens a folder, which is made where it does not exist.  One that holds segments already is
 * refused, unless `resume` is set; then those of other contigs are, or of other targets.  So is a
 * folder that another spool has open, in this process or in another one.  Without contigs nothing
 * can be added: what a run before has left is made whole, and that is all. */
int read_spool_open(struct read_spool **out, const char *folder,
                    const struct read_spool_header *header, bool resume, struct failure *why);
void read_spool_free(struct read_spool *spool); /* accepts NULL; the segments stay */

/* Segments that were there when it was opened, in order, whole; their paths are valid until
 * read_spool_free. */
size_t read_spool_segments(const struct read_spool *spool);
const char *read_spool_segment(const struct read_spool *spool, size_t number);

/* Appends a read; `start_time` NULL and `channel` below 0: not known. Its CIGAR must fit its
 * sequence. */
int read_spool_add(struct read_spool *spool, int32_t contig, const struct alignment *read,
                   const char *start_time, size_t start_time_length, int64_t channel,
                   struct failure *why);

/* What was added is on the disk from now on, whatever becomes of this process or the machine. */
int read_spool_flush(struct read_spool *spool, struct failure *why);

/* Ends the segment under way; without any read there is one empty segment then. */
int read_spool_end(struct read_spool *spool, struct failure *why);

/* All reads of a folder's (whole) segments, sorted, as `path` with its index beside it; both appear
 * under their names when whole.  Memory is that of one segment. */
int read_spool_sort(const char *folder, const char *path, struct failure *why);

/* Removes the segments of a folder, and the folder where nothing else is in it. */
void read_spool_remove(const char *folder);

#endif
