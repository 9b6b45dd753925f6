/* SPDX-License-Identifier: MIT
 *
 * The position text of a stored window, "CONTIG:POS:REF", taken apart.  Contig names may
 * contain colons.  Spec: calling, section 2.1. */
#ifndef CORE_CALLS_POSITION_H
#define CORE_CALLS_POSITION_H

#include "core/status.h"
#include <stddef.h>
#include <stdint.h>

struct position {
    size_t contig_length; /* the contig is the first so many bytes of the text */
    int64_t position;     /* 1-based */
    char reference;       /* one letter; of a whole window of letters the one in its centre */
};

int position_read(struct position *position, const char *text, size_t length, struct failure *why);

#endif
