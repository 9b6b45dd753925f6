/* SPDX-License-Identifier: MIT
 *
 * The lines of a spool, its counts and facts. */
#include "plugin/spool.h"

#include "adapters/vcf.h"
#include "core/calls/record.h"
#include "core/calls/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COLUMNS = 10,          /* of a record with one sample */
    DIGITS = 8,            /* of one probability */
    PROBABILITIES_MAX = 96 /* of a network, which has 24 or 90 */
};

struct spool {
    char *path;
    struct vcf_reader *reader;
    const struct stream_contigs *contigs;
    struct text line;
    int64_t contig;
    float probabilities[PROBABILITIES_MAX]; /* of the last call */
};

int spool_open(struct spool **out, const char *path, const struct stream_contigs *contigs,
               struct failure *why) {
    struct spool *spool = calloc(1, sizeof *spool);
    if (spool == NULL || (spool->path = strdup(path)) == NULL) {
        free(spool);
        return fail(why, STATUS_NO_MEMORY, "out of memory for %s", path);
    }
    spool->contigs = contigs;
    if ((spool->reader = vcf_reader_open(path, why)) == NULL) {
        spool_close(spool);
        return why->code;
    }
    *out = spool;
    return STATUS_OK;
}

void spool_close(struct spool *spool) {
    if (spool == NULL)
        return;
    vcf_reader_free(spool->reader);
    text_free(&spool->line);
    free(spool->path);
    free(spool);
}

/* The next line, NUL-terminated in spool->line, and its contig. */
static int next_line(struct spool *spool, int64_t *contig, struct failure *why) {
    struct letters line;
    int status = vcf_reader_next(spool->reader, &line, why);
    if (status != STATUS_OK)
        return status;
    text_clear(&spool->line);
    text_append(&spool->line, line.bytes, line.length);
    if (spool->line.failed)
        return fail(why, STATUS_NO_MEMORY, "out of memory for a record of %s", spool->path);
    size_t length = strcspn(spool->line.bytes, "\t");
    *contig =
        stream_contigs_find(spool->contigs, spool->line.bytes, (int64_t)length, spool->contig);
    if (*contig < 0)
        return fail(why, STATUS_BAD_INPUT, "%s: the reads know no contig '%.*s'", spool->path,
                    (int)length, spool->line.bytes);
    spool->contig = *contig;
    return STATUS_OK;
}

void spool_append(struct text *lines, const struct call *call, bool probabilities) {
    record_append(lines, call, RECORD_PLAIN);
    if (!probabilities || lines->failed)
        return;
    lines->length--; /* the newline */
    text_append_char(lines, '\t');
    for (size_t i = 0; i < call->probability_count; i++) {
        uint32_t bits;
        char digits[DIGITS + 1];
        memcpy(&bits, &call->probabilities[i], sizeof bits);
        snprintf(digits, sizeof digits, "%08x", (unsigned)bits);
        text_append(lines, digits, DIGITS);
    }
    text_append_char(lines, '\n');
}

/* Cuts the column of probabilities, where there is one, off the line and reads it. */
static int take_probabilities(struct spool *spool, size_t *count, struct failure *why) {
    char *at = spool->line.bytes, digits[DIGITS + 1] = "", *end;
    *count = 0;
    for (int column = 0; column < COLUMNS && at != NULL; column++)
        at = strchr(at + (column > 0), '\t');
    if (at == NULL)
        return STATUS_OK;
    *at++ = '\0';
    size_t length = strlen(at);
    *count = length / DIGITS;
    bool good = length % DIGITS == 0 && *count <= PROBABILITIES_MAX;
    for (size_t i = 0; good && i < *count; i++) {
        memcpy(digits, at + i * DIGITS, DIGITS);
        uint32_t bits = (uint32_t)strtoul(digits, &end, 16);
        good = end == digits + DIGITS;
        memcpy(&spool->probabilities[i], &bits, sizeof bits);
    }
    return good ? STATUS_OK
                : fail(why, STATUS_BAD_INPUT, "%s: probabilities that no spool has", spool->path);
}

int spool_next(struct spool *spool, struct call *call, int64_t *contig, struct failure *why) {
    size_t probabilities;
    int status = next_line(spool, contig, why);
    if (status == STATUS_OK)
        status = take_probabilities(spool, &probabilities, why);
    if (status != STATUS_OK)
        return status;
    status = record_parse(call, spool->contigs->names[*contig], spool->line.bytes, why);
    call->probabilities = spool->probabilities;
    call->probability_count = probabilities;
    return status == STATUS_OK ? status : fail_at(why, "%s", spool->path);
}

int spool_next_site(struct spool *spool, int64_t *contig, int64_t *position, struct failure *why) {
    struct site site;
    int status = next_line(spool, contig, why);
    if (status != STATUS_OK)
        return status;
    status = site_read(&site, spool->line.bytes, spool->line.length, why);
    *position = site.position;
    return status == STATUS_OK ? status : fail_at(why, "%s", spool->path);
}

/* ---- files beside the spool ---- */

static int read_file(const char *path, struct text *text, struct failure *why) {
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return fail(why, STATUS_IO, "%s cannot be opened: %s", path, strerror(errno));
    char block[1 << 14];
    size_t got;
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        text_append(text, block, got);
    int status = ferror(file)   ? fail(why, STATUS_IO, "%s cannot be read", path)
                 : text->failed ? fail(why, STATUS_NO_MEMORY, "out of memory for %s", path)
                                : STATUS_OK;
    fclose(file);
    return status;
}

static int write_file(const char *path, const char *bytes, size_t length, struct failure *why) {
    FILE *file = fopen(path, "w");
    bool written = file != NULL && fwrite(bytes, 1, length, file) == length;
    if (file != NULL && fclose(file) != 0)
        written = false;
    return written ? STATUS_OK
                   : fail(why, STATUS_IO, "%s cannot be written: %s", path, strerror(errno));
}

int spool_write_facts(const char *path, const struct runnel_batch *open, struct failure *why) {
    char facts[4200];
    snprintf(facts, sizeof facts, "%s.facts", path);
    return write_file(facts, open->schema->metadata, arrow_metadata_size(open->schema->metadata),
                      why);
}

struct runnel_batch *spool_open_batch(const char *path, struct failure *why) {
    char facts[4200];
    struct text text = {0};
    struct ArrowSchema schema;
    struct runnel_batch *open = NULL;
    snprintf(facts, sizeof facts, "%s.facts", path);
    if (read_file(facts, &text, why) == STATUS_OK &&
        arrow_schema_make(&schema, CALLS_STREAM.fields, CALLS_STREAM.count, text.bytes, why) ==
            STATUS_OK) {
        open = runnel_batch_new(RUNNEL_OPEN, CALLS_STREAM.type, &schema, NULL);
        if (open == NULL) {
            schema.release(&schema);
            fail(why, STATUS_NO_MEMORY, "out of memory for %s", path);
        }
    }
    text_free(&text);
    return open;
}

int spool_read_counts(const char *path, struct select_counts *counts, struct failure *why) {
    struct text text = {0};
    int status = read_file(path, &text, why);
    if (status == STATUS_OK &&
        (status = select_read_counts(counts, text_bytes(&text), text.length, why)) != STATUS_OK)
        fail_at(why, "%s", path);
    text_free(&text);
    return status;
}

int spool_read_cutoffs(const char *path, const struct select_fractions *fractions,
                       struct cutoffs *out, struct failure *why) {
    struct select_counts *counts = calloc(1, sizeof *counts);
    int status = counts ? spool_read_counts(path, counts, why)
                        : fail(why, STATUS_NO_MEMORY, "out of memory for the cut-offs");
    if (status == STATUS_OK)
        *out = select_cutoffs(counts, fractions);
    free(counts);
    return status;
}

int spool_write_counts(const char *path, const struct select_counts *counts, struct failure *why) {
    struct text text = {0};
    select_append_counts(&text, counts);
    int status = text.failed ? fail(why, STATUS_NO_MEMORY, "out of memory for %s", path)
                             : write_file(path, text.bytes, text.length, why);
    text_free(&text);
    return status;
}
