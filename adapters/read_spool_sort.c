/* SPDX-License-Identifier: MIT
 *
 * Sorting a spool of reads: each segment is sorted in memory, and the sorted ones are merged. */
#include "adapters/read_spool.h"

#include <htslib/hts.h>
#include <htslib/sam.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_MAX_LENGTH = 4096, LONGEST_OF_BAI = (1 << 29) - 1, CSI_SHIFT = 14 };

struct part { /* one sorted segment, while merging */
    htsFile *file;
    sam_hdr_t *header;
    bam1_t *record; /* the next one */
    bool over;
};

struct sorting {
    const char *folder;
    size_t count; /* segments */
    struct part *parts;
    bam1_t **records; /* of one segment */
    size_t record_count, room;
};

static int compare(const bam1_t *x, const bam1_t *y) {
    if (x->core.tid != y->core.tid)
        return x->core.tid < y->core.tid ? -1 : 1;
    if (x->core.pos != y->core.pos)
        return x->core.pos < y->core.pos ? -1 : 1;
    if (bam_is_rev(x) != bam_is_rev(y))
        return bam_is_rev(x) ? 1 : -1;
    int names = strcmp(bam_get_qname(x), bam_get_qname(y));
    return names != 0 ? names : (int)x->core.flag - (int)y->core.flag;
}

static int by_place(const void *a, const void *b) {
    return compare(*(bam1_t *const *)a, *(bam1_t *const *)b);
}

static void part_path(char *path, size_t size, const char *folder, const char *kind,
                      size_t number) {
    snprintf(path, size, "%s/%s-%06zu.bam", folder, kind, number);
}

static int fail_here(const char *path, struct failure *why) {
    return fail(why, STATUS_IO, "%s: the kept reads cannot be sorted: %s", path,
                errno ? strerror(errno) : "the file is not whole");
}

/* ---- one segment --------------------------------------------------------------------------- */

static bool keep(struct sorting *s, const bam1_t *record) {
    if (s->record_count == s->room) {
        size_t room = s->room ? 2 * s->room : 4096;
        bam1_t **larger = realloc(s->records, room * sizeof *larger);
        if (larger == NULL)
            return false;
        s->records = larger;
        s->room = room;
    }
    return (s->records[s->record_count++] = bam_dup1(record)) != NULL;
}

static void forget(struct sorting *s) {
    for (size_t i = 0; i < s->record_count; i++)
        bam_destroy1(s->records[i]);
    s->record_count = 0;
}

static bool write_sorted(struct sorting *s, sam_hdr_t *header, const char *path) {
    htsFile *to = hts_open(path, "wb1");
    bool good = to != NULL && sam_hdr_write(to, header) == 0;
    qsort(s->records, s->record_count, sizeof *s->records, by_place);
    for (size_t i = 0; good && i < s->record_count; i++)
        good = sam_write1(to, header, s->records[i]) >= 0;
    if (to != NULL)
        good = hts_close(to) == 0 && good;
    return good;
}

static int sort_segment(struct sorting *s, size_t number, struct failure *why) {
    char path[PATH_MAX_LENGTH], sorted[PATH_MAX_LENGTH];
    part_path(path, sizeof path, s->folder, "reads", number);
    part_path(sorted, sizeof sorted, s->folder, "sorted", number);
    errno = 0;
    htsFile *from = hts_open(path, "r");
    sam_hdr_t *header = from ? sam_hdr_read(from) : NULL;
    bam1_t *record = bam_init1();
    int got = -2;
    bool good =
        header != NULL && record != NULL && sam_hdr_update_hd(header, "SO", "coordinate") == 0;
    while (good && (got = sam_read1(from, header, record)) >= 0)
        good = keep(s, record);
    good = good && got == -1 && write_sorted(s, header, sorted);
    int status = good ? STATUS_OK : fail_here(path, why);
    forget(s);
    bam_destroy1(record);
    sam_hdr_destroy(header);
    if (from != NULL)
        hts_close(from);
    return status;
}

/* ---- merging ------------------------------------------------------------------------------- */

static int advance(struct part *part, const char *folder, struct failure *why) {
    int got = sam_read1(part->file, part->header, part->record);
    part->over = got == -1;
    return got >= -1 ? STATUS_OK : fail_here(folder, why);
}

static int open_parts(struct sorting *s, struct failure *why) {
    char path[PATH_MAX_LENGTH];
    s->parts = calloc(s->count, sizeof *s->parts);
    if (s->parts == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for sorting");
    for (size_t i = 0; i < s->count; i++) {
        struct part *part = &s->parts[i];
        part_path(path, sizeof path, s->folder, "sorted", i + 1);
        part->record = bam_init1();
        part->file = hts_open(path, "r");
        part->header = part->file ? sam_hdr_read(part->file) : NULL;
        if (part->header == NULL || part->record == NULL)
            return fail_here(path, why);
        if (advance(part, s->folder, why) != STATUS_OK)
            return why->code;
    }
    return STATUS_OK;
}

static struct part *first_part(struct sorting *s) {
    struct part *first = NULL;
    for (size_t i = 0; i < s->count; i++)
        if (!s->parts[i].over && (first == NULL || compare(s->parts[i].record, first->record) < 0))
            first = &s->parts[i];
    return first;
}

static int merge(struct sorting *s, const char *path, struct failure *why) {
    struct part *part;
    errno = 0;
    htsFile *to = hts_open(path, "wb1");
    bool good = to != NULL && sam_hdr_write(to, s->parts[0].header) == 0;
    int status = STATUS_OK;
    while (good && status == STATUS_OK && (part = first_part(s)) != NULL) {
        good = sam_write1(to, part->header, part->record) >= 0;
        status = advance(part, s->folder, why);
    }
    if (to != NULL)
        good = hts_close(to) == 0 && good;
    return good ? status : fail_here(path, why);
}

/* Beside the file, as `path`.bai or .csi, which go to their names before it does. */
static int publish(const struct sorting *s, const char *made, const char *path,
                   struct failure *why) {
    char made_index[PATH_MAX_LENGTH + 8], index[PATH_MAX_LENGTH + 8];
    const sam_hdr_t *header = s->parts[0].header;
    bool is_long = false;
    for (int i = 0; i < sam_hdr_nref(header); i++)
        is_long |= sam_hdr_tid2len(header, i) > LONGEST_OF_BAI;
    const char *ending = is_long ? "csi" : "bai";
    snprintf(made_index, sizeof made_index, "%s.%s", made, ending);
    snprintf(index, sizeof index, "%s.%s", path, ending);
    errno = 0;
    if (sam_index_build2(made, made_index, is_long ? CSI_SHIFT : 0) == 0 &&
        rename(made_index, index) == 0 && rename(made, path) == 0)
        return STATUS_OK;
    int status = fail_here(path, why);
    remove(made_index);
    return status;
}

static void clean_up(struct sorting *s) {
    char path[PATH_MAX_LENGTH];
    for (size_t i = 0; i < s->count; i++) {
        struct part *part = s->parts ? &s->parts[i] : NULL;
        if (part != NULL) {
            bam_destroy1(part->record);
            sam_hdr_destroy(part->header);
            if (part->file != NULL)
                hts_close(part->file);
        }
        part_path(path, sizeof path, s->folder, "sorted", i + 1);
        remove(path);
    }
    free(s->parts);
    free(s->records);
}

int read_spool_sort(const char *folder, const char *path, struct failure *why) {
    char made[PATH_MAX_LENGTH];
    struct sorting s = {.folder = folder};
    int status = STATUS_OK;
    part_path(made, sizeof made, folder, "reads", 1);
    while (access(made, R_OK) == 0)
        part_path(made, sizeof made, folder, "reads", ++s.count + 1);
    if (s.count == 0)
        return fail(why, STATUS_BAD_INPUT, "%s: holds no reads", folder);
    snprintf(made, sizeof made, "%s.part", path);
    for (size_t i = 1; i <= s.count && status == STATUS_OK; i++)
        status = sort_segment(&s, i, why);
    if (status == STATUS_OK)
        status = open_parts(&s, why);
    if (status == STATUS_OK)
        status = merge(&s, made, why);
    if (status == STATUS_OK)
        status = publish(&s, made, path, why);
    if (status != STATUS_OK)
        remove(made);
    clean_up(&s);
    return status;
}
