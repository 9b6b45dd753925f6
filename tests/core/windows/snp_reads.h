/* SPDX-License-Identifier: MIT
 *
 * A contig and reads of it with another letter at one place, for tests of alleles and haplotypes.
 */
#ifndef TESTS_CORE_WINDOWS_SNP_READS_H
#define TESTS_CORE_WINDOWS_SNP_READS_H

#include "tests/core/windows/hand_reads.h"

/* No letter repeats within a few bases, so that distances are what they look like. */
static const char CONTIG[] = "ACGTTGCAAGCTTCGAACTGGTCATACGGATTCAGCATGCTAGGCTTACGATCCGTAAGTC";
static struct hand_read read;

/* A read of the contig's bases [begin, begin + length), with `letter` at `at`. */
static inline void read_with(int64_t begin, int length, int64_t at, char letter) {
    char letters[100], cigar[16];
    memcpy(letters, CONTIG + begin, (size_t)length);
    letters[length] = '\0';
    if (at >= 0)
        letters[at - begin] = letter;
    snprintf(cigar, sizeof cigar, "%dM", length);
    hand_read(&read, cigar, begin, letters);
}

#endif
