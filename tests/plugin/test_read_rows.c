/* SPDX-License-Identifier: MIT */
#include "plugin/read_rows.h"

#include <criterion/criterion.h>

static struct runnel_batch *one_read(int64_t length, size_t packed, size_t qualities, bool moves) {
    static const uint8_t bytes[64] = {0x12, 0x48};
    static const uint32_t cigar[] = {3 << 4};
    struct arrow_table *table = NULL;
    arrow_table_new(&table, READS_STREAM.fields, READS_STREAM.count, NULL);
    arrow_put_text(table, READS_CONTIG, "chr1");
    arrow_put_integer(table, READS_POSITION, 101);
    arrow_put_integer(table, READS_FLAG, 16);
    arrow_put_integer(table, READS_MAPQ, 60);
    arrow_put_text(table, READS_NAME, "a rather long name of a read");
    arrow_put_list(table, READS_CIGAR, cigar, 1);
    arrow_put_integer(table, READS_LENGTH, length);
    arrow_put_bytes(table, READS_SEQUENCE, bytes, packed);
    arrow_put_bytes(table, READS_QUALITIES, bytes, qualities);
    arrow_put_integer(table, READS_HP, 2);
    if (moves)
        arrow_put_bytes(table, READS_MOVES, bytes, 9);
    else
        arrow_put_null(table, READS_MOVES);
    if (moves) {
        arrow_put_text(table, READS_START_TIME, "2024-01-01");
        arrow_put_integer(table, READS_CHANNEL, 512);
    } else {
        arrow_put_null(table, READS_START_TIME);
        arrow_put_null(table, READS_CHANNEL);
    }
    arrow_table_end_row(table, NULL);
    struct runnel_batch *batch = stream_data(&READS_STREAM, table, NULL);
    arrow_table_free(table);
    return batch;
}

Test(read_rows, a_row_becomes_an_alignment) {
    struct read_row row = {0};
    struct failure why = {0};
    struct runnel_batch *batch = one_read(3, 2, 3, true);
    cr_assert_eq(stream_check(batch, &READS_STREAM, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(read_row_get(&row, batch, 0, &why), STATUS_OK, "%s", why.text);
    cr_expect_eq(row.alignment.position, 100, "rows are 1-based, alignments 0-based");
    cr_expect_eq(row.alignment.flag, 16);
    cr_expect_eq(row.alignment.haplotype, 2);
    cr_expect_str_eq(row.alignment.name, "a rather long name of a read");
    cr_expect(row.alignment.cigar_count == 1 && row.alignment.cigar[0] == 3 << 4);
    cr_expect(row.alignment.move_count == 9 && row.alignment.moves[0] == 0x12);
    cr_expect_eq(row.alignment.sequence[1], 0x48);
    cr_expect_eq(row.origin.channel, 512);
    cr_expect(row.origin.start_time_length == 10 &&
              memcmp(row.origin.start_time, "2024-01-01", 10) == 0);
    batch->release(batch);
    read_row_free(&row);
}

Test(read_rows, lengths_that_contradict_are_refused) {
    const int64_t cases[][3] = {{3, 1, 3}, {3, 2, 2}, {-1, 0, 0}, {3, 3, 3}};
    for (size_t i = 0; i < 4; i++) {
        struct read_row row = {0};
        struct failure why = {0};
        struct runnel_batch *batch =
            one_read(cases[i][0], (size_t)cases[i][1], (size_t)cases[i][2], false);
        cr_expect_neq(read_row_get(&row, batch, 0, &why), STATUS_OK, "case %zu", i);
        batch->release(batch);
        read_row_free(&row);
    }
}

/* What is put comes back; a read that is not aligned has no place. */
Test(read_rows, put_and_got_back) {
    for (int aligned = 0; aligned < 2; aligned++) {
        struct read_row row = {0}, again = {0};
        struct failure why = {0};
        struct arrow_table *table;
        struct runnel_batch *batch = one_read(3, 2, 3, aligned);
        cr_assert_eq(read_row_get(&row, batch, 0, &why), STATUS_OK, "%s", why.text);
        arrow_table_new(&table, READS_STREAM.fields, READS_STREAM.count, NULL);
        cr_assert_eq(read_row_put(table, &row.alignment, aligned ? "chr1" : "", &row.origin, &why),
                     STATUS_OK, "%s", why.text);
        struct runnel_batch *back = stream_data(&READS_STREAM, table, NULL);
        cr_assert_eq(read_row_get(&again, back, 0, &why), STATUS_OK, "%s", why.text);
        int64_t length;
        runnel_text(back, READS_CONTIG, 0, &length);
        cr_expect_eq(length, aligned ? 4 : 0);
        cr_expect_eq(again.alignment.position, aligned ? 100 : -1);
        cr_expect_eq(again.alignment.cigar_count, (size_t)aligned);
        cr_expect_str_eq(again.alignment.name, row.alignment.name);
        cr_expect(again.alignment.flag == 16 && again.alignment.haplotype == 2);
        cr_expect_arr_eq(again.alignment.sequence, row.alignment.sequence, 2);
        cr_expect_arr_eq(again.alignment.qualities, row.alignment.qualities, 3);
        cr_expect_eq(again.alignment.move_count, aligned ? 9 : 0);
        cr_expect_eq(again.origin.channel, aligned ? 512 : -1);
        cr_expect_eq(again.origin.start_time_length, aligned ? 10 : 0);
        batch->release(batch);
        back->release(back);
        arrow_table_free(table);
        read_row_free(&row);
        read_row_free(&again);
    }
}
