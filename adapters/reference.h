/* SPDX-License-Identifier: MIT
 *
 * A reference genome in a FASTA file, plain or compressed with bgzip, given to core contig by
 * contig as a `struct reference`.  Only one block of a few million letters is held, so memory
 * does not grow with the genome.  A missing index (.fai, .gzi) is made: beside the file where
 * that can be written, else for this run only.  One of another file is refused, unless the FASTA is
 * compressed, where it is not looked at. */
#ifndef ADAPTERS_REFERENCE_H
#define ADAPTERS_REFERENCE_H

#include "core/status.h"
#include "core/windows/reference.h"

#include <stddef.h>
#include <stdint.h>

struct reference_file; /* used by one thread at a time; open it once per thread */

int reference_open(struct reference_file **out, const char *path, struct failure *why);
void reference_close(struct reference_file *file); /* accepts NULL */

/* From now on letters are asked for here and there rather than forwards: what is read is what is
 * asked for. */
void reference_expect_jumps(struct reference_file *file);

size_t reference_contig_count(const struct reference_file *file);
const char *reference_contig_name(const struct reference_file *file, size_t index);
int64_t reference_contig_length(const struct reference_file *file, size_t index); /* bases */

/* Lends contig `name` as `out`, whose letters are as in the file (lower case and IUPAC kept).
 * `out` is valid until the next call for this file or reference_close.  `length` is what the
 * alignments' header says (-1: not known): a contig that is missing or of another length is a
 * failure that says to give the FASTA file the reads were aligned to. */
int reference_contig(struct reference_file *file, const char *name, int64_t length,
                     struct reference *out, struct failure *why);

#endif
