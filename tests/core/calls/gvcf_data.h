/* SPDX-License-Identifier: MIT
 *
 * Golden blocks as core sees them: sources of blocks from lines, a sink that collects lines. */
#ifndef TESTS_CORE_CALLS_GVCF_DATA_H
#define TESTS_CORE_CALLS_GVCF_DATA_H

#include "core/calls/gvcf_original.h"
#include "tests/core/calls/contig.h"
#include "tests/core/calls/runs.h"

/* "chr POS . REF <NON_REF> 0 . END=e GT:GQ:MIN_DP:PL gt:gq:dp:pl" */
static inline struct block parse_block(const char *line) {
    struct block block = {0};
    char genotype[8];
    long long begin, end, depth;
    int got = sscanf(line,
                     "%*s %lld . %c <NON_REF> 0 . END=%lld GT:GQ:MIN_DP:PL "
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

#endif
