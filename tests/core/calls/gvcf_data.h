/* SPDX-License-Identifier: MIT
 *
 * Golden blocks and references as core sees them: sources of blocks from lines, a contig from
 * a FASTA file, a sink that collects lines. */
#ifndef TESTS_CORE_CALLS_GVCF_DATA_H
#define TESTS_CORE_CALLS_GVCF_DATA_H

#include "core/calls/gvcf_original.h"
#include "tests/core/calls/runs.h"

/* "chr POS . REF <NON_REF> 0 . END=e GT:GQ:MIN_DP:PL gt:gq:dp:pl" */
static inline struct block parse_block(const char *line) {
    struct block block = {0};
    char genotype[8];
    long long begin, end, depth;
    int got = sscanf(line, "%*s %lld . %c <NON_REF> 0 . END=%lld GT:GQ:MIN_DP:PL "
                           "%7[^:]:%d:%lld:%d,%d,%d",
                     &begin, &block.reference, &end, genotype, &block.gq, &depth, &block.pl[0],
                     &block.pl[1], &block.pl[2]);
    cr_assert_eq(got, 9, "%s", line);
    block.begin = begin;
    block.end = end;
    block.min_depth = depth;
    block.is_reference = strcmp(genotype, "0/0") == 0;
    return block;
}

/* Lines [at, end) of a file, as a source. */
struct block_lines {
    char **line;
    size_t at, end;
};

static inline int next_block_line(void *from, struct block *block, struct failure *why) {
    struct block_lines *lines = from;
    (void)why;
    if (lines->at == lines->end)
        return STATUS_END;
    *block = parse_block(lines->line[lines->at++]);
    return STATUS_OK;
}

static inline int collect_line(void *to, const char *line, size_t length, struct failure *why) {
    (void)why;
    text_append(to, line, length);
    return STATUS_OK;
}

/* One contig of a FASTA file in memory. */
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
