/* SPDX-License-Identifier: MIT
 *
 * Reading a spool, and its counts. */
#include "plugin/spool.h"

#include "adapters/vcf.h"
#include "core/calls/record.h"
#include "core/calls/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct spool {
    char *path;
    struct vcf_reader *reader;
    const struct stream_contigs *contigs;
    struct text line;
    int64_t contig;
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
    *contig = stream_contigs_find(spool->contigs, spool->line.bytes, (int64_t)length, spool->contig);
    if (*contig < 0)
        return fail(why, STATUS_BAD_INPUT, "%s: the reads know no contig '%.*s'", spool->path,
                    (int)length, spool->line.bytes);
    spool->contig = *contig;
    return STATUS_OK;
}

int spool_next(struct spool *spool, struct call *call, int64_t *contig, struct failure *why) {
    int status = next_line(spool, contig, why);
    if (status != STATUS_OK)
        return status;
    status = record_parse(call, spool->contigs->names[*contig], spool->line.bytes, why);
    return status == STATUS_OK ? status : fail_at(why, "%s", spool->path);
}

int spool_next_site(struct spool *spool, int64_t *contig, int64_t *position,
                    struct failure *why) {
    struct site site;
    int status = next_line(spool, contig, why);
    if (status != STATUS_OK)
        return status;
    status = site_read(&site, spool->line.bytes, spool->line.length, why);
    *position = site.position;
    return status == STATUS_OK ? status : fail_at(why, "%s", spool->path);
}

int spool_read_counts(const char *path, struct select_counts *counts, struct failure *why) {
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return fail(why, STATUS_IO, "%s cannot be opened: %s", path, strerror(errno));
    struct text text = {0};
    char block[1 << 14];
    size_t got;
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        text_append(&text, block, got);
    int status = ferror(file)  ? fail(why, STATUS_IO, "%s cannot be read", path)
                 : text.failed ? fail(why, STATUS_NO_MEMORY, "out of memory for %s", path)
                               : select_read_counts(counts, text_bytes(&text), text.length, why);
    fclose(file);
    text_free(&text);
    return status == STATUS_OK ? status : fail_at(why, "%s", path);
}

int spool_write_counts(const char *path, const struct select_counts *counts,
                       struct failure *why) {
    struct text text = {0};
    select_append_counts(&text, counts);
    FILE *file = text.failed ? NULL : fopen(path, "w");
    bool written = file != NULL && fwrite(text.bytes, 1, text.length, file) == text.length;
    if (file != NULL && fclose(file) != 0)
        written = false;
    text_free(&text);
    return written ? STATUS_OK
                   : fail(why, STATUS_IO, "%s cannot be written: %s", path, strerror(errno));
}
