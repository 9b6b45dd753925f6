/* SPDX-License-Identifier: MIT
 *
 * A block in the file: a byte of flags (below), where it differs from the block before the contig,
 * where it does not follow it its begin, then its length, least depth, GQ and likelihoods.  Numbers
 * are written in groups of seven bits, the lowest first, the last group below 128: most take one
 * byte, a block about eight.
 *
 * Blocks are made in stretches, one after the other.  Columns without reads are not listed in the
 * counts; those before a listed one are added with it, the last ones when the stretch ends. */
#include "plugin/block_spool.h"

#include "adapters/reference.h"
#include "core/calls/block_counts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OTHER_CONTIG = 1, /* flags; the other bits are the place of the reference letter in LETTERS */
    OTHER_BEGIN = 2,
    IS_REFERENCE = 4,
    LETTER_SHIFT = 3,
    NUMBERS_MAX = 8, /* of a block, each of at most ten bytes */
    RECORD_MAX = 1 + 10 * NUMBERS_MAX,
    CHUNK = 5000000,          /* Clair3's chunk_size: its blocks end with a chunk */
    BED_MARGIN = WINDOW_WIDTH /* Clair3 widens a BED file's lines by it */
};

static const char LETTERS[] = "ACGTN";

struct record {
    int64_t contig;
    struct block block;
};

/* ---- writing ---- */

struct block_writer {
    char *path;
    FILE *file;
    struct block_spool_options options;
    struct reference_file *reference_file;
    struct reference reference; /* of the contig */
    struct blocks *blocks;      /* of the contig; NULL between two */
    int64_t contig;
    struct record last;         /* written */
    struct interval *stretches; /* of the contig, 0-based */
    size_t stretch_count, stretch;
    int64_t next;   /* first position of the stretch that was not added */
    bool has_reads; /* the stretch has shown some */
};

int block_writer_open(struct block_writer **out, const char *path, const char *reference_path,
                      const struct block_spool_options *options, struct failure *why) {
    struct block_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL || (writer->path = strdup(path)) == NULL) {
        free(writer);
        return fail(why, STATUS_NO_MEMORY, "out of memory for %s", path);
    }
    writer->options = *options;
    if ((writer->file = fopen(path, "wb")) == NULL)
        fail(why, STATUS_IO, "%s cannot be written: %s", path, strerror(errno));
    else if (reference_open(&writer->reference_file, reference_path, why) == STATUS_OK) {
        *out = writer;
        return STATUS_OK;
    }
    block_writer_free(writer);
    return why->code;
}

void block_writer_free(struct block_writer *writer) {
    if (writer == NULL)
        return;
    if (writer->file != NULL)
        fclose(writer->file);
    reference_close(writer->reference_file);
    blocks_free(writer->blocks);
    free(writer->stretches);
    free(writer->path);
    free(writer);
}

/* The regions, those that touch made one. */
static size_t join(struct interval *stretches, const struct interval *regions, size_t count) {
    size_t joined = 0;
    for (size_t i = 0; i < count; i++) {
        if (regions[i].begin >= regions[i].end)
            continue;
        struct interval *last = joined > 0 ? &stretches[joined - 1] : NULL;
        if (last == NULL || regions[i].begin > last->end)
            stretches[joined++] = regions[i];
        else if (regions[i].end > last->end)
            last->end = regions[i].end;
    }
    return joined;
}

/* Clair3's chunks: equal parts of the contig, or of what its regions span. */
static size_t cut_chunks(struct interval *stretches, int64_t length, const struct interval *regions,
                         size_t region_count) {
    int64_t count = (length + CHUNK - 1) / CHUNK, begin = -1, end = length - 1;
    if (count == 0)
        return 0;
    if (region_count > 0) {
        begin = regions[0].begin < BED_MARGIN ? 0 : regions[0].begin - BED_MARGIN;
        for (size_t i = 0; i < region_count; i++)
            end = i == 0 || regions[i].end > end ? regions[i].end : end;
        end += BED_MARGIN;
    }
    int64_t size = (end - begin + count - 1) / count;
    for (int64_t i = 0; i < count; i++) {
        struct interval *chunk = &stretches[i];
        *chunk = (struct interval){begin + i * size, begin + (i + 1) * size};
        chunk->begin = chunk->begin < 0 ? 0 : chunk->begin;
        chunk->end = chunk->end > length ? length : chunk->end;
    }
    return (size_t)count;
}

static int find_stretches(struct block_writer *writer, int64_t length,
                          const struct interval *regions, size_t count, struct failure *why) {
    size_t most = count + 1 + (size_t)(length / CHUNK) + 1;
    const struct interval whole = {0, length};
    free(writer->stretches);
    writer->stretches = calloc(most, sizeof *writer->stretches);
    if (writer->stretches == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for gVCF blocks");
    writer->stretch_count =
        writer->options.compatible
            ? cut_chunks(writer->stretches, length, regions, count)
            : join(writer->stretches, count > 0 ? regions : &whole, count > 0 ? count : 1);
    return STATUS_OK;
}

static void begin_stretch(struct block_writer *writer, size_t stretch) {
    writer->stretch = stretch;
    writer->has_reads = false;
    if (stretch < writer->stretch_count)
        writer->next = writer->stretches[stretch].begin;
}

int block_writer_begin(struct block_writer *writer, int64_t contig, const char *name,
                       int64_t length, const struct interval *regions, size_t count,
                       struct failure *why) {
    const struct blocks_options options = {.base_error = writer->options.base_error,
                                           .gq_bin = (int)writer->options.gq_bin,
                                           .contig_length = writer->options.compatible ? length : 0,
                                           .uncovered_unknown = !writer->options.compatible};
    writer->contig = contig;
    int status = reference_contig(writer->reference_file, name, length, &writer->reference, why);
    if (status == STATUS_OK)
        status = find_stretches(writer, length, regions, count, why);
    if (status == STATUS_OK && (writer->blocks = blocks_new(&options, why)) == NULL)
        status = why->code;
    begin_stretch(writer, 0);
    return status;
}

/* No number is negative but where a likelihood cannot be told. */
static uint8_t *put_number(uint8_t *to, int64_t number) {
    uint64_t rest = (uint64_t)number;
    for (; rest >= 128; rest >>= 7)
        *to++ = (uint8_t)(rest | 128);
    *to++ = (uint8_t)rest;
    return to;
}

static size_t encode(uint8_t bytes[RECORD_MAX], const struct record *record,
                     const struct record *last) {
    const struct block *block = &record->block;
    const char *letter = strchr(LETTERS, block->reference);
    unsigned flags = (unsigned)((letter ? letter : strchr(LETTERS, 'N')) - LETTERS) << LETTER_SHIFT;
    flags |= block->is_reference ? IS_REFERENCE : 0;
    flags |= record->contig != last->contig ? OTHER_CONTIG : 0;
    flags |= block->begin != last->block.end + 1 ? OTHER_BEGIN : 0;
    bytes[0] = (uint8_t)flags;
    uint8_t *to = bytes + 1;
    if (flags & OTHER_CONTIG)
        to = put_number(to, record->contig);
    if (flags & OTHER_BEGIN)
        to = put_number(to, block->begin);
    to = put_number(to, block->end - block->begin);
    to = put_number(to, block->min_depth);
    to = put_number(to, block->gq);
    for (int i = 0; i < BLOCK_LIKELIHOODS; i++)
        to = put_number(to, block->pl[i]);
    return (size_t)(to - bytes);
}

static int write_blocks(struct block_writer *writer, const struct block *blocks, size_t count,
                        struct failure *why) {
    for (size_t i = 0; i < count; i++) {
        const struct record record = {writer->contig, blocks[i]};
        uint8_t bytes[RECORD_MAX];
        size_t size = encode(bytes, &record, &writer->last);
        writer->last = record;
        if (fwrite(bytes, 1, size, writer->file) != size)
            return fail(why, STATUS_IO, "%s cannot be written: %s", writer->path, strerror(errno));
    }
    return STATUS_OK;
}

static int write_whole(struct block_writer *writer, struct failure *why) {
    const struct block *whole;
    size_t count = blocks_take(writer->blocks, &whole);
    return write_blocks(writer, whole, count, why);
}

static int end_stretch(struct block_writer *writer, struct failure *why) {
    const struct interval *stretch = &writer->stretches[writer->stretch];
    int status;
    if (writer->options.compatible && !writer->has_reads) {
        int64_t end = stretch->end < writer->reference.length ? stretch->end + 1 : stretch->end;
        const struct block nothing = block_of_nothing(stretch->begin + 1, end);
        status = write_blocks(writer, &nothing, 1, why);
    } else {
        status = blocks_add_counts(writer->blocks, &writer->reference, writer->next, stretch->end,
                                   NULL, 0, why);
        if (status == STATUS_OK)
            status = blocks_finish(writer->blocks, why);
        if (status == STATUS_OK)
            status = write_whole(writer, why);
    }
    begin_stretch(writer, writer->stretch + 1);
    return status;
}

/* Adds those of the counts that lie in the stretch under way, and says how many these were. */
static int add_to_stretch(struct block_writer *writer, const struct pileup_column_counts *counts,
                          size_t count, size_t *taken, struct failure *why) {
    const struct interval *stretch = &writer->stretches[writer->stretch];
    size_t within = 0;
    while (within < count && counts[within].position < stretch->end)
        writer->has_reads |= counts[within++].total_count > 0;
    *taken = within;
    if (within == 0)
        return STATUS_OK;
    int64_t end = counts[within - 1].position + 1;
    int status = blocks_add_counts(writer->blocks, &writer->reference, writer->next, end, counts,
                                   within, why);
    writer->next = end;
    return status == STATUS_OK ? write_whole(writer, why) : status;
}

int block_writer_add(struct block_writer *writer, const struct pileup_column_counts *counts,
                     size_t count, struct failure *why) {
    int status = STATUS_OK;
    size_t at = 0, taken;
    while (status == STATUS_OK && at < count && writer->stretch < writer->stretch_count) {
        if (counts[at].position < writer->next) { /* between two stretches */
            at++;
            continue;
        }
        status = add_to_stretch(writer, counts + at, count - at, &taken, why);
        at += taken;
        if (status == STATUS_OK && at < count)
            status = end_stretch(writer, why);
    }
    return status;
}

int block_writer_end(struct block_writer *writer, struct failure *why) {
    int status = STATUS_OK;
    while (status == STATUS_OK && writer->stretch < writer->stretch_count)
        status = end_stretch(writer, why);
    blocks_free(writer->blocks);
    writer->blocks = NULL;
    return status;
}

int block_writer_commit(struct block_writer *writer, struct failure *why) {
    int failed = fclose(writer->file);
    writer->file = NULL;
    return failed ? fail(why, STATUS_IO, "%s cannot be written: %s", writer->path, strerror(errno))
                  : STATUS_OK;
}

/* ---- reading ---- */

struct block_reader {
    char *path;
    FILE *file;
    struct record record; /* the next one; its contig is INT64_MAX behind the last */
    int64_t asked;
};

/* 0 behind a file that is cut short, which fetch will notice. */
static int64_t get_number(FILE *file) {
    uint64_t number = 0;
    int byte;
    for (unsigned shift = 0; shift < 64 && (byte = getc_unlocked(file)) != EOF; shift += 7) {
        number |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            break;
    }
    return (int64_t)number;
}

static int fetch(struct block_reader *reader, struct failure *why) {
    struct block *block = &reader->record.block;
    int flags = getc_unlocked(reader->file);
    if (flags == EOF && !ferror(reader->file)) {
        reader->record.contig = INT64_MAX;
        return STATUS_OK;
    }
    if (flags & OTHER_CONTIG)
        reader->record.contig = get_number(reader->file);
    block->begin = flags & OTHER_BEGIN ? get_number(reader->file) : block->end + 1;
    block->end = block->begin + get_number(reader->file);
    block->min_depth = get_number(reader->file);
    block->gq = (int32_t)get_number(reader->file);
    for (int i = 0; i < BLOCK_LIKELIHOODS; i++)
        block->pl[i] = (int32_t)get_number(reader->file);
    block->is_reference = (flags & IS_REFERENCE) != 0;
    unsigned letter = (unsigned)flags >> LETTER_SHIFT;
    block->reference = letter < sizeof LETTERS - 1 ? LETTERS[letter] : 'N';
    return feof(reader->file) || ferror(reader->file)
               ? fail(why, STATUS_IO, "%s cannot be read to its end", reader->path)
               : STATUS_OK;
}

int block_reader_open(struct block_reader **out, const char *path, struct failure *why) {
    struct block_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL || (reader->path = strdup(path)) == NULL) {
        free(reader);
        return fail(why, STATUS_NO_MEMORY, "out of memory for %s", path);
    }
    if ((reader->file = fopen(path, "rb")) == NULL)
        fail(why, STATUS_IO, "%s cannot be opened: %s", path, strerror(errno));
    else if (fetch(reader, why) == STATUS_OK) {
        *out = reader;
        return STATUS_OK;
    }
    block_reader_free(reader);
    return why->code;
}

void block_reader_free(struct block_reader *reader) {
    if (reader == NULL)
        return;
    if (reader->file != NULL)
        fclose(reader->file);
    free(reader->path);
    free(reader);
}

int64_t block_reader_contig(const struct block_reader *reader) {
    return reader->record.contig;
}

void block_reader_ask(struct block_reader *reader, int64_t contig) {
    reader->asked = contig;
}

int block_reader_next(void *from, struct block *block, struct failure *why) {
    struct block_reader *reader = from;
    if (reader->record.contig != reader->asked)
        return STATUS_END;
    *block = reader->record.block;
    return fetch(reader, why);
}
