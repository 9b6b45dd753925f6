/* SPDX-License-Identifier: MIT
 *
 * Alignments from a BAM, CRAM or SAM file or from standard input (and, where asked for, reads that
 * are not aligned yet, also from FASTQ), one record after the other, each lent to core as a `struct
 * alignment` that points into the reader's own record: nothing is copied.  An index is needed only
 * once a region is asked for.  Input that is not what it should be (unsorted, truncated, corrupt)
 * ends with a sentence that names file and record. */
#ifndef ADAPTERS_ALIGNMENTS_H
#define ADAPTERS_ALIGNMENTS_H

#include "core/status.h"
#include "core/windows/alignment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alignments; /* an open file; used by one thread at a time */

struct alignments_options {
    const char *reference; /* path of the FASTA file; CRAM cannot be read without, else NULL */
    int threads;           /* that help to decompress; 0: none */
    bool moves;            /* fill `moves` from mv tags */
    bool any_order;        /* accept records that are not sorted by contig and position */
    bool unaligned;   /* accept a header without contigs, and FASTQ (plain or gzipped), of whose
                         comments tags as of SAM are read (st:Z:..., ch:i:..., mv:B:c,...) */
    int pipe;         /* read from this descriptor, `path` being only its name in messages; it
                         is closed with the file, or when opening fails; 0: open the path */
    const char *copy; /* also write every record read to this BAM file, which is whole once
                         the end has been reached; lent while the file is open; NULL: none */
};

/* For who feeds `pipe`: plain text (SAM, FASTQ) is read 64 KiB at a time, blocks of BGZF one by
 * one.  Wraps `count` bytes of text, at most ALIGNMENTS_TEXT_MAX, as a block that is not
 * compressed; 0 bytes as the end marker, which is wanted then.  The size of the block, or 0 where
 * zlib could not. */
enum { ALIGNMENTS_TEXT_MAX = 0xff00, ALIGNMENTS_BLOCK_MAX = 0x10000 };
size_t alignments_wrap(uint8_t block[ALIGNMENTS_BLOCK_MAX], const void *text, size_t count);

struct alignments_contig {
    const char *name; /* any that SAM allows, colons too */
    int64_t length;   /* in bases */
};

/* What the header says.  Texts and arrays belong to the open file. */
struct alignments_header {
    size_t contig_count; /* 0 only where `unaligned` allows it */
    const struct alignments_contig *contigs;
    const char *sample;         /* SM of the first read group that has one; NULL: none has */
    const char *samples;        /* all, ", " between them, where there are several; else NULL */
    const char *platform;       /* PL of the first read group that has one (ONT, PACBIO); NULL */
    const char *basecall_model; /* "basecall_model=..." in DS of the read groups, several separated
                                 * by commas; NULL where there is none */
    const char *sort_order;     /* SO of the header line; "unknown" where absent */
};

/* Opens `path` ("-": standard input) and reads the header.  `options` may be NULL: none set.
 * A BAM or CRAM file that lacks its end-of-file marker is refused here where the file can be
 * looked at ahead of reading, and at its end where it cannot. */
int alignments_open(struct alignments **out, const char *path,
                    const struct alignments_options *options, struct failure *why);
void alignments_close(struct alignments *file); /* accepts NULL */

/* Valid until alignments_close. */
const struct alignments_header *alignments_header(const struct alignments *file);

/* The index of a contig of the header, or -1. */
int32_t alignments_find_contig(const struct alignments *file, const char *name);

/* What lies beside a file by the names and times of files: an index that is older than the file may
 * be that of other reads. */
enum index_state { INDEX_NONE, INDEX_OLDER, INDEX_CURRENT };
enum index_state alignments_index_state(const char *path);

/* Whether an index that fits the file lies beside it.  Loses the place of alignments_next. */
bool alignments_has_index(struct alignments *file);

/* How many mapped reads of a contig the index counts.  -1: it says nothing of the contig, which has
 * none if of another one it does. */
int64_t alignments_indexed_reads(struct alignments *file, int32_t contig);

/* From now on alignments_next gives the records that overlap [begin, end) (0-based) of this
 * contig, in file order, and then STATUS_END.  May be called again for another region.  Needs
 * a file and its index (.bai, .csi or .crai beside it); that of another file is refused. */
int alignments_region(struct alignments *file, int32_t contig, int64_t begin, int64_t end,
                      struct failure *why);

/* Gives the next record and the index of its contig in the header (-1: none, an unmapped
 * read).  STATUS_OK, STATUS_END, or a failure.  What `out` points to is borrowed until the next
 * call for this file. */
int alignments_next(struct alignments *file, struct alignment *out, int32_t *contig,
                    struct failure *why);

/* Of the record that alignments_next gave last: when sequencing of the read began (tag st), NULL
 * where it is not said; and the channel of the flow cell (tag ch), -1 where it is not said. */
const char *alignments_start_time(const struct alignments *file);
int32_t alignments_channel(const struct alignments *file);

#endif
