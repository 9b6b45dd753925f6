/* SPDX-License-Identifier: MIT
 *
 * minimap2's library behind core's `struct alignment`.  The one idea: what the library finds is
 * turned into records by the rules of SAM as the command writes it - clips around the CIGAR, hard
 * ones in supplementary alignments, no bases in secondary ones.
 *
 * The library ends the process where an index file is cut short, so one is walked through first. */
#include "adapters/aligner.h"

#include <minimap.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REVERSE = 16, SECONDARY = 256, KEPT_FLAGS = 512 | 1024, SUPPLEMENTARY = 2048 };

/* What the library would have to print.  It is compiled for programs, so inside a stage it cannot
 * reach libc's own variables; a stage links it with --wrap, and then it uses these. */
extern struct _IO_FILE_plus _IO_2_1_stderr_;
extern FILE *const __wrap_stderr, *const __wrap_stdin;
FILE *const __wrap_stderr = (FILE *)(void *)&_IO_2_1_stderr_;
FILE *const __wrap_stdin = NULL;

struct aligner {
    mm_idx_t *index;
    mm_mapopt_t options;
    struct aligner_contig *contigs;
};

struct aligner_worker {
    const struct aligner *aligner;
    mm_tbuf_t *buffer;
    char *letters;    /* of the read, as it was sequenced */
    uint8_t *codes;   /* the same as BAM's 4 bits, a byte each, then those of the other strand */
    uint8_t *quality; /* likewise */
    size_t room;      /* bases that fit */
    struct aligner_hit *hits;
    size_t hit_room;
    char *records; /* CIGARs, sequences and qualities of all hits */
    size_t record_room;
};

/* ---- the index ----------------------------------------------------------------------------- */

static bool skip(FILE *file, uint64_t bytes, uint64_t *left) {
    if (bytes > *left)
        return false;
    *left -= bytes;
    return fseek(file, (long)bytes, SEEK_CUR) == 0;
}

static bool take(FILE *file, void *out, size_t bytes, uint64_t *left) {
    if (bytes > *left)
        return false;
    *left -= bytes;
    return fread(out, bytes, 1, file) == 1;
}

/* Whether every length in an index lies within the file, as mm_idx_load reads it: five numbers (w,
 * k, bits, sequences, flags), names and lengths, 2^bits buckets of positions and pairs, and the
 * letters, eight to a word. */
static bool index_is_whole(FILE *file, uint64_t left) {
    uint32_t head[5];
    uint64_t letters = 0;
    enum { BITS_MAX = 28 };
    if (!skip(file, strlen(MM_IDX_MAGIC), &left) || !take(file, head, sizeof head, &left) ||
        head[2] > BITS_MAX)
        return false;
    for (uint32_t i = 0; i < head[3]; i++) {
        uint8_t name;
        uint32_t length;
        if (!take(file, &name, 1, &left) || !skip(file, name, &left) ||
            !take(file, &length, sizeof length, &left))
            return false;
        letters += length;
    }
    for (uint32_t i = 0; i < 1u << head[2]; i++) {
        uint32_t positions, pairs;
        if (!take(file, &positions, sizeof positions, &left) ||
            !skip(file, (uint64_t)positions * 8, &left) ||
            !take(file, &pairs, sizeof pairs, &left) || !skip(file, (uint64_t)pairs * 16, &left))
            return false;
    }
    return (head[4] & MM_I_NO_SEQ) || skip(file, (letters + 7) / 8 * 4, &left);
}

static int check_file(const char *path, struct failure *why) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail(why, STATUS_IO, "%s: cannot open: %s", path, strerror(errno));
    int64_t size = mm_idx_is_idx(path);
    bool whole = size <= 0 || index_is_whole(file, (uint64_t)size);
    fclose(file);
    return whole ? STATUS_OK
                 : fail(why, STATUS_BAD_INPUT,
                        "%s: the index is cut short or damaged; make it anew with 'minimap2 -d'",
                        path);
}

static int read_index(struct aligner *aligner, const char *path, const mm_idxopt_t *options,
                      int threads, struct failure *why) {
    mm_idx_reader_t *reader = mm_idx_reader_open(path, options, NULL);
    if (reader == NULL)
        return fail(why, STATUS_IO, "%s: cannot be read", path);
    aligner->index = mm_idx_reader_read(reader, threads);
    mm_idx_t *more = aligner->index ? mm_idx_reader_read(reader, threads) : NULL;
    bool parts = more != NULL;
    mm_idx_destroy(more);
    mm_idx_reader_close(reader);
    if (aligner->index == NULL || aligner->index->n_seq == 0)
        return fail(why, STATUS_BAD_INPUT,
                    "%s: holds no sequences; give a FASTA file or an index of minimap2", path);
    if (parts)
        return fail(why, STATUS_UNSUPPORTED,
                    "%s: the index has several parts; make it in one ('minimap2 -I 100G -d')",
                    path);
    if (aligner->index->flag & (MM_I_NO_SEQ | MM_I_NO_NAME))
        return fail(why, STATUS_UNSUPPORTED,
                    "%s: the index was made without sequences or names, which alignments need",
                    path);
    return STATUS_OK;
}

int aligner_open(struct aligner **out, const char *path, const char *preset, int threads,
                 struct failure *why) {
    mm_idxopt_t indexing;
    struct aligner *aligner = calloc(1, sizeof *aligner);
    *out = NULL;
    if (aligner == NULL)
        return fail(why, STATUS_NO_MEMORY, "%s: out of memory", path);
    mm_set_opt(NULL, &indexing, &aligner->options);
    int status = STATUS_OK;
    if (mm_set_opt(preset, &indexing, &aligner->options) != 0)
        status = fail(why, STATUS_UNSUPPORTED,
                      "this version of minimap2's library has no preset '%s'; map-ont and map-hifi "
                      "are in all",
                      preset);
    aligner->options.flag |= MM_F_CIGAR | MM_F_OUT_SAM;
    indexing.batch_size = INT64_MAX; /* one part, whatever the genome */
    if (status == STATUS_OK)
        status = check_file(path, why);
    if (status == STATUS_OK)
        status = read_index(aligner, path, &indexing, threads < 1 ? 1 : threads, why);
    if (status == STATUS_OK) {
        const mm_idx_t *index = aligner->index;
        mm_mapopt_update(&aligner->options, index);
        aligner->contigs = calloc(index->n_seq, sizeof *aligner->contigs);
        for (uint32_t i = 0; aligner->contigs != NULL && i < index->n_seq; i++)
            aligner->contigs[i] = (struct aligner_contig){index->seq[i].name, index->seq[i].len};
        if (aligner->contigs == NULL)
            status = fail(why, STATUS_NO_MEMORY, "%s: out of memory for contigs", path);
    }
    if (status != STATUS_OK) {
        aligner_close(aligner);
        return status;
    }
    *out = aligner;
    return STATUS_OK;
}

void aligner_close(struct aligner *aligner) {
    if (aligner == NULL)
        return;
    mm_idx_destroy(aligner->index);
    free(aligner->contigs);
    free(aligner);
}

const struct aligner_contig *aligner_contigs(const struct aligner *aligner, size_t *count) {
    *count = aligner->index->n_seq;
    return aligner->contigs;
}

/* ---- workers ------------------------------------------------------------------------------- */

struct aligner_worker *aligner_worker_new(const struct aligner *aligner, struct failure *why) {
    struct aligner_worker *worker = calloc(1, sizeof *worker);
    if (worker != NULL && (worker->buffer = mm_tbuf_init()) != NULL) {
        worker->aligner = aligner;
        return worker;
    }
    free(worker);
    fail(why, STATUS_NO_MEMORY, "out of memory for an aligner");
    return NULL;
}

void aligner_worker_free(struct aligner_worker *worker) {
    if (worker == NULL)
        return;
    mm_tbuf_destroy(worker->buffer);
    free(worker->letters);
    free(worker->codes);
    free(worker->quality);
    free(worker->hits);
    free(worker->records);
    free(worker);
}

static bool grow(void *room, size_t size) {
    void **at = room;
    void *larger = realloc(*at, size);
    if (larger != NULL)
        *at = larger;
    return larger != NULL;
}

/* The complement of a 4-bit letter: its bits (A 1, C 2, G 4, T 8) in the other order. */
static uint8_t complement(uint8_t code) {
    return (uint8_t)((code & 1) << 3 | (code & 2) << 1 | (code & 4) >> 1 | (code & 8) >> 3);
}

/* Takes the read apart: letters as sequenced, codes and qualities of both strands. */
static int unpack(struct aligner_worker *worker, const struct alignment *read,
                  struct failure *why) {
    size_t length = (size_t)read->length;
    if (length + 1 > worker->room) {
        if (!grow(&worker->letters, length + 1) || !grow(&worker->codes, 2 * length + 2) ||
            !grow(&worker->quality, 2 * length + 2))
            return fail(why, STATUS_NO_MEMORY, "read %s: out of memory for %zu bases", read->name,
                        length);
        worker->room = length + 1;
    }
    bool turned = read->flag & REVERSE;
    for (size_t i = 0; i < length; i++) {
        size_t at = turned ? length - 1 - i : i, back = 2 * length - 1 - i;
        uint8_t code = at % 2 ? read->sequence[at / 2] & 15 : read->sequence[at / 2] >> 4;
        code = turned ? complement(code) : code;
        worker->codes[i] = code;
        worker->codes[back] = complement(code);
        worker->quality[i] = worker->quality[back] = read->qualities[at];
        worker->letters[i] = "=ACMGRSVTWYHKDBN"[code];
    }
    worker->letters[length] = '\0';
    return STATUS_OK;
}

/* ---- hits to records ----------------------------------------------------------------------- */

static uint16_t flag_of(const mm_reg1_t *found) {
    uint16_t flag = found->rev ? REVERSE : 0;
    if (found->parent != found->id)
        return flag | SECONDARY;
    return found->sam_pri ? flag : flag | SUPPLEMENTARY;
}

/* CIGAR, sequence and qualities of one hit at `room`; the first byte behind them. */
static char *write_record(const struct aligner_worker *worker, const mm_reg1_t *found,
                          size_t length, struct alignment *out, char *room) {
    bool hard = out->flag & SUPPLEMENTARY;
    size_t clips[2] = {(size_t)found->qs, length - (size_t)found->qe};
    size_t before = clips[found->rev], behind = clips[!found->rev];
    uint32_t clip = hard ? MM_CIGAR_HARDCLIP : MM_CIGAR_SOFTCLIP;
    uint32_t *cigar = (uint32_t *)(void *)room;
    out->cigar = cigar;
    if (before > 0)
        *cigar++ = (uint32_t)before << 4 | clip;
    memcpy(cigar, found->p->cigar, found->p->n_cigar * sizeof *cigar);
    cigar += found->p->n_cigar;
    if (behind > 0)
        *cigar++ = (uint32_t)behind << 4 | clip;
    out->cigar_count = (size_t)(cigar - out->cigar);
    size_t bases = out->flag & SECONDARY ? 0 : hard ? length - before - behind : length;
    size_t first = (found->rev ? length : 0) + (hard ? before : 0);
    uint8_t *sequence = (uint8_t *)cigar, *qualities = sequence + (bases + 1) / 2;
    for (size_t i = 0; i < bases; i += 2) {
        uint8_t next = i + 1 < bases ? worker->codes[first + i + 1] : 0;
        sequence[i / 2] = (uint8_t)(worker->codes[first + i] << 4 | next);
    }
    memcpy(qualities, worker->quality + first, bases);
    out->length = (int32_t)bases;
    out->sequence = sequence;
    out->qualities = qualities;
    return (char *)(qualities + bases) +
           (-(bases + (bases + 1) / 2) & 3); /* the next CIGAR's place */
}

static int make_hits(struct aligner_worker *worker, const struct alignment *read,
                     const mm_reg1_t *found, size_t count, struct failure *why) {
    size_t length = (size_t)read->length, size = 0;
    for (size_t i = 0; i < count; i++)
        size += (found[i].p->n_cigar + 2) * sizeof(uint32_t) + 2 * length + 8;
    if ((count > worker->hit_room && !grow(&worker->hits, count * sizeof *worker->hits)) ||
        (size > worker->record_room && !grow(&worker->records, size)))
        return fail(why, STATUS_NO_MEMORY, "read %s: out of memory for %zu alignments", read->name,
                    count);
    worker->hit_room = count > worker->hit_room ? count : worker->hit_room;
    worker->record_room = size > worker->record_room ? size : worker->record_room;
    char *room = worker->records;
    for (size_t i = 0; i < count; i++) {
        struct aligner_hit *hit = &worker->hits[i];
        hit->contig = (size_t)found[i].rid;
        hit->alignment = *read;
        hit->alignment.position = found[i].rs;
        hit->alignment.flag = flag_of(&found[i]) | (read->flag & KEPT_FLAGS);
        hit->alignment.mapq = (uint8_t)found[i].mapq;
        room = write_record(worker, &found[i], length, &hit->alignment, room);
    }
    return STATUS_OK;
}

int aligner_map(struct aligner_worker *worker, const struct alignment *read,
                const struct aligner_hit **hits, size_t *count, struct failure *why) {
    int found_count = 0;
    int status = unpack(worker, read, why);
    *count = 0;
    if (status != STATUS_OK)
        return status;
    mm_reg1_t *found = mm_map(worker->aligner->index, read->length, worker->letters, &found_count,
                              worker->buffer, &worker->aligner->options, read->name);
    status = make_hits(worker, read, found, (size_t)found_count, why);
    for (int i = 0; i < found_count; i++) /* each has a CIGAR, as MM_F_CIGAR asks for */
        free(found[i].p);
    free(found);
    *hits = worker->hits;
    *count = status == STATUS_OK ? (size_t)found_count : 0;
    return status;
}
