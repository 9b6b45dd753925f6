/* SPDX-License-Identifier: MIT
 *
 * The phased SNPs of a VCF, by contig (windows.md 2.3): records whose GT has a '|', with one
 * letter each in REF and ALT.  Other phased records are skipped and counted.  A file that cannot
 * be of these reads (REF, contigs, samples) is refused. */
#ifndef PLUGIN_PHASED_H
#define PLUGIN_PHASED_H

#include "adapters/reference.h"
#include "core/windows/haplotag.h"
#include "plugin/streams.h"

struct phased {
    size_t count; /* contigs */
    struct phased_contig {
        struct phased_snp *snps;
        size_t count, room;
    } * contigs;
    size_t skipped;
    size_t without_set; /* of these, heterozygous SNPs without PS, or with one that is no number */
};

/* Whose SNPs they are to be. */
struct phased_reads {
    const struct stream_contigs *contigs;
    const char *sample;               /* of several in a file; NULL: not named */
    struct reference_file *reference; /* nothing else may use it while SNPs are read */
    bool unknown; /* `contigs` are the reference's: the reads may have others, and name a sample */
};

/* A SNP behind the last one of a contig. */
int phased_add(struct phased_contig *contig, const struct phased_snp *snp, struct failure *why);

/* Reads the whole file; several paths are separated by blanks (one per contig is usual). */
int phased_read(struct phased *phased, const char *paths, const struct phased_reads *reads,
                struct failure *why);
/* What a person should know of them as a sentence of `size` letters at most; false where there is
 * nothing. */
bool phased_doubt(const struct phased *phased, const char *paths, char *sentence, size_t size);
void phased_free(struct phased *phased);

#endif
