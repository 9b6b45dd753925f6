/* SPDX-License-Identifier: MIT
 *
 * The phased SNPs of a VCF, by contig (windows.md 2.3): records whose GT has a '|', with one
 * letter each in REF and ALT.  Other phased records are skipped and counted. */
#ifndef PLUGIN_PHASED_H
#define PLUGIN_PHASED_H

#include "core/windows/haplotag.h"
#include "plugin/streams.h"

struct phased {
    size_t count; /* contigs */
    struct phased_contig {
        struct phased_snp *snps;
        size_t count, room;
    } * contigs;
    size_t skipped;
};

/* Contigs without SNPs, and a SNP behind the last one of a contig. */
int phased_new(struct phased *phased, size_t contig_count, struct failure *why);
int phased_add(struct phased_contig *contig, const struct phased_snp *snp, struct failure *why);

/* Reads the whole file; several paths are separated by blanks (one per contig is usual). */
int phased_read(struct phased *phased, const char *paths, const struct stream_contigs *contigs,
                struct failure *why);
void phased_free(struct phased *phased);

#endif
