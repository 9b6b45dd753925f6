/* SPDX-License-Identifier: MIT
 *
 * Batches of small made-up reads, for tests. */
#ifndef TESTS_PLUGIN_READS_H
#define TESTS_PLUGIN_READS_H

#include "plugin/read_rows.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* `count` reads r0, r1, ... that begin at `first`, first + 1, ...; all have HP 1. */
static inline struct runnel_batch *batch_of_reads(int64_t first, size_t count) {
    static const uint8_t bytes[64] = {0x12, 0x48};
    static const uint32_t cigar[] = {20 << 4};
    struct arrow_table *table = NULL;
    cr_assert_eq(arrow_table_new(&table, READS_STREAM.fields, READS_STREAM.count, NULL), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "r%zu", i);
        const struct alignment a = {.name = name,
                                    .position = first + (int64_t)i,
                                    .mapq = 60,
                                    .haplotype = 1,
                                    .cigar_count = 1,
                                    .cigar = cigar,
                                    .length = 20,
                                    .sequence = bytes,
                                    .qualities = bytes};
        read_row_put(table, &a, "one", &(struct read_origin){.channel = -1}, NULL);
    }
    struct runnel_batch *batch = stream_data(&READS_STREAM, table, NULL);
    batch->mark_contig = 2;
    batch->mark_position = first;
    arrow_table_free(table);
    return batch;
}

#endif
