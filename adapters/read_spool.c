/* SPDX-License-Identifier: MIT
 *
 * Segments FOLDER/reads-000001.bam and so on: writing them, and mending the last one of a run that
 * was killed.  read_spool_sort.c sorts them. */
#include "adapters/read_spool.h"

#include <htslib/bgzf.h>
#include <htslib/hfile.h>
#include <htslib/hts.h>
#include <htslib/kstring.h>
#include <htslib/sam.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_MAX_LENGTH = 4096, SEGMENT_BYTES = 256 << 20 };

struct read_spool {
    char *folder;
    int lock; /* the folder, locked; -1: not */
    sam_hdr_t *header;
    size_t before; /* segments that were there */
    char **paths;
    size_t number;      /* of the segment under way */
    htsFile *file;      /* NULL: none is */
    int disk;           /* its descriptor once more, to wait for the disk; -1: none is */
    int64_t bytes;      /* in it, uncompressed */
    bam1_t *record;     /* used again for every read */
    kstring_t sequence; /* the same */
    uint8_t *moves;     /* the same */
    size_t moves_capacity;
};

static bool segment_path(char *path, size_t size, const char *folder, size_t number) {
    int length = snprintf(path, size, "%s/reads-%06zu.bam", folder, number);
    return length > 0 && (size_t)length < size;
}

static int fail_write(const char *folder, struct failure *why) {
    return fail(why, STATUS_IO, "%s: a read cannot be kept: %s", folder,
                errno ? strerror(errno) : "the file cannot be written");
}

/* Waits for the disk; where the file system cannot tell, it is as good as it gets. */
static bool on_disk(int file) {
    return fdatasync(file) == 0 || errno == EINVAL;
}

/* ---- header -------------------------------------------------------------------------------- */

/* One read group per basecalling model, as sequencers write them. */
static void add_groups(kstring_t *text, const struct read_spool_header *header) {
    const char *models = header->basecall_models ? header->basecall_models : "";
    for (int group = 1; group == 1 || *models != '\0'; group++) {
        size_t length = strcspn(models, ",");
        ksprintf(text, "@RG\tID:%d", group);
        if (header->sample != NULL)
            ksprintf(text, "\tSM:%s", header->sample);
        if (header->platform != NULL)
            ksprintf(text, "\tPL:%s", header->platform);
        if (length > 0)
            ksprintf(text, "\tDS:basecall_model=%.*s", (int)length, models);
        kputc('\n', text);
        models += length + (models[length] == ',');
    }
}

static const char TARGETS_LINE[] = "@CO\ttargets: ";

static sam_hdr_t *make_header(const struct read_spool_header *header) {
    kstring_t text = KS_INITIALIZE;
    kputs("@HD\tVN:1.6\tSO:unsorted\n", &text);
    for (size_t i = 0; i < header->contig_count; i++)
        ksprintf(&text, "@SQ\tSN:%s\tLN:%lld\n", header->names[i], (long long)header->lengths[i]);
    add_groups(&text, header);
    if (header->targets != NULL)
        ksprintf(&text, "%s%s\n", TARGETS_LINE, header->targets);
    sam_hdr_t *made = text.s ? sam_hdr_parse(text.l, text.s) : NULL;
    ks_free(&text);
    return made;
}

static bool same_contigs(const sam_hdr_t *a, const sam_hdr_t *b) {
    bool same = sam_hdr_nref(a) == sam_hdr_nref(b);
    for (int i = 0; same && i < sam_hdr_nref(a); i++)
        same = strcmp(sam_hdr_tid2name(a, i), sam_hdr_tid2name(b, i)) == 0 &&
               sam_hdr_tid2len(a, i) == sam_hdr_tid2len(b, i);
    return same;
}

/* Whether reads of other targets were left out when those were kept. */
static bool other_targets(sam_hdr_t *theirs, sam_hdr_t *ours) {
    const char *told = strstr(sam_hdr_str(theirs), TARGETS_LINE);
    const char *wanted = strstr(sam_hdr_str(ours), TARGETS_LINE);
    size_t length = wanted ? strcspn(wanted, "\n") : 0;
    return told != NULL && wanted != NULL &&
           (strcspn(told, "\n") != length || strncmp(told, wanted, length) != 0);
}

/* ---- what a run before left ---------------------------------------------------------------- */

/* Copies the whole records of a segment that was cut short, and puts the copy in its place. */
static int mend(const struct read_spool *s, const char *path, htsFile *from, sam_hdr_t *header,
                struct failure *why) {
    char mended[PATH_MAX_LENGTH + 8];
    snprintf(mended, sizeof mended, "%s.mended", path);
    errno = 0;
    htsFile *to = hts_open(mended, "wb1");
    bool good = to != NULL && sam_hdr_write(to, header) == 0;
    while (good && sam_read1(from, header, s->record) >= 0)
        good = sam_write1(to, header, s->record) >= 0;
    if (to != NULL)
        good = hts_close(to) == 0 && good;
    if (good && rename(mended, path) == 0)
        return STATUS_OK;
    int status = fail(why, STATUS_IO, "%s: cannot be mended: %s", path, strerror(errno));
    remove(mended);
    return status;
}

/* A segment that a run before left; one without even a header holds nothing. */
static int check_segment(const struct read_spool *s, const char *path, struct failure *why) {
    htsFile *file = hts_open(path, "r");
    sam_hdr_t *header = file ? sam_hdr_read(file) : NULL;
    int status = STATUS_OK;
    if (file == NULL)
        status = fail(why, STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
    else if (header == NULL)
        status =
            remove(path) == 0 ? STATUS_OK : fail(why, STATUS_IO, "%s: cannot be removed", path);
    else if (sam_hdr_nref(s->header) > 0 && !same_contigs(header, s->header))
        status = fail(why, STATUS_BAD_INPUT,
                      "%s: holds reads of another reference than those that come now", path);
    else if (other_targets(header, s->header))
        status =
            fail(why, STATUS_BAD_INPUT,
                 "%s: holds reads that were kept for other targets; go on with the BED file of "
                 "that run",
                 path);
    else if (hts_check_EOF(file) != 1)
        status = mend(s, path, file, header, why);
    sam_hdr_destroy(header);
    if (file != NULL)
        hts_close(file);
    return status;
}

static int find_segments(struct read_spool *s, bool resume, struct failure *why) {
    char path[PATH_MAX_LENGTH];
    for (size_t number = 1;; number++) {
        if (!segment_path(path, sizeof path, s->folder, number))
            return fail(why, STATUS_BAD_INPUT, "%s: the name is too long", s->folder);
        if (access(path, F_OK) != 0)
            return STATUS_OK;
        if (!resume)
            return fail(why, STATUS_BAD_INPUT,
                        "%s: holds the reads of a run before; --resume goes on with them, or give "
                        "another folder",
                        s->folder);
        if (check_segment(s, path, why) != STATUS_OK)
            return why->code;
        if (access(path, F_OK) != 0)
            return STATUS_OK; /* the last one, and empty */
        char **paths = realloc(s->paths, (s->before + 1) * sizeof *paths);
        if (paths != NULL)
            s->paths = paths;
        if (paths == NULL || (paths[s->before] = strdup(path)) == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for kept reads");
        s->number = ++s->before;
    }
}

/* Makes the folder where it is missing; two runs in one would mix their reads. */
static int take_folder(struct read_spool *s, struct failure *why) {
    if (mkdir(s->folder, 0777) != 0 && errno != EEXIST)
        return fail(why, STATUS_IO, "%s: no folder of this name can be made: %s", s->folder,
                    strerror(errno));
    s->lock = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->lock < 0)
        return fail(why, STATUS_IO, "%s: cannot be opened: %s", s->folder, strerror(errno));
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return fail(why, STATUS_BAD_INPUT, "%s: another run keeps its reads there", s->folder);
    return STATUS_OK;
}

int read_spool_open(struct read_spool **out, const char *folder,
                    const struct read_spool_header *header, bool resume, struct failure *why) {
    hts_set_log_level(HTS_LOG_OFF); /* what it has to say, our sentences say */
    struct read_spool *s = *out = calloc(1, sizeof *s);
    if (s == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for kept reads");
    s->lock = s->disk = -1;
    s->folder = strdup(folder);
    s->header = make_header(header);
    s->record = bam_init1();
    int status = STATUS_OK;
    if (s->folder == NULL || s->header == NULL || s->record == NULL)
        status = fail(why, STATUS_NO_MEMORY, "out of memory for kept reads");
    else if ((status = take_folder(s, why)) == STATUS_OK)
        status = find_segments(s, resume, why);
    if (status != STATUS_OK) {
        read_spool_free(s);
        *out = NULL;
    }
    return status;
}

void read_spool_free(struct read_spool *s) {
    if (s == NULL)
        return;
    if (s->file != NULL)
        hts_close(s->file);
    for (size_t i = 0; i < s->before; i++)
        free(s->paths[i]);
    free(s->paths);
    sam_hdr_destroy(s->header);
    bam_destroy1(s->record);
    ks_free(&s->sequence);
    free(s->moves);
    if (s->disk >= 0)
        close(s->disk);
    if (s->lock >= 0)
        close(s->lock);
    free(s->folder);
    free(s);
}

size_t read_spool_segments(const struct read_spool *s) {
    return s->before;
}

const char *read_spool_segment(const struct read_spool *s, size_t number) {
    return s->paths[number];
}

/* ---- adding -------------------------------------------------------------------------------- */

static int begin_segment(struct read_spool *s, struct failure *why) {
    char path[PATH_MAX_LENGTH];
    if (!segment_path(path, sizeof path, s->folder, ++s->number))
        return fail(why, STATUS_BAD_INPUT, "%s: the name is too long", s->folder);
    errno = 0;
    s->bytes = 0;
    s->file = hts_open(path, "wb1");
    if (s->file == NULL || sam_hdr_write(s->file, s->header) != 0 ||
        (s->disk = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        return fail_write(s->folder, why);
    return fsync(s->lock) == 0 || errno == EINVAL ? STATUS_OK : fail_write(s->folder, why);
}

/* The record without its tags.  bam_set1 takes letters, and packs them again. */
static bool set_record(struct read_spool *s, int32_t contig, const struct alignment *read) {
    ks_clear(&s->sequence);
    if (ks_resize(&s->sequence, (size_t)read->length + 1) < 0)
        return false;
    for (int32_t i = 0; i < read->length; i++)
        s->sequence.s[i] = seq_nt16_str[bam_seqi(read->sequence, i)];
    return bam_set1(s->record, strlen(read->name), read->name, read->flag, contig, read->position,
                    read->mapq, read->cigar_count, read->cigar, -1, -1, 0, (size_t)read->length,
                    s->sequence.s, (const char *)read->qualities, 0) >= 0;
}

/* Its mv tag: who reads it wants to know which elements are 0, and skips the stride before them. */
static bool add_moves(struct read_spool *s, const struct alignment *read) {
    size_t size = read->move_count + 1;
    if (size > s->moves_capacity) {
        uint8_t *larger = realloc(s->moves, 2 * size);
        if (larger == NULL)
            return false;
        s->moves = larger;
        s->moves_capacity = 2 * size;
    }
    s->moves[0] = 1;
    for (size_t i = 0; i < read->move_count; i++)
        s->moves[i + 1] = read->moves[i] != 0;
    return bam_aux_update_array(s->record, "mv", 'c', (uint32_t)size, s->moves) == 0;
}

static bool add_tags(struct read_spool *s, const struct alignment *read, const char *start_time,
                     size_t start_time_length, int64_t channel) {
    return (read->haplotype == 0 || bam_aux_update_int(s->record, "HP", read->haplotype) == 0) &&
           (read->moves == NULL || add_moves(s, read)) &&
           (start_time == NULL ||
            bam_aux_update_str(s->record, "st", (int)start_time_length, start_time) == 0) &&
           (channel < 0 || bam_aux_update_int(s->record, "ch", channel) == 0);
}

int read_spool_add(struct read_spool *s, int32_t contig, const struct alignment *read,
                   const char *start_time, size_t start_time_length, int64_t channel,
                   struct failure *why) {
    if (s->file == NULL && begin_segment(s, why) != STATUS_OK)
        return why->code;
    errno = 0;
    if (!set_record(s, contig, read) || !add_tags(s, read, start_time, start_time_length, channel))
        return fail(why, errno == ENOMEM ? STATUS_NO_MEMORY : STATUS_BAD_INPUT,
                    "read '%s' is none that a BAM file can hold", read->name);
    if (sam_write1(s->file, s->header, s->record) < 0)
        return fail_write(s->folder, why);
    s->bytes += s->record->l_data;
    return s->bytes > SEGMENT_BYTES ? read_spool_end(s, why) : STATUS_OK;
}

int read_spool_flush(struct read_spool *s, struct failure *why) {
    errno = 0;
    if (s->file == NULL || (bgzf_flush(s->file->fp.bgzf) == 0 &&
                            hflush(s->file->fp.bgzf->fp) == 0 && on_disk(s->disk)))
        return STATUS_OK;
    return fail_write(s->folder, why);
}

int read_spool_end(struct read_spool *s, struct failure *why) {
    if (s->number == 0 && begin_segment(s, why) != STATUS_OK) /* without any read */
        return why->code;
    if (s->file == NULL)
        return STATUS_OK;
    errno = 0;
    bool good = hts_close(s->file) == 0 && on_disk(s->disk);
    int status = good ? STATUS_OK : fail_write(s->folder, why);
    close(s->disk);
    s->file = NULL;
    s->disk = -1;
    return status;
}

void read_spool_remove(const char *folder) {
    char path[PATH_MAX_LENGTH];
    for (size_t number = 1; segment_path(path, sizeof path, folder, number); number++)
        if (remove(path) != 0)
            break;
    rmdir(folder);
}
