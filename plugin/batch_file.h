/* SPDX-License-Identifier: MIT
 *
 * Batches of a stream that are too many for the memory, in a file without a name: the first that
 * went in is the first that comes out, and the file system has its room back then. */
#ifndef PLUGIN_BATCH_FILE_H
#define PLUGIN_BATCH_FILE_H

#include "plugin/streams.h"

struct batch_file; /* used by one thread */

/* `folder`: where the file is made; NULL: where temporary files are (TMPDIR, or /tmp). */
int batch_file_open(struct batch_file **out, const struct stream *stream, const char *folder,
                    struct failure *why);
void batch_file_close(struct batch_file *file); /* accepts NULL */

/* Writes the stream's columns of a batch that stream_check has passed, and its marks. */
int batch_file_put(struct batch_file *file, const struct runnel_batch *batch, struct failure *why);

/* The next batch, which must be there, as the caller's; NULL on failure. */
struct runnel_batch *batch_file_take(struct batch_file *file, struct failure *why);

#endif
