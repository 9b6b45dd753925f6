/* SPDX-License-Identifier: MIT
 *
 * Writing through htslib: hFILE for plain text, BGZF for compressed, bcf_write for BCF. */
#include "adapters/vcf.h"

#include <errno.h>
#include <fcntl.h>
#include <htslib/bgzf.h>
#include <htslib/hfile.h>
#include <htslib/hts.h>
#include <htslib/kstring.h>
#include <htslib/tbx.h>
#include <htslib/vcf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    INDEX_SHIFT = 14, /* csi: smallest interval 2^14 */
    NAME_EXTRA = 32   /* what a temporary or index name adds to a name */
};
static const int64_t tbi_longest = INT64_C(1) << 29; /* beyond it only csi can point */

struct vcf_writer {
    enum vcf_kind kind;
    char *name;      /* for sentences */
    char *target;    /* NULL: written directly */
    char *temporary; /* NULL: written directly */
    int descriptor;  /* that the stream below owns */
    hFILE *text;     /* one of these three, by kind */
    BGZF *bgzf;
    htsFile *bcf;
    bcf_hdr_t *header;
    bcf1_t *record;
    bool long_contig; /* a contig that tbi cannot hold */
};

enum vcf_kind vcf_kind_of_name(const char *path) {
    const char *dot = path ? strrchr(path, '.') : NULL;
    if (dot == NULL)
        return VCF_TEXT;
    if (strcmp(dot, ".bcf") == 0)
        return VCF_BCF;
    return strcmp(dot, ".gz") == 0 || strcmp(dot, ".bgz") == 0 ? VCF_BGZF : VCF_TEXT;
}

static int fail_io(const struct vcf_writer *writer, const char *doing, struct failure *why) {
    int reason = errno;
    return fail(why, reason == EPIPE ? STATUS_CLOSED : STATUS_IO, "%s: %s: %s", writer->name, doing,
                reason ? strerror(reason) : "unknown error");
}

/* ---- opening ------------------------------------------------------------------------------- */

/* Whether the target is written directly: standard output, a device, a pipe. */
static bool is_direct(const char *path) {
    struct stat status;
    if (path == NULL || strcmp(path, "-") == 0)
        return true;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

/* A link is followed, so that the file it names is replaced and not the link. */
static bool set_names(struct vcf_writer *writer, const char *path) {
    char *real = realpath(path, NULL);
    writer->target = real ? real : strdup(path);
    if (writer->target == NULL)
        return false;
    size_t size = strlen(writer->target) + NAME_EXTRA;
    writer->temporary = malloc(size);
    if (writer->temporary == NULL)
        return false;
    snprintf(writer->temporary, size, "%s.part-%ld", writer->target, (long)getpid());
    return true;
}

/* Opens the text or BCF stream on a descriptor, which it takes. */
static int open_stream(struct vcf_writer *writer, int descriptor, struct failure *why) {
    hFILE *file = hdopen(descriptor, "w");
    writer->descriptor = descriptor;
    if (file == NULL) {
        close(descriptor);
        return fail_io(writer, "cannot be opened", why);
    }
    if (writer->kind == VCF_BCF)
        writer->bcf = hts_hopen(file, writer->name, "wb");
    else if (writer->kind == VCF_BGZF)
        writer->bgzf = bgzf_hopen(file, "w");
    else
        writer->text = file;
    if (writer->bcf == NULL && writer->bgzf == NULL && writer->text == NULL) {
        hclose_abruptly(file);
        return fail_io(writer, "cannot be opened", why);
    }
    return STATUS_OK;
}

static int open_target(struct vcf_writer *writer, const char *path, struct failure *why) {
    int descriptor;
    if (path == NULL || strcmp(path, "-") == 0) {
        descriptor = dup(STDOUT_FILENO);
    } else if (is_direct(path)) {
        descriptor = open(path, O_WRONLY);
    } else {
        if (!set_names(writer, path))
            return fail(why, STATUS_NO_MEMORY, "no memory to open %s", writer->name);
        descriptor = open(writer->temporary, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    }
    if (descriptor < 0) {
        int status = fail_io(writer, "cannot be written", why);
        free(writer->temporary); /* there is nothing to remove */
        writer->temporary = NULL;
        return status;
    }
    return open_stream(writer, descriptor, why);
}

/* htslib's own form of the header, for BCF and to know the lengths of contigs. */
static int parse_header(struct vcf_writer *writer, const struct text *header, struct failure *why) {
    if (header->length == 0)
        return STATUS_OK;
    char *lines = strdup(text_bytes(header)); /* the parser writes into it */
    writer->header = bcf_hdr_init("r");
    writer->record = bcf_init();
    bool ok = lines && writer->header && writer->record &&
              bcf_hdr_parse(writer->header, lines) == 0 && bcf_hdr_sync(writer->header) == 0;
    free(lines);
    if (!ok)
        return fail(why, STATUS_BAD_INPUT, "%s: the header cannot be written", writer->name);
    for (int i = 0; i < writer->header->n[BCF_DT_CTG]; i++) {
        const bcf_idinfo_t *contig = writer->header->id[BCF_DT_CTG][i].val;
        writer->long_contig |= (int64_t)contig->info[0] > tbi_longest;
    }
    return STATUS_OK;
}

static int write_text(struct vcf_writer *writer, const char *text, size_t length,
                      struct failure *why) {
    errno = 0;
    ssize_t written =
        writer->bgzf ? bgzf_write(writer->bgzf, text, length) : hwrite(writer->text, text, length);
    return written < 0 ? fail_io(writer, "cannot be written", why) : STATUS_OK;
}

static int write_header(struct vcf_writer *writer, const struct text *header, struct failure *why) {
    if (writer->bcf == NULL)
        return write_text(writer, text_bytes(header), header->length, why);
    errno = 0;
    if (bcf_hdr_write(writer->bcf, writer->header) < 0)
        return fail_io(writer, "cannot be written", why);
    return STATUS_OK;
}

struct vcf_writer *vcf_writer_open(const char *path, enum vcf_kind kind, const struct text *header,
                                   struct failure *why) {
    bool standard = path == NULL || strcmp(path, "-") == 0;
    struct vcf_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL || (writer->name = strdup(standard ? "standard output" : path)) == NULL) {
        fail(why, STATUS_NO_MEMORY, "no memory to open %s", path ? path : "standard output");
        free(writer);
        return NULL;
    }
    writer->kind = kind;
    if (parse_header(writer, header, why) != STATUS_OK ||
        open_target(writer, path, why) != STATUS_OK ||
        write_header(writer, header, why) != STATUS_OK) {
        vcf_writer_free(writer);
        return NULL;
    }
    return writer;
}

/* ---- writing ------------------------------------------------------------------------------- */

static int write_bcf_line(struct vcf_writer *writer, const char *line, size_t length,
                          struct failure *why) {
    kstring_t text = {0};
    if (kputsn(line, length, &text) < 0)
        return fail(why, STATUS_NO_MEMORY, "no memory to write %s", writer->name);
    int parsed = vcf_parse(&text, writer->header, writer->record);
    ks_free(&text);
    if (parsed < 0 || writer->record->errcode != 0)
        return fail(why, STATUS_BAD_INPUT, "%s: no BCF record can be made of: %.*s", writer->name,
                    (int)(length < 100 ? length : 100), line);
    errno = 0;
    if (bcf_write(writer->bcf, writer->header, writer->record) < 0)
        return fail_io(writer, "cannot be written", why);
    return STATUS_OK;
}

int vcf_writer_write(struct vcf_writer *writer, const char *lines, size_t length,
                     struct failure *why) {
    if (writer->bcf == NULL)
        return length > 0 ? write_text(writer, lines, length, why) : STATUS_OK;
    while (length > 0) {
        const char *end = memchr(lines, '\n', length);
        size_t line = end ? (size_t)(end - lines) : length, used = end ? line + 1 : length;
        int status = write_bcf_line(writer, lines, line, why);
        if (status != STATUS_OK)
            return status;
        lines += used;
        length -= used;
    }
    return STATUS_OK;
}

int vcf_writer_flush(struct vcf_writer *writer, struct failure *why) {
    errno = 0;
    int status = 0;
    if (writer->bcf)
        status = hts_flush(writer->bcf);
    else if (writer->bgzf && (status = bgzf_flush(writer->bgzf)) == 0)
        status = hflush(writer->bgzf->fp);
    else if (writer->text)
        status = hflush(writer->text);
    return status == 0 ? STATUS_OK : fail_io(writer, "cannot be written", why);
}

/* ---- ending -------------------------------------------------------------------------------- */

static int close_stream(struct vcf_writer *writer, struct failure *why) {
    int closed = 0;
    errno = 0;
    if (writer->text)
        closed = hclose(writer->text);
    if (writer->bgzf)
        closed = bgzf_close(writer->bgzf);
    if (writer->bcf)
        closed = hts_close(writer->bcf);
    writer->text = NULL;
    writer->bgzf = NULL;
    writer->bcf = NULL;
    return closed == 0 ? STATUS_OK : fail_io(writer, "cannot be written to its end", why);
}

/* NAME.tbi or NAME.csi, to be freed by the caller. */
static char *index_name(const char *name, bool csi) {
    char *index = malloc(strlen(name) + NAME_EXTRA);
    if (index)
        snprintf(index, strlen(name) + NAME_EXTRA, "%s.%s", name, csi ? "csi" : "tbi");
    return index;
}

static int make_index(struct vcf_writer *writer, const char *index, bool csi, struct failure *why) {
    int made;
    errno = 0;
    if (writer->kind == VCF_BCF)
        made = bcf_index_build3(writer->temporary, index, INDEX_SHIFT, 0);
    else
        made = tbx_index_build3(writer->temporary, index, csi ? INDEX_SHIFT : 0, 0, &tbx_conf_vcf);
    if (made != 0)
        return fail_io(writer, "its index cannot be made", why);
    return STATUS_OK;
}

/* An index of the other kind, of an older file of this name, would now point astray. */
static void remove_other_index(const struct vcf_writer *writer, bool csi) {
    char *other = index_name(writer->target, !csi);
    if (other)
        unlink(other);
    free(other);
}

/* Waits until the file is on the disk: a name is given to nothing less.  Where the file
 * system cannot tell, it is as good as it gets. */
static int wait_for_disk(const struct vcf_writer *writer, struct failure *why) {
    int file = open(writer->temporary, O_RDONLY | O_CLOEXEC);
    errno = 0;
    bool failed = file >= 0 && fsync(file) != 0 && errno != EINVAL;
    int status = failed ? fail_io(writer, "cannot be written to its end", why) : STATUS_OK;
    if (file >= 0)
        close(file);
    return status;
}

/* Moves the index, then the file, so that a reader that sees the file finds the index. */
static int publish(struct vcf_writer *writer, struct failure *why) {
    bool csi = writer->kind == VCF_BCF || writer->long_contig;
    char *from = index_name(writer->temporary, csi), *to = index_name(writer->target, csi);
    int status = STATUS_OK;
    if (from == NULL || to == NULL)
        status = fail(why, STATUS_NO_MEMORY, "no memory to name the index of %s", writer->name);
    if (status == STATUS_OK && writer->kind != VCF_TEXT) {
        status = make_index(writer, from, csi, why);
        if (status == STATUS_OK && rename(from, to) != 0)
            status = fail_io(writer, "its index cannot be renamed", why);
        if (status == STATUS_OK)
            remove_other_index(writer, csi);
        if (status != STATUS_OK)
            unlink(from);
    }
    if (status == STATUS_OK && rename(writer->temporary, writer->target) != 0) {
        status = fail_io(writer, "cannot be given its name", why);
        if (writer->kind != VCF_TEXT)
            unlink(to);
    }
    free(from);
    free(to);
    return status;
}

int vcf_writer_commit(struct vcf_writer *writer, struct failure *why) {
    int status = close_stream(writer, why);
    if (status != STATUS_OK || writer->temporary == NULL)
        return status;
    status = wait_for_disk(writer, why);
    if (status == STATUS_OK)
        status = publish(writer, why);
    if (status == STATUS_OK) {
        free(writer->temporary);
        writer->temporary = NULL;
    }
    return status;
}

/* Lets the rest go nowhere: closing would write what is held back and, in BGZF, the mark that
 * says the file is whole. */
static void discard_rest(struct vcf_writer *writer) {
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere < 0)
        return;
    BGZF *bgzf = writer->bcf ? hts_get_bgzfp(writer->bcf) : writer->bgzf;
    hFILE *file = bgzf ? bgzf->fp : writer->text;
    if (file) {
        dup2(nowhere, writer->descriptor);
        hclearerr(file); /* after a failed write bgzf_close would leave its memory behind */
    }
    close(nowhere);
}

void vcf_writer_free(struct vcf_writer *writer) {
    if (writer == NULL)
        return;
    discard_rest(writer);
    close_stream(writer, NULL);
    if (writer->temporary)
        unlink(writer->temporary);
    if (writer->record)
        bcf_destroy(writer->record);
    if (writer->header)
        bcf_hdr_destroy(writer->header);
    free(writer->temporary);
    free(writer->target);
    free(writer->name);
    free(writer);
}
