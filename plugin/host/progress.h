/* SPDX-License-Identifier: MIT
 *
 * The progress line on stderr: rewritten in place on a terminal, a plain line now and then
 * where -v asks for it elsewhere, nothing otherwise. */
#ifndef PLUGIN_HOST_PROGRESS_H
#define PLUGIN_HOST_PROGRESS_H

#include "plugin/host/lanes.h"

struct progress {     /* starts as {0} */
    const char *pass; /* which of several, to stand in front; or NULL */
    bool in_place, plain;
    int seconds;            /* told so far */
    size_t width;           /* of the line that stands on the terminal */
    int64_t reads, windows; /* at the last look, for the rates */
    /* For the time left; where they are not set, it is not told. */
    size_t contig_count;
    char *const *names;
    const int64_t *lengths;
};

struct run_watch progress_watch(struct progress *progress, bool quiet, bool verbose);
void progress_end(struct progress *progress); /* wipes the line */

#endif
