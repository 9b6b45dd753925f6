/* SPDX-License-Identifier: MIT
 *
 * A line whose first stages run over pieces of the genome side by side, where the reads have an
 * index:
 *
 *     reads ! pileup  (piece 1) \
 *     reads ! pileup  (piece 2)  > ! caller ! spool
 *     reads ! pileup  (piece 3) /
 *
 * What the pieces give goes on in their order, and of each piece only what lies in it, so that what
 * follows sees what one pass over the whole would have given it.  A piece that is ahead of its turn
 * waits when PIECE_BATCHES are ready; memory depends on how many run at a time. */
#ifndef PLUGIN_HOST_PIECES_H
#define PLUGIN_HOST_PIECES_H

#include "plugin/host/lanes.h"

enum { PIECE_READS = 64 }; /* where reads are few, pieces are longer, so that they have as many */
enum { PIECE_BASES = 250000, PIECE_BATCHES = 16, PIECE_TEXT = 8192 };

struct piece {
    char *regions; /* as the stages' option takes them, separated by blanks; below PIECE_TEXT */
    /* What of its rows is given on: those of [begin, end] (1-based) of this contig, or, where the
     * piece is made of whole contigs (contig -1), all. */
    int64_t contig, begin, end;
};

struct pieces {
    size_t count;
    struct piece *list;
};

/* Cuts the contigs of the reads' header, in its order, into pieces of at most PIECE_BASES, short
 * contigs together.  None (count 0) where there is no index beside the file, where the index is
 * older than the file or that of other reads, or where all is one piece. */
int pieces_cut(struct pieces *pieces, const char *path, const char *reference, struct failure *why);
void pieces_free(struct pieces *pieces);

/* Builds the first stages (a source and one that gives runnel.pileup/1) for some regions. */
typedef int pieces_build(struct line *line, const char *regions, const void *with,
                         struct failure *why);

struct pieces_order {
    const struct pieces *pieces;
    size_t at_a_time;
    pieces_build *build;
    const void *with;
};

/* Runs `rest`, the stages behind, on what the pieces give.  `books` are those of one line with
 * the built stages, their totals added up (a read that reaches into two pieces counts in both),
 * before the rest. */
int line_run_pieces(const struct pieces_order *order, const struct line *rest,
                    const struct run_watch *watch, struct books *books, struct failure *why);

#endif
