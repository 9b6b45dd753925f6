/* SPDX-License-Identifier: MIT
 *
 * The lines stand as one text each, so that they can be compared with a file by eye. */
#include "core/calls/header.h"

static const char filters_and_marks[] =
    "##FILTER=<ID=PASS,Description=\"All filters passed\">\n"
    "##FILTER=<ID=LowQual,Description=\"Low quality variant\">\n"
    "##FILTER=<ID=RefCall,Description=\"Reference call\">\n"
    "##INFO=<ID=P,Number=0,Type=Flag,Description=\"Result from pileup calling\">\n"
    "##INFO=<ID=F,Number=0,Type=Flag,Description=\"Result from full-alignment calling\">\n";

static const char non_ref_lines[] =
    "##ALT=<ID=NON_REF,Description=\"Represents any possible alternative allele at this "
    "location\">\n"
    "##INFO=<ID=END,Number=1,Type=Integer,Description=\"End position (for use with symbolic "
    "alleles)\">\n";

static const char genotype_and_depth[] =
    "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n"
    "##FORMAT=<ID=GQ,Number=1,Type=Integer,Description=\"Genotype Quality\">\n"
    "##FORMAT=<ID=DP,Number=1,Type=Integer,Description=\"Approximate read depth (reads 1. with MQ "
    "below 5 or an user-specified threshold, or 2. selected by 'samtools view -F 2316', are "
    "filtered)\">\n"
    "##FORMAT=<ID=AD,Number=R,Type=Integer,Description=\"Allelic depths for the ref and alt "
    "alleles in the order listed\">\n";

static const char block_depth[] = "##FORMAT=<ID=MIN_DP,Number=1,Type=Integer,Description=\"Minimum "
                                  "DP observed within the GVCF block\">\n";

static const char likelihoods_and_fraction[] =
    "##FORMAT=<ID=PL,Number=G,Type=Integer,Description=\"Normalized, Phred-scaled likelihoods for "
    "genotypes as defined in the VCF specification\">\n"
    "##FORMAT=<ID=AF,Number=A,Type=Float,Description=\"Observed allele frequency in reads, for "
    "each ALT allele, in the same order as listed, or the REF allele for a RefCall\">\n";

void header_append(struct text *out, const struct header *header) {
    text_append_string(out, "##fileformat=VCFv4.2\n##source=");
    text_append_string(out, header->source);
    text_append_char(out, '\n');
    for (size_t i = 0; i < header->line_count; i++) {
        text_append_string(out, header->lines[i]);
        text_append_char(out, '\n');
    }
    text_append_string(out, filters_and_marks);
    if (header->non_ref)
        text_append_string(out, non_ref_lines);
    text_append_string(out, genotype_and_depth);
    if (header->non_ref)
        text_append_string(out, block_depth);
    text_append_string(out, likelihoods_and_fraction);
    for (size_t i = 0; i < header->contig_count; i++) {
        text_append_string(out, "##contig=<ID=");
        text_append_string(out, header->contigs[i].name);
        text_append_string(out, ",length=");
        text_append_integer(out, header->contigs[i].length);
        text_append_string(out, ">\n");
    }
    text_append_string(out, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t");
    text_append_string(out, header->sample);
    text_append_char(out, '\n');
}
