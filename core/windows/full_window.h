/* SPDX-License-Identifier: MIT
 *
 * Full-alignment windows from alignments and sites in one pass (specification of windows, part
 * 2).  Sites and alignments of a contig are added in ascending order, each kind by itself; they
 * may be interleaved in any way.  A window can be pulled once an alignment that begins behind it
 * was added.  Reads are kept as long as a site may still come that they reach:
 *
 *     full_windows_new(&stream, &options, &why);
 *     for each contig:
 *         full_windows_begin(stream, &reference, snps, snp_count);
 *         in any order: full_windows_add_site(stream, position, &why);
 *                       full_windows_add(stream, &alignment, &why);
 *                       full_windows_no_site_before(stream, position);
 *         and behind each: while (full_windows_pull(stream, &window, &why) == STATUS_OK)
 *                              use(&window);
 *         full_windows_end(stream);
 *         while (full_windows_pull(stream, &window, &why) == STATUS_OK)
 *             use(&window);
 *     full_windows_free(stream);
 *
 * A window depends on the alignments that reach into it (and, for their haplotypes, on the SNPs
 * below those) and on nothing else, unless `compatible` is set. */
#ifndef CORE_WINDOWS_FULL_WINDOW_H
#define CORE_WINDOWS_FULL_WINDOW_H

#include "core/status.h"
#include "core/windows/alignment.h"
#include "core/windows/haplotag.h"
#include "core/windows/read_filter.h"
#include "core/windows/reference.h"
#include "core/windows/shape.h"

#include <stdbool.h>

struct full_windows; /* the stream */

enum full_phasing {
    FULL_UNPHASED, /* all haplotypes are 0 */
    FULL_BY_SNPS,  /* reads are tagged by the phased SNPs of the contig (2.3) */
    FULL_BY_TAGS   /* alignment.haplotype is taken as it is */
};

struct full_options {
    int rows;   /* FULL_ROWS_ONT or FULL_ROWS_HIFI, or any from 1 to 255 */
    bool dwell; /* FULL_CHANNELS_DWELL channels; needs alignment.moves */
    int min_mq;
    bool enable_long_indel;
    enum full_phasing phasing;
    /* The original's own draws: one random generator for a list of FULL_LIST_SITES sites of a
     * contig (4.5), and repeated names looked for in the whole list (4.6).  All sites of a contig
     * must then be added before its first alignment.  Default: a fresh generator per window. */
    bool compatible;
};

enum {
    FULL_LIST_SITES = 10000,
    /* Of more reads over one window this many are used: those whose names hash lowest. */
    FULL_DEPTH_MAX = 10000
};

/* For ONT, unphased, without dwell. */
extern const struct full_options full_options_default;

struct full_window {
    const int8_t *tensor;  /* rows x WINDOW_WIDTH x channels */
    int rows, channels;    /* as in the options */
    int first_row;         /* the used rows are [first_row, first_row + used_rows); the others */
    int used_rows;         /* are 0 */
    int64_t position;      /* of the site, 0-based */
    const char *reference; /* WINDOW_WIDTH letters as in the FASTA file, NUL-terminated; the
                              site's is number WINDOW_FLANK; 'N' beyond the contig */
    const char *alt_info;  /* 2.9, NUL-terminated */
    uint32_t depth;        /* the number that alt_info begins with */
};

struct full_books {
    struct read_books reads;
    uint64_t sites;        /* added */
    uint64_t windows;      /* drawn; equal to sites when all are pulled after the end */
    uint64_t deeper;       /* windows with more reads than rows */
    uint64_t at_limit;     /* windows that use FULL_DEPTH_MAX reads: there may be more */
    uint64_t haplotype[3]; /* used reads by haplotype 0 (none), 1, 2 */
};

int full_windows_new(struct full_windows **out, const struct full_options *options,
                     struct failure *why);
void full_windows_free(struct full_windows *stream); /* accepts NULL */

/* Begins a contig and forgets the one before.  `reference` is copied; its source, from which nobody
 * else may fetch meanwhile, and the SNPs (ascending; looked at only with FULL_BY_SNPS) are lent
 * until the next begin. */
void full_windows_begin(struct full_windows *stream, const struct reference *reference,
                        const struct phased_snp *snps, size_t snp_count);

/* A site, 0-based; not before the last one, nor before what was promised. */
int full_windows_add_site(struct full_windows *stream, int64_t position, struct failure *why);

/* Promises that no later site lies before `position`, so that reads can be let go. */
void full_windows_no_site_before(struct full_windows *stream, int64_t position);

/* The next alignment of the contig, in sorted order; what is needed of it is copied.  Any may be
 * added: those that 2.1 refuses are counted by reason. */
int full_windows_add(struct full_windows *stream, const struct alignment *alignment,
                     struct failure *why);

/* No alignment begins before `position` any more: as if one at `position` had been added. */
void full_windows_no_alignment_before(struct full_windows *stream, int64_t position);

/* No more alignments and no more sites come for this contig. */
void full_windows_end(struct full_windows *stream);

/* STATUS_OK: `out` is the window of the next site, borrowed until the next call for this stream.
 * STATUS_END: none is ready. */
int full_windows_pull(struct full_windows *stream, struct full_window *out, struct failure *why);

/* No later window lies before this position (0-based): that of the next window, or, where no site
 * waits for its reads, what was promised.  Looked at when pull has said STATUS_END. */
int64_t full_windows_mark(const struct full_windows *stream);

/* Reads held at present, for tests of bounded memory. */
size_t full_windows_held(const struct full_windows *stream);

/* Sums over all contigs so far. */
const struct full_books *full_windows_books(const struct full_windows *stream);

#endif
