/* SPDX-License-Identifier: MIT
 *
 * A shared object for Python's ctypes: makes a batch of calls for pyarrow to import, and looks at
 * what pyarrow exports through the accessors of the contract. */
#include "adapters/arrow_reader.h"
#include "adapters/arrow_writer.h"
#include "core/calls/record.h"
#include "plugin/call_rows.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 50 };

/* Moves ROWS calls into structs that the caller provides. */
RUNNEL_EXPORT int make(struct ArrowSchema *schema, struct ArrowArray *array) {
    static char name[] = "chr1";
    struct arrow_table *table = NULL;
    struct call call = {0};
    int status = arrow_table_new(&table, CALLS_STREAM.fields, CALLS_STREAM.count, NULL);
    for (int row = 0; status == STATUS_OK && row < ROWS; row++) {
        char line[256];
        snprintf(line, sizeof line, "%s\t%d\t.\tA\t%s\t%d.25\tPASS\tP\tGT:GQ:DP:AD:AF\t0/1:%d:30:%d,7:0.2500",
                 name, 100 + row, row % 2 ? "G" : "AT,C", row, row, row);
        status = record_parse(&call, name, line, NULL);
        if (status == STATUS_OK)
            status = call_row_put(table, &call, NULL);
    }
    if (status == STATUS_OK)
        status = arrow_schema_make(schema, CALLS_STREAM.fields, CALLS_STREAM.count, NULL, NULL);
    if (status == STATUS_OK)
        status = arrow_table_take(table, array, NULL);
    arrow_table_free(table);
    call_free(&call);
    return status;
}

/* The number of rows that came back as they were made, from row `first` on; takes the structs. */
RUNNEL_EXPORT long check(struct ArrowSchema *schema, struct ArrowArray *array, int first) {
    struct runnel_batch *batch = runnel_batch_new(RUNNEL_DATA, CALLS_STREAM.type, schema, array);
    struct failure why = {0};
    long good = 0;
    if (stream_check(batch, &CALLS_STREAM, &why) != STATUS_OK)
        fprintf(stderr, "%s\n", why.text);
    else
        for (int64_t row = 0; row < runnel_rows(batch); row++) {
            int64_t made = row + first, length, items;
            const char *alt = runnel_text(batch, CALLS_ALTERNATES, row, &length);
            const int32_t *ad = runnel_list(batch, CALLS_AD, row, &items);
            good += runnel_integer(batch, CALLS_POSITION, row) == 100 + made &&
                    length == (made % 2 ? 1 : 4) && alt[0] == (made % 2 ? 'G' : 'A') && items == 2 &&
                    ad[0] == made && runnel_real(batch, CALLS_QUAL, row) == (double)made + 0.25 &&
                    runnel_is_null(batch, CALLS_PHASE_SET, row);
        }
    batch->release(batch);
    return good;
}

struct bytes {
    uint8_t *data; /* nobody frees them */
    size_t size;
};

/* The same rows as messages that travel: a schema with metadata, and the batch. */
RUNNEL_EXPORT int make_messages(struct bytes *header, struct bytes *rows) {
    static const char *const KEYS[] = {"sample", "contigs"}, *const VALUES[] = {"HG002", "chr1\t1000\n"};
    struct ArrowSchema schema, announced;
    struct ArrowArray array;
    char *metadata = arrow_metadata(KEYS, VALUES, 2);
    int status = make(&schema, &array);
    if (status == STATUS_OK)
        status = arrow_schema_make(&announced, CALLS_STREAM.fields, CALLS_STREAM.count, metadata, NULL);
    if (status == STATUS_OK)
        status = arrow_write_schema(&header->data, &header->size, &announced, NULL);
    if (status == STATUS_OK)
        status = arrow_write_batch(&rows->data, &rows->size, &schema, &array, NULL);
    announced.release(&announced);
    schema.release(&schema);
    array.release(&array);
    free(metadata);
    return status;
}

/* check() for messages that pyarrow wrote; -1 where they are refused. */
RUNNEL_EXPORT long check_messages(const void *header, size_t header_size, const void *rows, size_t rows_size,
                                  int first) {
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct failure why = {0};
    if (arrow_read_schema(&schema, header, header_size, &why) == STATUS_OK) {
        if (arrow_read_batch(&array, rows, rows_size, &schema, &why) == STATUS_OK)
            return check(&schema, &array, first);
        schema.release(&schema);
    }
    fprintf(stderr, "%s\n", why.text);
    return -1;
}
