/* SPDX-License-Identifier: MIT
 *
 * A row of runnel.reads/1 as the alignment that core takes. */
#ifndef PLUGIN_READ_ROWS_H
#define PLUGIN_READ_ROWS_H

#include "core/windows/alignment.h"
#include "plugin/streams.h"

/* Room for the name, which Arrow stores without a NUL; used again for every row. */
struct read_row {
    struct alignment alignment; /* borrows from the batch and from `name` */
    char *name;
    size_t room;
};

/* Fills row->alignment from a batch that stream_check has passed. */
int read_row_get(struct read_row *row, const struct runnel_batch *batch, int64_t at,
                 struct failure *why);
void read_row_free(struct read_row *row);

#endif
