/* SPDX-License-Identifier: MIT
 *
 * The FASTA adapter: htslib's faidx behind core's `struct reference`.  The one idea: letters
 * are read a block at a time, since core asks for overlapping stretches that move forward. */
#include "adapters/reference.h"

#include <htslib/faidx.h>
#include <htslib/hts.h>

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCK = 4 << 20,     /* letters read ahead */
    BLOCK_BACK = 1 << 16 /* letters kept behind, as a window reaches back from its candidate */
};

struct reference_file {
    faidx_t *index;
    char *path;
    char *contig; /* that `block` is of; NULL at first */
    char *block;
    int64_t begin; /* the block is [begin, end) of the contig */
    int64_t end;
    int64_t back, ahead; /* letters of a block around what is asked for */
};

/* Builds the indexes under names that begin with `prefix` and nobody else uses, into `fai` and
 * `gzi`.  Stages of one line open the reference at the same time, each on a thread of its own:
 * where the name is written to tells them apart. */
static bool build_index(const char *path, const char *prefix, char *fai, char *gzi, size_t size) {
    int written = snprintf(fai, size, "%s.%ld.%p.fai", prefix, (long)getpid(), (void *)fai);
    snprintf(gzi, size, "%s.%ld.%p.gzi", prefix, (long)getpid(), (void *)fai);
    if (written < 0 || (size_t)written >= size)
        return false;
    if (fai_build3(path, fai, gzi) == 0)
        return true;
    remove(fai);
    remove(gzi);
    return false;
}

/* Writes the index beside the file and loads it.  It is written under another name and renamed
 * when whole, so that no other process ever sees half of it. */
static faidx_t *index_beside(const char *path) {
    char fai[4096], gzi[4096], final[4096];
    if (!build_index(path, path, fai, gzi, sizeof fai))
        return NULL;
    snprintf(final, sizeof final, "%s.gzi", path);
    if (access(gzi, F_OK) == 0 && rename(gzi, final) != 0)
        remove(gzi);
    snprintf(final, sizeof final, "%s.fai", path);
    if (rename(fai, final) != 0)
        remove(fai);
    return fai_load3(path, NULL, NULL, 0);
}

static faidx_t *index_for_this_run(const char *path) {
    char prefix[4096], fai[4096], gzi[4096];
    const char *folder = getenv("TMPDIR");
    snprintf(prefix, sizeof prefix, "%s/runnel-reference", folder ? folder : "/tmp");
    if (!build_index(path, prefix, fai, gzi, sizeof fai))
        return NULL;
    faidx_t *index = fai_load3(path, fai, gzi, 0);
    remove(fai);
    remove(gzi);
    return index;
}

/* One line of an index. */
struct entry {
    const char *name;
    size_t name_length;
    long long length, offset, letters, bytes; /* of the contig; of its lines */
};

/* Whether the line before the contig's letters is its name's.  One longer than we read is not
 * looked at. */
static bool name_fits(FILE *fasta, const struct entry *e) {
    char text[4096];
    size_t wanted = e->offset < (long long)sizeof text ? (size_t)e->offset : sizeof text;
    if (fseeko(fasta, e->offset - (long long)wanted, SEEK_SET) != 0 || wanted < 3 ||
        fread(text, 1, wanted, fasta) != wanted || text[wanted - 1] != '\n')
        return false;
    size_t begin = wanted - 1;
    while (begin > 0 && text[begin - 1] != '\n')
        begin--;
    if (begin == 0 && wanted == sizeof text)
        return true;
    size_t behind = begin + 1 + e->name_length;
    return text[begin] == '>' && behind < wanted &&
           memcmp(text + begin + 1, e->name, e->name_length) == 0 &&
           strchr(" \t\r\n", text[behind]) != NULL;
}

/* Whether behind the contig's letters, as many as the index says, comes the next name or nothing.
 */
static bool end_fits(FILE *fasta, const struct entry *e) {
    long long lines = e->length > 0 ? e->length / e->letters : 0;
    long long rest = e->length > 0 ? e->length % e->letters : 0;
    /* Behind a whole last line its end is still to come, as the file's last one may lack it. */
    long long ends = rest == 0 && lines > 0 ? e->bytes - e->letters : 0;
    long long end = e->offset + lines * e->bytes + rest - ends;
    int next;
    if (fseeko(fasta, 0, SEEK_END) != 0 || ftello(fasta) < end || fseeko(fasta, end, SEEK_SET) != 0)
        return false;
    while (isspace(next = getc(fasta)))
        ;
    return next == '>' || next == EOF;
}

/* The index beside the file, where there is one: its lines (without letters in them htslib would
 * divide by zero), and, unless the file is compressed, whether it is of this very file. */
static int check_index(const struct reference_file *file, FILE *fasta, struct failure *why) {
    char path[4096], line[8192];
    snprintf(path, sizeof path, "%s.fai", file->path);
    FILE *index = fopen(path, "r");
    bool plain = getc(fasta) == '>';
    int status = STATUS_OK;
    for (size_t number = 1; index && status == STATUS_OK && fgets(line, sizeof line, index);
         number++) {
        struct entry e = {.name = line, .name_length = strcspn(line, "\t")};
        if (sscanf(line + e.name_length, "%lld %lld %lld %lld", &e.length, &e.offset, &e.letters,
                   &e.bytes) != 4 ||
            e.length < 0 || e.offset < 0 || e.bytes < e.letters || (e.length > 0 && e.letters < 1))
            status =
                fail(why, STATUS_BAD_INPUT,
                     "%s, line %zu: not an index of a FASTA file; remove it, a new one is made",
                     path, number);
        else if (plain && !(name_fits(fasta, &e) && end_fits(fasta, &e)))
            status = fail(why, STATUS_BAD_INPUT,
                          "%s, line %zu: not the index of this FASTA file, which has no contig "
                          "'%.*s' of %lld bases there; remove it, a new one is made",
                          path, number, (int)e.name_length, e.name, e.length);
    }
    if (index != NULL)
        fclose(index);
    return status;
}

static int load_index(struct reference_file *file, struct failure *why) {
    hts_set_log_level(HTS_LOG_OFF); /* what it has to say, our sentences say */
    FILE *probe = fopen(file->path, "rb");
    if (probe == NULL)
        return fail(why, STATUS_IO, "%s: cannot open the reference: %s", file->path,
                    strerror(errno));
    int status = check_index(file, probe, why);
    fclose(probe);
    if (status != STATUS_OK)
        return status;
    file->index = fai_load3(file->path, NULL, NULL, 0);
    if (file->index == NULL)
        file->index = index_beside(file->path);
    if (file->index == NULL)
        file->index = index_for_this_run(file->path);
    if (file->index == NULL || faidx_nseq(file->index) == 0)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: not a FASTA file that can be indexed (plain or compressed with bgzip, "
                    "lines of equal length within a contig)",
                    file->path);
    return STATUS_OK;
}

int reference_open(struct reference_file **out, const char *path, struct failure *why) {
    *out = NULL;
    struct reference_file *file = calloc(1, sizeof *file);
    char *copy = strdup(path);
    if (file == NULL || copy == NULL) {
        free(file);
        free(copy);
        return fail(why, STATUS_NO_MEMORY, "%s: out of memory", path);
    }
    file->path = copy;
    file->back = BLOCK_BACK;
    file->ahead = BLOCK;
    int status = load_index(file, why);
    if (status != STATUS_OK) {
        reference_close(file);
        return status;
    }
    *out = file;
    return STATUS_OK;
}

void reference_close(struct reference_file *file) {
    if (file == NULL)
        return;
    if (file->index != NULL)
        fai_destroy(file->index);
    free(file->block);
    free(file->contig);
    free(file->path);
    free(file);
}

void reference_expect_jumps(struct reference_file *file) {
    file->back = file->ahead = 0;
}

size_t reference_contig_count(const struct reference_file *file) {
    return (size_t)faidx_nseq(file->index);
}

const char *reference_contig_name(const struct reference_file *file, size_t index) {
    return faidx_iseq(file->index, (int)index);
}

int64_t reference_contig_length(const struct reference_file *file, size_t index) {
    return faidx_seq_len(file->index, faidx_iseq(file->index, (int)index));
}

static int read_block(struct reference_file *file, int64_t begin, int64_t end,
                      struct failure *why) {
    int64_t length = faidx_seq_len(file->index, file->contig);
    int64_t from = begin > file->back ? begin - file->back : 0;
    int64_t to = end < begin + file->ahead ? begin + file->ahead : end;
    if (to > length)
        to = length;
    free(file->block);
    hts_pos_t got = 0;
    file->block = faidx_fetch_seq64(file->index, file->contig, from, to - 1, &got);
    file->begin = from;
    file->end = from;
    if (file->block == NULL || got != to - from)
        return fail(why, STATUS_IO,
                    "%s, %s:%lld: the file ends early or does not fit its .fai index; "
                    "delete the index so that it is made anew",
                    file->path, file->contig, (long long)from + 1);
    file->end = to;
    return STATUS_OK;
}

static const char *fetch(void *source, int64_t begin, int64_t end, struct failure *why) {
    struct reference_file *file = source;
    if (begin == end)
        return "";
    if (begin < file->begin || end > file->end)
        if (read_block(file, begin, end, why) != STATUS_OK)
            return NULL;
    return file->block + (begin - file->begin);
}

int reference_contig(struct reference_file *file, const char *name, int64_t length,
                     struct reference *out, struct failure *why) {
    int64_t have = faidx_seq_len(file->index, name);
    if (have < 0)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: has no contig '%s', which the alignments have; give the FASTA file "
                    "that the reads were aligned to",
                    file->path, name);
    if (length >= 0 && have != length)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: contig '%s' is %lld bases long, but the alignments say %lld; give the "
                    "FASTA file that the reads were aligned to",
                    file->path, name, (long long)have, (long long)length);
    if (file->contig == NULL || strcmp(file->contig, name) != 0) {
        free(file->contig);
        file->contig = strdup(name);
        file->begin = file->end = 0;
        if (file->contig == NULL)
            return fail(why, STATUS_NO_MEMORY, "%s: out of memory", file->path);
    }
    *out = (struct reference){.length = have, .source = file, .fetch = fetch};
    return STATUS_OK;
}
