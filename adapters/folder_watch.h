/* SPDX-License-Identifier: MIT
 *
 * The files of reads in a folder that somebody else fills (inotify): those that are there and those
 * that come, each once, whatever happens to its name, and whether its writer is done with it. Linux
 * only.
 *
 * A file counts if its name ends in .bam, .sam, .cram, .fastq or .fq, the last two also with .gz,
 * and does not begin with a dot.  A file is new if neither the file itself (by device and inode)
 * was there before, nor one of its path and size.  Folders in the folder count as well, whenever
 * they come; not hidden ones, links to folders, and those whose names end in _fail, where
 * sequencers put reads of low quality. */
#ifndef ADAPTERS_FOLDER_WATCH_H
#define ADAPTERS_FOLDER_WATCH_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct folder_watch; /* used by one thread at a time */

struct folder_file {
    char *path;    /* where it was seen first */
    int64_t begin; /* the first byte that is meant: not 0 where a FASTQ file had been complete and
                      was added to; its earlier bytes are another entry */
    /* Whether nobody has it open for writing any more.  Where the system does not tell (a file of
     * another user, a network): a file that was renamed, or was closed, or has not changed for
     * ten seconds. */
    bool complete;

    /* The watch's own: */
    uint64_t device, inode;
    int64_t size;
};

int folder_watch_open(struct folder_watch **out, const char *path, struct failure *why);
void folder_watch_close(struct folder_watch *watch); /* accepts NULL */

/* Readable when something happened; for poll. */
int folder_watch_descriptor(const struct folder_watch *watch);

/* Takes in what happened since the last look; does not wait.  Files that are there are listed as
 * they were changed, oldest first; later ones behind them.  Fails where the folder itself has gone.
 */
int folder_watch_look(struct folder_watch *watch, struct failure *why);

/* The list only grows.  Valid until the next look. */
size_t folder_watch_count(const struct folder_watch *watch);
const struct folder_file *folder_watch_file(const struct folder_watch *watch, size_t at);

/* How many bytes were added to files that had been complete and cannot be read on from the middle.
 */
int64_t folder_watch_lost(const struct folder_watch *watch);

#endif
