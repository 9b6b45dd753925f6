/* SPDX-License-Identifier: MIT
 *
 * Long stretches of the reference, a little back and far ahead of what is asked for. */
#include "core/windows/reference_view.h"

#include <string.h>

enum { BACK = 64, AHEAD = 1 << 14 };

void reference_view_begin(struct reference_view *view, const struct reference *reference) {
    *view = (struct reference_view){.reference = *reference};
}

const char *reference_view_at(struct reference_view *view, int64_t begin, int64_t end,
                              struct failure *why) {
    if (begin >= view->begin && end <= view->end && view->letters != NULL)
        return view->letters + (begin - view->begin);
    int64_t from = begin > BACK ? begin - BACK : 0;
    int64_t to = end + AHEAD < view->reference.length ? end + AHEAD : view->reference.length;
    view->letters = view->reference.fetch(view->reference.source, from, to, why);
    if (view->letters == NULL)
        return NULL;
    view->begin = from;
    view->end = to;
    return view->letters + (begin - from);
}

int reference_view_window(struct reference_view *view, int64_t position, char out[WINDOW_WIDTH + 1],
                          struct failure *why) {
    int64_t begin = position - WINDOW_FLANK, end = position + WINDOW_FLANK + 1;
    int64_t from = begin > 0 ? begin : 0;
    int64_t to = end < view->reference.length ? end : view->reference.length;
    memset(out, 'N', WINDOW_WIDTH);
    out[WINDOW_WIDTH] = '\0';
    if (from >= to)
        return STATUS_OK;
    const char *letters = reference_view_at(view, from, to, why);
    if (letters == NULL)
        return STATUS_BAD_INPUT;
    memcpy(out + (from - begin), letters, (size_t)(to - from));
    return STATUS_OK;
}
