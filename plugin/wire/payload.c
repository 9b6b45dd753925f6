/* SPDX-License-Identifier: MIT
 *
 * Arrow messages with a type. */
#include "plugin/wire/payload.h"

#include "adapters/arrow_reader.h"
#include "adapters/arrow_writer.h"

static const struct stream *find_stream(const char *type, const struct stream *const *streams) {
    for (; *streams != NULL; streams++)
        if (strcmp((*streams)->type, type) == 0)
            return *streams;
    return NULL;
}

/* The schema with its type among the facts. */
static int write_open(uint8_t **bytes, size_t *size, const struct runnel_batch *batch,
                      struct failure *why) {
    const struct stream *const ours[] = {&READS_STREAM, &PILEUP_STREAM,  &FULL_STREAM,
                                         &CALLS_STREAM, &TARGETS_STREAM, NULL};
    const struct stream *stream = find_stream(batch->type, ours);
    if (stream == NULL)
        return fail(why, STATUS_UNSUPPORTED, "streams of type %s do not travel", batch->type);
    const struct stream_fact fact = {"stream", batch->type};
    struct runnel_batch *typed = stream_open(stream, batch, &fact, 1, why);
    if (typed == NULL)
        return STATUS_NO_MEMORY;
    int status = arrow_write_schema(bytes, size, typed->schema, why);
    typed->release(typed);
    return status;
}

int payload_write(uint8_t **bytes, size_t *size, const struct runnel_batch *batch,
                  struct failure *why) {
    if (batch->kind == RUNNEL_OPEN)
        return write_open(bytes, size, batch, why);
    return arrow_write_batch(bytes, size, batch->schema, batch->array, why);
}

struct runnel_batch *payload_read_open(const void *bytes, size_t size,
                                       const struct stream *const *streams, struct failure *why) {
    struct ArrowSchema schema = {0};
    if (arrow_read_schema(&schema, bytes, size, why) != STATUS_OK)
        return NULL;
    struct runnel_batch *batch = runnel_batch_new(RUNNEL_OPEN, "?", &schema, NULL);
    if (batch == NULL) {
        schema.release(&schema);
        fail(why, STATUS_NO_MEMORY, "out of memory for a stream");
        return NULL;
    }
    char *type = stream_fact(batch, "stream");
    const struct stream *stream = type ? find_stream(type, streams) : NULL;
    if (stream == NULL)
        fail(why, STATUS_UNSUPPORTED, "a stream of type '%s', which is not taken here",
             type ? type : "?");
    free(type);
    if (stream == NULL || stream_check(batch, stream, why) != STATUS_OK) {
        batch->release(batch);
        return NULL;
    }
    batch->type = stream->type;
    return batch;
}

struct runnel_batch *payload_read_data(const void *bytes, size_t size,
                                       const struct runnel_batch *open, struct failure *why) {
    return stream_read(open->type, open->schema, bytes, size, why);
}
