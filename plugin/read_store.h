/* SPDX-License-Identifier: MIT
 *
 * The reads of a live run by place: who looks at a site asks for those over it.  They lie in a file
 * without a name, which is as large as they are; what the system has room for it keeps in memory.
 * In memory of our own there are 32 bytes a read, and 4 for each bin that it spans. */
#ifndef PLUGIN_READ_STORE_H
#define PLUGIN_READ_STORE_H

#include "core/status.h"
#include "core/windows/alignment.h"

#include <stddef.h>
#include <stdint.h>

struct read_store; /* used by one thread */

/* `folder`: where the file is made; NULL: where temporary files are (TMPDIR, or /tmp).  Contigs by
 * their lengths. */
int read_store_open(struct read_store **out, const char *folder, const int64_t *lengths,
                    size_t contig_count, struct failure *why);
void read_store_close(struct read_store *store); /* accepts NULL */

/* Keeps an alignment that spans [position, position + span). */
int read_store_add(struct read_store *store, size_t contig, const struct alignment *read,
                   int64_t span, struct failure *why);

/* Those that reach into [begin, end), by position, strand, name and flags, whatever the order in
 * which they came; borrowed until the next call for this store. */
int read_store_over(struct read_store *store, size_t contig, int64_t begin, int64_t end,
                    const struct alignment **reads, size_t *count, struct failure *why);

#endif
