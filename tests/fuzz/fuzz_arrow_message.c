/* SPDX-License-Identifier: MIT
 *
 * The readers of Arrow messages.  An even first byte: the rest is a schema message; odd: a record
 * batch of full-alignment windows or, from 128 on, of calls. */
#include "adapters/arrow_reader.h"
#include "plugin/streams.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile int64_t sink; /* so that values are looked at */

static void look_at(const struct runnel_batch *batch) {
    for (int64_t row = 0; row < runnel_rows(batch); row++)
        for (int64_t c = 0; c < batch->schema->n_children; c++) {
            const char *format = batch->schema->children[c]->format;
            int64_t length = 0;
            const char *bytes = format[0] == '+'   ? runnel_list(batch, c, row, &length)
                                : format[0] == 'u' ? runnel_text(batch, c, row, &length)
                                                   : NULL;
            if (length > 0)
                sink += bytes[0] + bytes[length - 1];
            sink += runnel_is_null(batch, c, row) + runnel_integer(batch, c, row) % 3;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct failure why = {0};
    struct ArrowSchema schema;
    struct ArrowArray array;
    if (size == 0)
        return 0;
    if (data[0] % 2 == 0) {
        if (arrow_read_schema(&schema, data + 1, size - 1, &why) == STATUS_OK)
            schema.release(&schema);
        else if (why.text[0] == '\0')
            abort();
        return 0;
    }
    const struct stream *stream = data[0] < 128 ? &FULL_STREAM : &CALLS_STREAM;
    if (arrow_schema_make(&schema, stream->fields, stream->count, NULL, NULL) != STATUS_OK)
        return 0;
    if (arrow_read_batch(&array, data + 1, size - 1, &schema, &why) == STATUS_OK) {
        struct runnel_batch *batch = runnel_batch_new(RUNNEL_DATA, stream->type, &schema, &array);
        if (batch == NULL)
            abort();
        look_at(batch);
        batch->release(batch);
        return 0;
    }
    if (why.text[0] == '\0')
        abort();
    schema.release(&schema);
    return 0;
}
