/* SPDX-License-Identifier: MIT
 *
 * For compatibility only: which records the original leaves out of a list of candidates because a
 * record of the same name came before (specification of windows, 2.1, 3.3, 4.6). */
#ifndef CORE_WINDOWS_NAME_LISTS_H
#define CORE_WINDOWS_NAME_LISTS_H

#include "core/windows/held_reads.h"

struct name_lists { /* zero it to begin with */
    uint64_t *keys; /* name and list in one hash; 0: empty */
    size_t count, capacity;
    size_t first_list; /* the lists before it end left of the reads that come */
};

void name_lists_begin(struct name_lists *lists);
void name_lists_release(struct name_lists *lists);

/* Notes the read in every list of FULL_LIST_SITES sites that it reaches, and in the read which of
 * these it is left out of.  A read that reaches more than 64 lists is taken as new in the rest. */
int name_lists_add(struct name_lists *lists, struct held_read *read, const int64_t *sites,
                   size_t site_count, struct failure *why);

bool name_lists_blocked(const struct held_read *read, size_t list);

#endif
