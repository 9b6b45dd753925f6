/* SPDX-License-Identifier: MIT
 *
 * VCF files: records go in and come out as lines of text, whatever the file holds (VCF,
 * VCF in BGZF, BCF).  Text is written as given, character for character; only BCF goes
 * through htslib's parser.
 *
 * A file appears under its name only when whole: it is written beside its target under a
 * temporary name, and vcf_writer_commit makes the index and renames both, the index first.
 * Standard output and whatever is no regular file are written directly, without an index. */
#ifndef ADAPTERS_VCF_H
#define ADAPTERS_VCF_H

#include "core/calls/text.h"
#include "core/status.h"

enum vcf_kind { VCF_TEXT = 'v', VCF_BGZF = 'z', VCF_BCF = 'b' }; /* as in bcftools -O */

struct vcf_writer;

/* What the name asks for: .bcf, .gz or .bgz, else text. */
enum vcf_kind vcf_kind_of_name(const char *path);

/* Begins a file with `header` (all lines, #CHROM as last; empty: a file of other lines than
 * VCF's, which must be VCF_TEXT).  `path` NULL or "-": standard output.  NULL on failure. */
struct vcf_writer *vcf_writer_open(const char *path, enum vcf_kind kind, const struct text *header,
                                   struct failure *why);

/* Writes one or more whole lines, each with its newline; contigs in any order, the records of
 * a contig together and by position. */
int vcf_writer_write(struct vcf_writer *writer, const char *lines, size_t length,
                     struct failure *why);

/* Hands on what was written so far, for readers that follow a stream. */
int vcf_writer_flush(struct vcf_writer *writer, struct failure *why);

/* Ends the file, makes its index (tbi; csi for BCF and for a contig over 512 Mb) and gives
 * both their names.  On failure nothing stays.  Only vcf_writer_free may follow. */
int vcf_writer_commit(struct vcf_writer *writer, struct failure *why);

/* Without a commit before it the file is removed.  Accepts NULL. */
void vcf_writer_free(struct vcf_writer *writer);

struct vcf_reader;

/* Opens a VCF, VCF.gz or BCF; "-" is standard input.  NULL on failure. */
struct vcf_reader *vcf_reader_open(const char *path, struct failure *why);
/* The next record as one line without its newline, valid until the next call.  Returns
 * STATUS_OK, STATUS_END behind the last one, or a failure (also for a truncated file). */
int vcf_reader_next(struct vcf_reader *reader, struct letters *line, struct failure *why);
/* The names of the samples, with tabs between, as the last line of the header has them; empty where
 * there are none.  Known once the first record was read, and valid until vcf_reader_free. */
struct letters vcf_reader_samples(const struct vcf_reader *reader);
void vcf_reader_free(struct vcf_reader *reader);

#endif
