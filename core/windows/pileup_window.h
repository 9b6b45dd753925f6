/* SPDX-License-Identifier: MIT
 *
 * Pileup windows from alignments in one pass (specification of windows, part 1).  Add the
 * alignments of a contig in their sorted order and pull the windows that no later read can
 * change.  What is held depends on depth and read length, not on the contig.
 *
 *     pileup_windows_new(&stream, &options, &why);
 *     for each contig:
 *         pileup_windows_begin(stream, &reference, targets or NULL, &why);
 *         for each alignment of it:
 *             pileup_windows_add(stream, &alignment, &why);
 *             while (pileup_windows_pull(stream, &window, &why) == STATUS_OK)
 *                 use(&window);
 *         pileup_windows_end(stream);
 *         while (pileup_windows_pull(stream, &window, &why) == STATUS_OK)
 *             use(&window);
 *     pileup_windows_free(stream);
 *
 * A part of a contig gives exactly the windows that the whole gives there: set `begin` and `end`
 * in the targets, add every alignment that overlaps [begin - WINDOW_FLANK, ...) and go on until
 * pileup_windows_done (or the contig's end).  */
#ifndef CORE_WINDOWS_PILEUP_WINDOW_H
#define CORE_WINDOWS_PILEUP_WINDOW_H

#include "core/status.h"
#include "core/windows/alignment.h"
#include "core/windows/read_filter.h"
#include "core/windows/reference.h"
#include "core/windows/shape.h"

#include <stdbool.h>

struct pileup_windows; /* the stream */

struct pileup_options { /* 1.11; start from pileup_options_default */
    float snp_min_af;   /* 0 is taken as it is, not as "default" */
    float indel_min_af;
    int min_mq;
    int min_coverage;
    bool call_snp_only;
    bool enable_long_indel;
    bool head_and_tail;
    bool any_order; /* alignments come in any order; see pileup_windows_redraw */
    bool gvcf;      /* keep the counts of 1.12 for pileup_windows_take_counts */
};

/* For ONT.  HiFi and Illumina differ in indel_min_af: 0.08. */
extern const struct pileup_options pileup_options_default;

struct interval {
    int64_t begin; /* 0-based */
    int64_t end;   /* exclusive */
};

/* Where windows are wanted on this contig.  The arrays are lent until the next begin. */
struct pileup_targets {
    int64_t begin, end; /* only candidates in [begin, end); the whole contig: 0, INT64_MAX */
    bool has_bed;       /* only candidates near these lines of a BED file, */
    const struct interval *bed; /* as in the file, sorted by begin */
    size_t bed_count;
    bool has_sites;       /* only candidates at these known sites, */
    const int64_t *sites; /* 1-based positions, ascending */
    size_t site_count;
};

struct pileup_window {
    const int32_t *tensor; /* WINDOW_WIDTH x PILEUP_CHANNELS; not scaled for depth */
    int64_t position;      /* of the candidate, 0-based */
    const char *reference; /* WINDOW_WIDTH letters as in the FASTA file, NUL-terminated; the
                              candidate's is number WINDOW_FLANK; 'N' beyond the contig */
    const char *alt_info;  /* 1.8, NUL-terminated */
    uint32_t depth;        /* the number that alt_info begins with */
};

struct pileup_column_counts { /* 1.12 */
    int64_t position;         /* 0-based */
    uint32_t ref_count;
    uint32_t total_count;
};

struct pileup_books {
    struct read_books reads;
    uint64_t columns;    /* positions with coverage */
    uint64_t candidates; /* by 1.6 in [begin, end); the sum of the following five */
    uint64_t windows;
    uint64_t outside_targets; /* not at a known site, or far from the BED file's lines */
    uint64_t near_edge;       /* too few covered columns around */
    uint64_t empty_column;    /* a column of the window has no counts at all */
    uint64_t pending;         /* not decided yet; 0 when all are pulled after the end */
};

int pileup_windows_new(struct pileup_windows **out, const struct pileup_options *options,
                       struct failure *why);
void pileup_windows_free(struct pileup_windows *stream); /* accepts NULL */

/* Begins a contig and forgets the one before.  `reference` is copied, its source is lent until
 * the next begin, and nobody else may fetch from it meanwhile.  `targets` NULL: everywhere. */
int pileup_windows_begin(struct pileup_windows *stream, const struct reference *reference,
                         const struct pileup_targets *targets, struct failure *why);

/* Adds the next alignment of the contig; nothing of it is kept.  Any alignment may be added: those
 * that 1.1 refuses are counted by reason.  The windows that are ready must have been pulled
 * before.  An alignment that begins before the last one is a failure, unless any_order is set. */
int pileup_windows_add(struct pileup_windows *stream, const struct alignment *alignment,
                       struct failure *why);

/* No more alignments come for this contig: what was not drawn can be pulled. */
void pileup_windows_end(struct pileup_windows *stream);

/* With any_order, behind begin: columns are kept only around [begin, end) and around those of the
 * calls before; windows must not be asked for elsewhere. */
int pileup_windows_want(struct pileup_windows *stream, int64_t begin, int64_t end,
                        struct failure *why);

/* With any_order: windows are not drawn as reads come but when asked for.  After this call, pull
 * gives the windows of [begin, end) as the reads added so far make them; then more may be added,
 * and any part drawn again.  Reads that begin at one position count in the order of their names and
 * flags, so that the order in which they came does not matter. */
void pileup_windows_redraw(struct pileup_windows *stream, int64_t begin, int64_t end);

/* STATUS_OK: `out` is the next window, by position, borrowed until the next call for this stream.
 * STATUS_END: none is ready. */
int pileup_windows_pull(struct pileup_windows *stream, struct pileup_window *out,
                        struct failure *why);

/* No later window lies before this position (0-based): INT64_MAX when all of the contig are
 * out.  Looked at when pull has said STATUS_END. */
int64_t pileup_windows_mark(const struct pileup_windows *stream);

/* Every window of [begin, end) is out: no need to add more. */
bool pileup_windows_done(const struct pileup_windows *stream);

/* The counts of the columns in [begin, end) finished since the last call, ascending; columns
 * without coverage are not listed (both counts are 0 there).  Borrowed until the next call for
 * this stream.  Take them as often as you pull, since they are kept until taken. */
const struct pileup_column_counts *pileup_windows_take_counts(struct pileup_windows *stream,
                                                              size_t *count);

/* Sums over all contigs so far. */
const struct pileup_books *pileup_windows_books(const struct pileup_windows *stream);

#endif
