/* SPDX-License-Identifier: MIT
 *
 * The reference as the windows read it: letter by letter, mostly forward.  Asks the source for
 * long stretches, so that its function is not called once per column. */
#ifndef CORE_WINDOWS_REFERENCE_VIEW_H
#define CORE_WINDOWS_REFERENCE_VIEW_H

#include "core/windows/reference.h"
#include "core/windows/shape.h"

struct reference_view {
    struct reference reference;
    const char *letters; /* [begin, end) of the contig, lent by the source */
    int64_t begin, end;
};

void reference_view_begin(struct reference_view *view, const struct reference *reference);

/* The letters [begin, end), which must lie within the contig; valid until the next call for this
 * view.  NULL on failure. */
const char *reference_view_at(struct reference_view *view, int64_t begin, int64_t end,
                              struct failure *why);

/* The letters around `position`, NUL-terminated, with N beyond the contig. */
int reference_view_window(struct reference_view *view, int64_t position, char out[WINDOW_WIDTH + 1],
                          struct failure *why);

/* a-z to A-Z; all else as it is. */
static inline char upper(char letter) {
    return (char)(letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter);
}

#endif
