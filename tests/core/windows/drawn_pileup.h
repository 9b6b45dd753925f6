/* SPDX-License-Identifier: MIT
 *
 * All pileup windows and counts that a pass over some reads gives, copied for tests. */
#ifndef TESTS_CORE_WINDOWS_DRAWN_PILEUP_H
#define TESTS_CORE_WINDOWS_DRAWN_PILEUP_H

#include "core/windows/pileup_window.h"
#include "tests/core/windows/golden.h"

struct drawn {
    struct pileup_window *windows; /* copied */
    size_t count;
    struct pileup_column_counts *counts;
    size_t count_count;
    struct pileup_books books;
};

static inline void keep(struct drawn *drawn, struct pileup_windows *stream) {
    struct failure why = {0};
    struct pileup_window w;
    int status;
    while ((status = pileup_windows_pull(stream, &w, &why)) == STATUS_OK) {
        w.tensor = golden_copy(w.tensor, PILEUP_WINDOW_SIZE * sizeof *w.tensor);
        w.alt_info = golden_copy(w.alt_info, strlen(w.alt_info) + 1);
        w.reference = golden_copy(w.reference, WINDOW_WIDTH + 1);
        drawn->windows =
            golden_grow(drawn->windows, drawn->count * sizeof w, (drawn->count + 1) * sizeof w);
        drawn->windows[drawn->count++] = w;
    }
    cr_assert_eq(status, STATUS_END, "%s", why.text);
    size_t count;
    const struct pileup_column_counts *counts = pileup_windows_take_counts(stream, &count);
    if (count > 0) {
        drawn->counts = golden_grow(drawn->counts, drawn->count_count * sizeof *counts,
                                    (drawn->count_count + count) * sizeof *counts);
        memcpy(drawn->counts + drawn->count_count, counts, count * sizeof *counts);
    }
    drawn->count_count += count;
}

static inline struct drawn draw(const struct reference *reference,
                                const struct pileup_options *options,
                                const struct pileup_targets *targets, struct golden_reads reads) {
    struct drawn drawn = {0};
    struct failure why = {0};
    struct pileup_windows *stream;
    cr_assert_eq(pileup_windows_new(&stream, options, &why), STATUS_OK);
    cr_assert_eq(pileup_windows_begin(stream, reference, targets, &why), STATUS_OK);
    for (size_t i = 0; i < reads.count && !pileup_windows_done(stream); i++) {
        cr_assert_eq(pileup_windows_add(stream, &reads.reads[i], &why), STATUS_OK, "%s", why.text);
        keep(&drawn, stream);
    }
    pileup_windows_end(stream);
    keep(&drawn, stream);
    drawn.books = *pileup_windows_books(stream);
    pileup_windows_free(stream);
    return drawn;
}

#endif
