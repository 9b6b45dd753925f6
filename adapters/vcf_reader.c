/* SPDX-License-Identifier: MIT
 *
 * Reading.  Texts are taken line by line and not parsed here, so that lists of sites that
 * are not quite VCF can be read; only BCF goes through htslib's records. */
#include "adapters/vcf.h"

#include <errno.h>
#include <htslib/hts.h>
#include <htslib/kstring.h>
#include <htslib/vcf.h>
#include <stdlib.h>
#include <string.h>

struct vcf_reader {
    char *name;
    htsFile *file;
    bool is_bcf;
    bcf_hdr_t *header; /* of BCF only */
    bcf1_t *record;    /* of BCF only */
    kstring_t line, samples;
};

static int open_reader(struct vcf_reader *reader, const char *path, struct failure *why) {
    errno = 0;
    reader->file = hts_open(path, "r");
    if (reader->file == NULL)
        return fail(why, STATUS_IO, "%s: cannot be opened: %s", path,
                    errno ? strerror(errno) : "unknown error");
    const htsFormat *format = hts_get_format(reader->file);
    reader->is_bcf = format->format == bcf;
    if (format->category != variant_data && format->format != text_format &&
        format->format != unknown_format && format->format != empty_format)
        return fail(why, STATUS_BAD_INPUT, "%s: is no VCF or BCF", path);
    if (hts_check_EOF(reader->file) == 0)
        return fail(why, STATUS_IO, "%s: its end is missing; the file was cut off", path);
    if (!reader->is_bcf)
        return STATUS_OK;
    reader->header = bcf_hdr_read(reader->file);
    reader->record = bcf_init();
    if (reader->header == NULL || reader->record == NULL)
        return fail(why, STATUS_BAD_INPUT, "%s: its header cannot be read", path);
    for (int i = 0; i < bcf_hdr_nsamples(reader->header); i++)
        ksprintf(&reader->samples, "%s%s", i > 0 ? "\t" : "", reader->header->samples[i]);
    return STATUS_OK;
}

struct vcf_reader *vcf_reader_open(const char *path, struct failure *why) {
    struct vcf_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL || (reader->name = strdup(path)) == NULL) {
        fail(why, STATUS_NO_MEMORY, "no memory to open %s", path);
        free(reader);
        return NULL;
    }
    if (open_reader(reader, path, why) != STATUS_OK) {
        vcf_reader_free(reader);
        return NULL;
    }
    return reader;
}

/* 0 with a line, -1 at the end, below on failure, as htslib's own readers. */
static int next_line(struct vcf_reader *reader) {
    if (!reader->is_bcf) {
        int got = hts_getline(reader->file, '\n', &reader->line);
        return got >= 0 ? 0 : got;
    }
    int status = bcf_read(reader->file, reader->header, reader->record);
    if (status != 0)
        return status;
    reader->line.l = 0;
    return vcf_format1(reader->header, reader->record, &reader->line) == 0 ? 0 : -2;
}

/* What stands behind the nine columns that VCF names. */
static void take_samples(struct vcf_reader *reader, const char *line, size_t length) {
    const char *end = line + length;
    for (int column = 0; column < 9 && line != NULL; column++)
        line = (line = memchr(line, '\t', (size_t)(end - line))) ? line + 1 : NULL;
    if (line != NULL)
        kputsn(line, (size_t)(end - line), ks_clear(&reader->samples));
}

struct letters vcf_reader_samples(const struct vcf_reader *reader) {
    return (struct letters){reader->samples.s, reader->samples.l};
}

int vcf_reader_next(struct vcf_reader *reader, struct letters *line, struct failure *why) {
    for (;;) {
        int status = next_line(reader);
        if (status == -1)
            return STATUS_END;
        if (status != 0)
            return fail(why, STATUS_IO, "%s: cannot be read; the file may be cut off or damaged",
                        reader->name);
        size_t length = reader->line.l;
        while (length > 0 && strchr("\r\n", reader->line.s[length - 1]))
            length--;
        if (length > 6 && memcmp(reader->line.s, "#CHROM", 6) == 0)
            take_samples(reader, reader->line.s, length);
        if (length == 0 || reader->line.s[0] == '#')
            continue;
        *line = (struct letters){reader->line.s, length};
        return STATUS_OK;
    }
}

void vcf_reader_free(struct vcf_reader *reader) {
    if (reader == NULL)
        return;
    if (reader->record)
        bcf_destroy(reader->record);
    if (reader->header)
        bcf_hdr_destroy(reader->header);
    if (reader->file)
        hts_close(reader->file);
    ks_free(&reader->line);
    ks_free(&reader->samples);
    free(reader->name);
    free(reader);
}
