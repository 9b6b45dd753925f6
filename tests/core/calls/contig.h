/* SPDX-License-Identifier: MIT
 *
 * A contig in memory as a struct reference. */
#ifndef TESTS_CORE_CALLS_CONTIG_H
#define TESTS_CORE_CALLS_CONTIG_H

#include "core/calls/text.h"
#include "core/windows/reference.h"
#include "tests/core/calls/golden.h"

/* One contig in memory. */
struct contig_letters {
    struct text letters;
    struct reference reference;
};

static inline const char *fetch_letters(void *source, int64_t begin, int64_t end,
                                        struct failure *why) {
    const struct contig_letters *contig = source;
    (void)why;
    cr_assert(0 <= begin && begin <= end && end <= contig->reference.length);
    return contig->letters.bytes + begin;
}

static inline struct contig_letters *contig_of(const char *letters) {
    struct contig_letters *contig = calloc(1, sizeof *contig);
    text_append_string(&contig->letters, letters);
    contig->reference = (struct reference){(int64_t)contig->letters.length, contig, fetch_letters};
    return contig;
}

/* From a FASTA file. */
static inline struct contig_letters *read_contig(const char *path, const char *name) {
    struct lines lines = golden_lines("%s", path);
    struct contig_letters *contig = calloc(1, sizeof *contig);
    bool inside = false;
    for (size_t i = 0; i < lines.count; i++) {
        if (lines.line[i][0] == '>')
            inside = strcmp(lines.line[i] + 1, name) == 0;
        else if (inside)
            text_append_string(&contig->letters, lines.line[i]);
    }
    contig->reference = (struct reference){(int64_t)contig->letters.length, contig, fetch_letters};
    cr_assert(contig->letters.length > 0, "%s has no %s", path, name);
    golden_free(&lines);
    return contig;
}

static inline void free_contig(struct contig_letters *contig) {
    text_free(&contig->letters);
    free(contig);
}

#endif
