/* SPDX-License-Identifier: MIT */
#include "plugin/batch_file.h"
#include "tests/plugin/reads.h"

#include <stdlib.h>

static struct batch_file *open_file(void) {
    struct batch_file *file;
    struct failure why = {0};
    cr_assert_eq(batch_file_open(&file, &READS_STREAM, NULL, &why), STATUS_OK, "%s", why.text);
    return file;
}

static void put(struct batch_file *file, int64_t first, size_t count) {
    struct failure why = {0};
    struct runnel_batch *batch = batch_of_reads(first, count);
    cr_assert_eq(batch_file_put(file, batch, &why), STATUS_OK, "%s", why.text);
    batch->release(batch);
}

static void expect_next(struct batch_file *file, int64_t first, size_t count) {
    struct failure why = {0};
    struct read_row row = {0};
    struct runnel_batch *batch = batch_file_take(file, &why);
    cr_assert_not_null(batch, "%s", why.text);
    cr_assert_eq(stream_check(batch, &READS_STREAM, &why), STATUS_OK, "%s", why.text);
    cr_expect_eq(runnel_rows(batch), (int64_t)count);
    cr_expect(batch->mark_contig == 2 && batch->mark_position == first);
    for (int64_t i = 0; i < runnel_rows(batch); i++) {
        cr_assert_eq(read_row_get(&row, batch, i, &why), STATUS_OK, "%s", why.text);
        cr_expect_eq(row.alignment.position, first + i);
        cr_expect_eq(row.alignment.haplotype, 1);
        cr_expect_eq(row.alignment.sequence[1], 0x48);
    }
    batch->release(batch);
    read_row_free(&row);
}

Test(batch_file, first_in_first_out) {
    struct batch_file *file = open_file();
    put(file, 10, 3);
    put(file, 20, 0);
    expect_next(file, 10, 3);
    put(file, 30, 500);
    expect_next(file, 20, 0);
    expect_next(file, 30, 500);
    put(file, 40, 1);
    expect_next(file, 40, 1);
    batch_file_close(file);
}

Test(batch_file, what_is_not_there) {
    struct batch_file *file = open_file();
    struct failure why = {0};
    cr_expect_null(batch_file_take(file, &why));
    cr_expect_neq(why.code, STATUS_OK);
    batch_file_close(file);
    batch_file_close(NULL);
    cr_expect_neq(batch_file_open(&file, &READS_STREAM, "/tmp/no such folder", &why), STATUS_OK);
    cr_expect_null(file);
}
