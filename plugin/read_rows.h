/* SPDX-License-Identifier: MIT
 *
 * A row of runnel.reads/1 as the alignment that core takes, and the other way round. */
#ifndef PLUGIN_READ_ROWS_H
#define PLUGIN_READ_ROWS_H

#include "core/windows/alignment.h"
#include "plugin/streams.h"

/* Where a read comes from, which core does not ask for. */
struct read_origin {
    const char *start_time; /* not NUL-terminated; NULL: not known */
    size_t start_time_length;
    int32_t channel; /* -1: not known */
};

/* Room for the name, which Arrow stores without a NUL; used again for every row. */
struct read_row {
    struct alignment alignment; /* borrows from the batch and from `name` */
    struct read_origin origin;  /* borrows from the batch */
    char *name;
    size_t room;
};

/* Fills row->alignment from a batch that stream_check has passed. */
int read_row_get(struct read_row *row, const struct runnel_batch *batch, int64_t at,
                 struct failure *why);
void read_row_free(struct read_row *row);

/* Ends a row of a table with READS_STREAM's fields.  `contig` is "" for a read that is not aligned:
 * its row has neither position nor CIGAR. */
int read_row_put(struct arrow_table *table, const struct alignment *alignment, const char *contig,
                 const struct read_origin *origin, struct failure *why);

#endif
