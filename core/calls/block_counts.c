/* SPDX-License-Identifier: MIT
 *
 * Letters are fetched in pieces, so that a long hole needs no long text. */
#include "core/calls/block_counts.h"

enum { PIECE = 1 << 16 };

int blocks_add_counts(struct blocks *blocks, struct reference *reference, int64_t begin,
                      int64_t end, const struct pileup_column_counts *counts, size_t count,
                      struct failure *why) {
    size_t next = 0;
    int status = STATUS_OK;
    for (int64_t piece = begin; piece < end && status == STATUS_OK; piece += PIECE) {
        int64_t piece_end = end - piece < PIECE ? end : piece + PIECE;
        const char *letters = reference->fetch(reference->source, piece, piece_end, why);
        if (letters == NULL)
            return why && why->code ? why->code : STATUS_IO;
        for (int64_t at = piece; at < piece_end && status == STATUS_OK; at++) {
            bool listed = next < count && counts[next].position == at;
            int64_t reference_reads = listed ? counts[next].ref_count : 0;
            int64_t reads = listed ? counts[next].total_count : 0;
            next += listed;
            status = blocks_add(blocks, at + 1, letters[at - piece], reference_reads, reads, why);
        }
    }
    return status;
}
