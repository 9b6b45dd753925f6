/* SPDX-License-Identifier: MIT
 *
 * Rows of runnel.reads/1.  A batch may come from a stranger, so lengths that contradict each
 * other are refused here; what a CIGAR claims is core's to check. */
#include "plugin/read_rows.h"

#include <stdlib.h>
#include <string.h>

static int copy_name(struct read_row *row, const char *name, int64_t length, struct failure *why) {
    size_t size = (size_t)length + 1;
    if (size > row->room) {
        char *room = realloc(row->name, 2 * size);
        if (room == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for a read's name");
        row->name = room;
        row->room = 2 * size;
    }
    memcpy(row->name, name, (size_t)length);
    row->name[length] = '\0';
    return STATUS_OK;
}

int read_row_get(struct read_row *row, const struct runnel_batch *batch, int64_t at,
                 struct failure *why) {
    int64_t name_length, operations, packed, quality_length, moves = 0;
    const char *name = runnel_text(batch, READS_NAME, at, &name_length);
    if (copy_name(row, name, name_length, why) != STATUS_OK)
        return why ? why->code : STATUS_NO_MEMORY;
    struct alignment *out = &row->alignment;
    *out = (struct alignment){
        .name = row->name,
        .position = runnel_integer(batch, READS_POSITION, at) - 1,
        .flag = (uint16_t)runnel_integer(batch, READS_FLAG, at),
        .mapq = (uint8_t)runnel_integer(batch, READS_MAPQ, at),
        .haplotype =
            runnel_is_null(batch, READS_HP, at) ? 0 : (int8_t)runnel_integer(batch, READS_HP, at),
        .cigar = runnel_list(batch, READS_CIGAR, at, &operations),
        .length = (int32_t)runnel_integer(batch, READS_LENGTH, at),
        .sequence = (const uint8_t *)runnel_text(batch, READS_SEQUENCE, at, &packed),
        .qualities = (const uint8_t *)runnel_text(batch, READS_QUALITIES, at, &quality_length),
    };
    out->cigar_count = (size_t)operations;
    if (!runnel_is_null(batch, READS_MOVES, at)) {
        out->moves = (const uint8_t *)runnel_text(batch, READS_MOVES, at, &moves);
        out->move_count = (size_t)moves;
    }
    int64_t letters;
    row->origin = (struct read_origin){.channel = -1};
    if (!runnel_is_null(batch, READS_START_TIME, at)) {
        row->origin.start_time = runnel_text(batch, READS_START_TIME, at, &letters);
        row->origin.start_time_length = (size_t)letters;
    }
    if (!runnel_is_null(batch, READS_CHANNEL, at))
        row->origin.channel = (int32_t)runnel_integer(batch, READS_CHANNEL, at);
    if (out->length < 0 || packed != (out->length + 1) / 2 || quality_length != out->length)
        return fail(why, STATUS_BAD_INPUT,
                    "read %s: length %d, but %lld bytes of sequence and %lld qualities", row->name,
                    out->length, (long long)packed, (long long)quality_length);
    return STATUS_OK;
}

void read_row_free(struct read_row *row) {
    free(row->name);
    row->name = NULL;
    row->room = 0;
}

static void put_or_null(struct arrow_table *table, size_t column, const void *bytes,
                        size_t length) {
    if (bytes != NULL)
        arrow_put_bytes(table, column, bytes, length);
    else
        arrow_put_null(table, column);
}

int read_row_put(struct arrow_table *table, const struct alignment *a, const char *contig,
                 const struct read_origin *origin, struct failure *why) {
    size_t length = (size_t)a->length;
    bool unaligned = contig[0] == '\0';
    arrow_put_text(table, READS_CONTIG, contig);
    arrow_put_integer(table, READS_POSITION, unaligned ? 0 : a->position + 1);
    arrow_put_integer(table, READS_FLAG, a->flag);
    arrow_put_integer(table, READS_MAPQ, a->mapq);
    arrow_put_text(table, READS_NAME, a->name);
    arrow_put_list(table, READS_CIGAR, a->cigar, unaligned ? 0 : a->cigar_count);
    arrow_put_integer(table, READS_LENGTH, a->length);
    arrow_put_bytes(table, READS_SEQUENCE, a->sequence, (length + 1) / 2);
    arrow_put_bytes(table, READS_QUALITIES, a->qualities, length);
    if (a->haplotype != 0)
        arrow_put_integer(table, READS_HP, a->haplotype);
    else
        arrow_put_null(table, READS_HP);
    put_or_null(table, READS_MOVES, a->moves, a->move_count);
    put_or_null(table, READS_START_TIME, origin->start_time, origin->start_time_length);
    if (origin->channel > 0)
        arrow_put_integer(table, READS_CHANNEL, origin->channel);
    else
        arrow_put_null(table, READS_CHANNEL);
    return arrow_table_end_row(table, why);
}
