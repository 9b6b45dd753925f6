/* SPDX-License-Identifier: MIT
 *
 * A record is a head and Arrow's message of a batch. */
#define _GNU_SOURCE /* fallocate: Linux alone gives back what lies in the middle of a file */
#include "plugin/batch_file.h"

#include "adapters/arrow_writer.h"
#include "plugin/unnamed_file.h"

#include <fcntl.h>
#include <unistd.h>

enum { MEGABYTE = 1 << 20 };

struct head {
    uint64_t size; /* of the message */
    int64_t mark_contig, mark_position;
};

struct batch_file {
    const struct stream *stream;
    struct ArrowSchema schema; /* of its columns */
    int file;
    int64_t begin, end; /* of what is in it */
    int64_t given_back; /* to the file system */
};

int batch_file_open(struct batch_file **out, const struct stream *stream, const char *folder,
                    struct failure *why) {
    struct batch_file *f = *out = calloc(1, sizeof *f);
    if (f == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for a file of batches");
    f->stream = stream;
    f->file = unnamed_file(folder, why);
    if (f->file >= 0 &&
        arrow_schema_make(&f->schema, stream->fields, stream->count, NULL, why) == STATUS_OK)
        return STATUS_OK;
    batch_file_close(f);
    *out = NULL;
    return why ? why->code : STATUS_IO;
}

void batch_file_close(struct batch_file *f) {
    if (f == NULL)
        return;
    if (f->file >= 0)
        close(f->file);
    if (f->schema.release != NULL)
        f->schema.release(&f->schema);
    free(f);
}

int batch_file_put(struct batch_file *f, const struct runnel_batch *batch, struct failure *why) {
    struct ArrowArray columns = *batch->array; /* a batch may have more of them */
    struct head head = {.mark_contig = batch->mark_contig, .mark_position = batch->mark_position};
    uint8_t *message;
    size_t size;
    columns.n_children = (int64_t)f->stream->count;
    int status = arrow_write_batch(&message, &size, &f->schema, &columns, why);
    if (status != STATUS_OK)
        return status;
    head.size = size;
    status = unnamed_file_write(f->file, &head, sizeof head, f->end, why);
    if (status == STATUS_OK)
        status = unnamed_file_write(f->file, message, size, f->end + (int64_t)sizeof head, why);
    f->end += (int64_t)(sizeof head + size);
    free(message);
    return status;
}

/* Whole megabytes of what has been read; a file system that cannot lets the file grow. */
static void give_back(struct batch_file *f) {
    int64_t size = (f->begin - f->given_back) / MEGABYTE * MEGABYTE;
    if (size > 0)
        fallocate(f->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, f->given_back, size);
    f->given_back += size;
}

struct runnel_batch *batch_file_take(struct batch_file *f, struct failure *why) {
    struct head head;
    struct runnel_batch *batch = NULL;
    if (unnamed_file_read(f->file, &head, sizeof head, f->begin, why) != STATUS_OK)
        return NULL;
    void *message = malloc(head.size);
    if (message == NULL)
        fail(why, STATUS_NO_MEMORY, "out of memory for a batch");
    else if (unnamed_file_read(f->file, message, head.size, f->begin + (int64_t)sizeof head, why) ==
             STATUS_OK)
        batch = stream_read(f->stream->type, &f->schema, message, head.size, why);
    free(message);
    if (batch == NULL)
        return NULL;
    batch->mark_contig = head.mark_contig;
    batch->mark_position = head.mark_position;
    f->begin += (int64_t)(sizeof head + head.size);
    give_back(f);
    return batch;
}
