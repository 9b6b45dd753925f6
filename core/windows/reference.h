/* SPDX-License-Identifier: MIT
 *
 * Where the letters of one contig come from.  Core reads no files: whoever calls it fills
 * this in.  Letters are as in the FASTA file: lower case (soft-masked) and IUPAC are kept. */
#ifndef CORE_WINDOWS_REFERENCE_H
#define CORE_WINDOWS_REFERENCE_H

#include "core/status.h"
#include <stdint.h>

struct reference {
    int64_t length; /* of the contig */
    void *source;
    /* The letters [begin, end), 0-based, 0 <= begin <= end <= length; not NUL-terminated.
     * Valid until the next call.  NULL on failure, with `why` filled.  Calls mostly move
     * forward, so an implementation keeps one block and need not hold a whole contig. */
    const char *(*fetch)(void *source, int64_t begin, int64_t end, struct failure *why);
};

#endif
