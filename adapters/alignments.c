/* SPDX-License-Identifier: MIT
 *
 * The alignment adapter: htslib's readers behind core's `struct alignment`.  The one idea: the
 * record that htslib unpacked is lent as it lies; only mv tags of wide elements are rewritten,
 * to one byte per element. */
#include "adapters/alignments.h"

#include <htslib/bgzf.h>
#include <htslib/cram.h>
#include <htslib/hfile.h>
#include <htslib/hts.h>
#include <htslib/kstring.h>
#include <htslib/sam.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct alignments {
    char *path; /* as messages name it */
    htsFile *file;
    sam_hdr_t *native;
    bam1_t *record;
    htsFile *copy;       /* every record read is written here as well; NULL: no copy */
    hts_idx_t *index;    /* loaded with the first region */
    hts_itr_t *iterator; /* NULL: from the beginning to the end */
    struct alignments_options options;
    struct alignments_header header;
    struct alignments_contig *contigs;
    kstring_t sample, samples, platform, basecall_model, sort_order;
    uint8_t *moves; /* of the current record, where they had to be rewritten */
    size_t moves_capacity;
    uint64_t count; /* records read, for messages */
    int32_t last_contig;
    int64_t last_position;
};

/* Plain gzip, as FASTQ often is, has no marker of its end. */
static bool is_bgzf(const struct alignments *a) {
    return a->file->is_bgzf != 0 && a->file->format.compression == bgzf;
}

static int fail_truncated(const struct alignments *a, struct failure *why) {
    return fail(why, STATUS_BAD_INPUT,
                "%s: the file is truncated (no end-of-file marker%s); copy it again or make it "
                "anew",
                a->path, a->count == 0 ? "" : " behind its last record");
}

/* ---- the header ---------------------------------------------------------------------------- */

/* True if `name` of `length` letters is one of the names, with "," or ", " between. */
static bool is_listed(const kstring_t *list, const char *name, size_t length) {
    for (const char *at = list->l ? list->s : NULL; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        at += *at == ' ';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

static void add_name(kstring_t *list, const char *between, const char *name, size_t length) {
    if (length == 0 || is_listed(list, name, length))
        return;
    kputs(list->l > 0 ? between : "", list);
    kputsn(name, length, list);
}

static void take_model(struct alignments *a, const char *description) {
    static const char key[] = "basecall_model=";
    const char *found = strstr(description, key);
    const char *name = found ? found + sizeof key - 1 : "";
    add_name(&a->basecall_model, ",", name, strcspn(name, " \t,;"));
}

static void read_groups(struct alignments *a) {
    kstring_t value = KS_INITIALIZE;
    int groups = sam_hdr_count_lines(a->native, "RG");
    for (int i = 0; i < groups; i++) {
        if (sam_hdr_find_tag_pos(a->native, "RG", i, "SM", &value) == 0) {
            if (a->sample.l == 0)
                kputs(value.s, &a->sample);
            add_name(&a->samples, ", ", value.s, value.l);
        }
        if (sam_hdr_find_tag_pos(a->native, "RG", i, "PL", &value) == 0 && a->platform.l == 0)
            kputs(value.s, &a->platform);
        if (sam_hdr_find_tag_pos(a->native, "RG", i, "DS", &value) == 0)
            take_model(a, value.s);
    }
    ks_free(&value);
}

static int read_header(struct alignments *a, struct failure *why) {
    a->native = sam_hdr_read(a->file);
    if (a->native == NULL)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: the header cannot be read: the file is corrupt or truncated", a->path);
    int count = sam_hdr_nref(a->native);
    if (count <= 0 && !a->options.unaligned)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: the header lists no contigs (@SQ): the reads are to be aligned first",
                    a->path);
    count = count < 0 ? 0 : count;
    a->contigs = calloc((size_t)count + 1, sizeof *a->contigs);
    if (a->contigs == NULL)
        return fail(why, STATUS_NO_MEMORY, "%s: out of memory for %d contigs", a->path, count);
    for (int i = 0; i < count; i++) {
        a->contigs[i].name = sam_hdr_tid2name(a->native, i);
        a->contigs[i].length = sam_hdr_tid2len(a->native, i);
    }
    read_groups(a);
    if (sam_hdr_find_tag_hd(a->native, "SO", &a->sort_order) != 0)
        kputs("unknown", ks_clear(&a->sort_order));
    a->header.contig_count = (size_t)count;
    a->header.contigs = a->contigs;
    a->header.sample = a->sample.l ? a->sample.s : NULL;
    a->header.samples = a->samples.l > a->sample.l ? a->samples.s : NULL;
    a->header.platform = a->platform.l ? a->platform.s : NULL;
    a->header.basecall_model = a->basecall_model.l ? a->basecall_model.s : NULL;
    a->header.sort_order = a->sort_order.s;
    return STATUS_OK;
}

/* ---- opening ------------------------------------------------------------------------------- */

static int prepare_cram(struct alignments *a, struct failure *why) {
    if (a->options.reference == NULL)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: CRAM cannot be read without its reference; give "
                    "the FASTA file",
                    a->path);
    if (hts_set_opt(a->file, CRAM_OPT_REFERENCE, a->options.reference) != 0)
        return fail(why, STATUS_BAD_INPUT, "%s: cannot use %s as the reference of this CRAM file",
                    a->path, a->options.reference);
    hts_set_opt(a->file, CRAM_OPT_DECODE_MD, 0); /* NM and MD are not used: do not compute them */
    return STATUS_OK;
}

size_t alignments_wrap(uint8_t block[ALIGNMENTS_BLOCK_MAX], const void *text, size_t count) {
    size_t size = ALIGNMENTS_BLOCK_MAX;
    return bgzf_compress(block, &size, text, count, 0) == 0 ? size : 0;
}

static htsFile *open_pipe(int descriptor, const char *name) {
    hFILE *stream = hdopen(descriptor, "r");
    if (stream == NULL) {
        close(descriptor);
        return NULL;
    }
    htsFile *file = hts_hopen(stream, name, "r");
    if (file == NULL)
        hclose_abruptly(stream);
    return file;
}

static int open_file(struct alignments *a, const char *path, struct failure *why) {
    hts_set_log_level(HTS_LOG_OFF); /* what it has to say, our sentences say */
    errno = 0;
    a->file = a->options.pipe ? open_pipe(a->options.pipe, path) : hts_open(path, "r");
    if (a->file == NULL)
        return fail(why, STATUS_IO, "%s: cannot open: %s", a->path,
                    errno ? strerror(errno) : "not an alignment file");
    enum htsExactFormat format = a->file->format.format;
    bool is_fastq = format == fastq_format && a->options.unaligned;
    if (format != bam && format != cram && format != sam && !is_fastq)
        return fail(why, STATUS_BAD_INPUT, "%s: not a BAM, CRAM or SAM file%s", a->path,
                    a->options.unaligned ? ", nor FASTQ" : "");
    int status = format == cram ? prepare_cram(a, why) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    if (is_fastq)
        hts_set_opt(a->file, FASTQ_OPT_AUX, NULL);
    int marker = format == cram || is_bgzf(a) ? hts_check_EOF(a->file) : 1;
    if (marker == 0)
        return fail_truncated(a, why);
    status = read_header(a, why);
    if (status != STATUS_OK)
        return status;
    /* Helpers come behind the header, since htslib 1.16 can wait for ever for them where a header
     * is cut short.  With them it does not notice that a CRAM stream has no end marker, so one
     * that cannot be looked at ahead is read without. */
    if (a->options.threads > 0 && (format != cram || marker == 1))
        hts_set_threads(a->file, a->options.threads);
    return STATUS_OK;
}

/* Begins the copy, compressed as fast as can be: it is read once and thrown away. */
static int open_copy(struct alignments *a, struct failure *why) {
    struct stat source, target;
    if (stat(a->path, &source) == 0 && stat(a->options.copy, &target) == 0 &&
        source.st_dev == target.st_dev && source.st_ino == target.st_ino)
        return fail(why, STATUS_BAD_INPUT, "%s: cannot be copied onto itself", a->path);
    if ((a->copy = hts_open(a->options.copy, "wb1")) != NULL &&
        sam_hdr_write(a->copy, a->native) == 0)
        return STATUS_OK;
    return fail(why, STATUS_IO, "%s: cannot be written: %s", a->options.copy, strerror(errno));
}

int alignments_open(struct alignments **out, const char *path,
                    const struct alignments_options *options, struct failure *why) {
    *out = NULL;
    struct alignments *a = calloc(1, sizeof *a);
    if (a == NULL)
        return fail(why, STATUS_NO_MEMORY, "%s: out of memory", path);
    if (options != NULL)
        a->options = *options;
    a->last_contig = 0;
    a->last_position = -1;
    a->path = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    a->record = bam_init1();
    int status = STATUS_NO_MEMORY;
    if (a->path == NULL || a->record == NULL)
        fail(why, status, "%s: out of memory", path);
    else
        status = open_file(a, path, why);
    if (status == STATUS_OK && a->options.copy != NULL)
        status = open_copy(a, why);
    if (status != STATUS_OK) {
        alignments_close(a);
        return status;
    }
    *out = a;
    return STATUS_OK;
}

void alignments_close(struct alignments *a) {
    if (a == NULL)
        return;
    hts_itr_destroy(a->iterator);
    hts_idx_destroy(a->index);
    bam_destroy1(a->record);
    sam_hdr_destroy(a->native);
    if (a->file != NULL)
        hts_close(a->file);
    if (a->copy != NULL) { /* the end was not reached: half a copy must not stay */
        hts_close(a->copy);
        remove(a->options.copy);
    }
    ks_free(&a->sample);
    ks_free(&a->samples);
    ks_free(&a->platform);
    ks_free(&a->basecall_model);
    ks_free(&a->sort_order);
    free(a->contigs);
    free(a->moves);
    free(a->path);
    free(a);
}

const struct alignments_header *alignments_header(const struct alignments *a) {
    return &a->header;
}

int32_t alignments_find_contig(const struct alignments *a, const char *name) {
    int found = sam_hdr_name2tid(a->native, name);
    return found < 0 ? -1 : found;
}

/* An index of other reads serves some regions and loses others without a word.  Behind the last
 * record that a fitting one knows stand only records without a place; that is in the file. */
static bool index_fits(struct alignments *a) {
    struct stat file;
    if (a->file->format.format != bam)
        return true;
    hts_itr_t *rest = sam_itr_querys(a->index, a->native, "*");
    bool outside = rest != NULL && stat(a->file->fn, &file) == 0 &&
                   (int64_t)(rest->curr_off >> 16) >= (int64_t)file.st_size;
    int got = rest ? sam_itr_next(a->file, rest, a->record) : -1;
    hts_itr_destroy(rest);
    return !outside && (got == -1 || (got >= 0 && a->record->core.tid < 0));
}

enum index_state alignments_index_state(const char *path) {
    static const char *const ENDINGS[] = {".csi", ".bai", ".crai"}; /* in htslib's order */
    struct stat file, index;
    const char *name = strrchr(path, '/') ? strrchr(path, '/') : path, *dot = strrchr(name, '.');
    size_t whole = strlen(path), stem = dot ? (size_t)(dot - path) : whole;
    int lengths[] = {(int)whole, (int)stem}; /* reads.bam.bai, reads.bai */
    if (stat(path, &file) != 0)
        return INDEX_NONE;
    for (size_t i = 0; i < 2 * sizeof ENDINGS / sizeof *ENDINGS; i++) {
        char beside[4200];
        snprintf(beside, sizeof beside, "%.*s%s", lengths[i % 2], path, ENDINGS[i / 2]);
        if (stat(beside, &index) == 0)
            return index.st_mtime < file.st_mtime ? INDEX_OLDER : INDEX_CURRENT;
    }
    return INDEX_NONE;
}

static int open_index(struct alignments *a, struct failure *why) {
    if (a->index != NULL)
        return STATUS_OK;
    a->index = sam_index_load(a->file, a->file->fn);
    if (a->index == NULL)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: a region needs a file with an index beside it (samtools index)", a->path);
    if (index_fits(a))
        return STATUS_OK;
    hts_idx_destroy(a->index);
    a->index = NULL;
    return fail(why, STATUS_BAD_INPUT,
                "%s: the index beside it is that of other reads (samtools index)", a->path);
}

bool alignments_has_index(struct alignments *a) {
    return open_index(a, NULL) == STATUS_OK;
}

int64_t alignments_indexed_reads(struct alignments *a, int32_t contig) {
    uint64_t mapped, unmapped;
    bool counted = open_index(a, NULL) == STATUS_OK &&
                   hts_idx_get_stat(a->index, contig, &mapped, &unmapped) == 0;
    return counted ? (int64_t)mapped : -1;
}

int alignments_region(struct alignments *a, int32_t contig, int64_t begin, int64_t end,
                      struct failure *why) {
    if (open_index(a, why) != STATUS_OK)
        return STATUS_BAD_INPUT;
    hts_itr_destroy(a->iterator);
    a->iterator = sam_itr_queryi(a->index, contig, begin, end);
    if (a->iterator == NULL)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: the index does not serve %s:%lld-%lld; make it anew", a->path,
                    a->contigs[contig].name, (long long)begin + 1, (long long)end);
    a->last_contig = contig;
    a->last_position = -1;
    return STATUS_OK;
}

/* ---- records ------------------------------------------------------------------------------- */

static const char *contig_name(const struct alignments *a, int32_t contig) {
    return contig < 0 ? "*" : a->contigs[contig].name;
}

/* Unmapped reads without a place (-1) come last. */
static int check_order(struct alignments *a, struct failure *why) {
    const bam1_core_t *core = &a->record->core;
    uint32_t last = (uint32_t)a->last_contig, now = (uint32_t)core->tid;
    if (now < last || (now == last && core->pos < a->last_position && core->tid >= 0))
        return fail(why, STATUS_BAD_INPUT,
                    "%s: not sorted by position: record %llu, '%s' at %s:%lld, comes behind "
                    "%s:%lld; use 'samtools sort'",
                    a->path, (unsigned long long)a->count, bam_get_qname(a->record),
                    contig_name(a, core->tid), (long long)core->pos + 1,
                    contig_name(a, a->last_contig), (long long)a->last_position + 1);
    a->last_contig = core->tid;
    a->last_position = core->pos;
    return STATUS_OK;
}

/* Bytes per element of a BAM array of this type; 0 for what is no integer. */
static size_t element_size(uint8_t type) {
    switch (type) {
    case 'c':
    case 'C':
        return 1;
    case 's':
    case 'S':
        return 2;
    case 'i':
    case 'I':
        return 4;
    default:
        return 0;
    }
}

static int reserve_moves(struct alignments *a, size_t count, struct failure *why) {
    if (count <= a->moves_capacity)
        return STATUS_OK;
    uint8_t *larger = realloc(a->moves, count);
    if (larger == NULL)
        return fail(why, STATUS_NO_MEMORY, "%s: out of memory for the mv tag of '%s'", a->path,
                    bam_get_qname(a->record));
    a->moves = larger;
    a->moves_capacity = count;
    return STATUS_OK;
}

/* The mv tag: an array whose first element is the stride.  Other types count as absent. */
static int lend_moves(struct alignments *a, struct alignment *out, struct failure *why) {
    const uint8_t *tag = bam_aux_get(a->record, "mv");
    if (tag == NULL || tag[0] != 'B' || bam_auxB_len(tag) < 2)
        return STATUS_OK;
    size_t size = element_size(tag[1]);
    size_t count = bam_auxB_len(tag) - 1;
    const uint8_t *elements = tag + 6 + size; /* behind 'B', the type, the count, the stride */
    if (size == 0)
        return STATUS_OK;
    if (size > 1) {
        if (reserve_moves(a, count, why) != STATUS_OK)
            return STATUS_NO_MEMORY;
        for (size_t i = 0; i < count; i++) {
            static const uint8_t zero[4];
            a->moves[i] = memcmp(elements + i * size, zero, size) != 0;
        }
        elements = a->moves;
    }
    out->move_count = count;
    out->moves = elements;
    return STATUS_OK;
}

static int8_t haplotype_tag(const bam1_t *record) {
    const uint8_t *tag = bam_aux_get(record, "HP");
    if (tag == NULL)
        return 0;
    int64_t value = bam_aux2i(tag);
    return (int8_t)(value == 1 || value == 2 ? value : 0);
}

static int lend(struct alignments *a, struct alignment *out, struct failure *why) {
    const bam1_t *record = a->record;
    *out = (struct alignment){
        .name = bam_get_qname(record),
        .position = record->core.pos,
        .flag = record->core.flag,
        .mapq = record->core.qual,
        .haplotype = haplotype_tag(record),
        .cigar_count = record->core.n_cigar,
        .cigar = bam_get_cigar(record),
        .length = record->core.l_qseq,
        .sequence = bam_get_seq(record),
        .qualities = bam_get_qual(record),
    };
    return a->options.moves ? lend_moves(a, out, why) : STATUS_OK;
}

/* At the end of what was read: did the file end where its writer ended it? */
static int close_copy(struct alignments *a, struct failure *why) {
    htsFile *copy = a->copy;
    a->copy = NULL;
    if (copy == NULL || hts_close(copy) == 0)
        return STATUS_END;
    return fail(why, STATUS_IO, "%s: cannot be written: %s", a->options.copy, strerror(errno));
}

static int at_end(struct alignments *a, struct failure *why) {
    if (a->iterator != NULL)
        return STATUS_END;
    if (a->file->format.format == cram && cram_eof(a->file->fp.cram) == 2)
        return fail_truncated(a, why);
    if (is_bgzf(a) && a->file->fp.bgzf->no_eof_block)
        return fail_truncated(a, why);
    return close_copy(a, why);
}

/* A record that htslib could not read. */
static int fail_record(const struct alignments *a, struct failure *why) {
    char more[128];
    snprintf(more, sizeof more, "%s%s", a->iterator ? ", or its index is that of other reads" : "",
             a->file->format.format == cram ? ", or the reference is not the one it was made with"
                                            : "");
    if (a->count == 1)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: the first record cannot be read: the file is corrupt or truncated%s",
                    a->path, more);
    if (a->last_position < 0)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: record %llu cannot be read: the file is corrupt or truncated%s", a->path,
                    (unsigned long long)a->count, more);
    return fail(why, STATUS_BAD_INPUT,
                "%s: record %llu, behind %s:%lld, cannot be read: the file is corrupt or "
                "truncated%s",
                a->path, (unsigned long long)a->count, contig_name(a, a->last_contig),
                (long long)a->last_position + 1, more);
}

int alignments_next(struct alignments *a, struct alignment *out, int32_t *contig,
                    struct failure *why) {
    int got = a->iterator ? sam_itr_next(a->file, a->iterator, a->record)
                          : sam_read1(a->file, a->native, a->record);
    if (got == -1)
        return at_end(a, why);
    a->count++;
    if (got < -1)
        return fail_record(a, why);
    if (!a->options.any_order && check_order(a, why) != STATUS_OK)
        return STATUS_BAD_INPUT;
    if (a->copy != NULL && sam_write1(a->copy, a->native, a->record) < 0)
        return fail(why, STATUS_IO, "%s: cannot be written: %s", a->options.copy, strerror(errno));
    *contig = a->record->core.tid;
    return lend(a, out, why);
}

const char *alignments_start_time(const struct alignments *a) {
    const uint8_t *tag = bam_aux_get(a->record, "st");
    return tag ? bam_aux2Z(tag) : NULL;
}

int32_t alignments_channel(const struct alignments *a) {
    const uint8_t *tag = bam_aux_get(a->record, "ch");
    int64_t channel = tag ? bam_aux2i(tag) : -1;
    return channel > 0 && channel <= INT32_MAX ? (int32_t)channel : -1;
}
