/* SPDX-License-Identifier: MIT
 *
 * Genotypes of haploid genomes and regions, made from the diploid calls of the networks.
 *
 * Three rules, strict to lenient.  "Precise" keeps what the network calls homozygous;
 * "sensitive" makes a variant of every site with one alternative, whatever its copies; both
 * are the original's (spec: calling, section 3.3).  "Fraction", ours, keeps the homozygous
 * and, of the heterozygous, those whose most frequent alternative has a given share of the
 * reads: in a haploid genome half of the reads is an artefact, two thirds is a variant that
 * the network, which has seen diploid genomes only, took for half. */
#ifndef CORE_CALLS_HAPLOID_H
#define CORE_CALLS_HAPLOID_H

#include "core/calls/call.h"

enum haploid_rule { HAPLOID_PRECISE, HAPLOID_SENSITIVE, HAPLOID_FRACTION };

#define HAPLOID_LOWEST_FRACTION 0.65

/* Half-open, 0-based, as in BED. */
struct haploid_region {
    int64_t begin, end;
};

/* Where the genome is haploid, and by which rule; of one contig. */
struct haploid {
    enum haploid_rule rule;
    double lowest_fraction; /* of HAPLOID_FRACTION */
    bool everywhere;
    size_t region_count; /* sorted, not overlapping; where not everywhere */
    const struct haploid_region *regions;
};

/* Whether a 1-based position is haploid; `haploid` may be NULL (nowhere). */
bool haploid_at(const struct haploid *haploid, int64_t position);
/* The last position from `position` on up to which haploid_at gives the same answer. */
int64_t haploid_same_until(const struct haploid *haploid, int64_t position);

/* Applies the rule to a call that lies in a haploid place: its genotype becomes 0, 1 or the
 * call is dropped (false).  PL becomes that of one copy; of two alternatives the one that is
 * dropped is left out and REF and ALT are shortened to the rest. */
bool haploid_apply(const struct haploid *haploid, struct call *call);

/* The original's two rules, which change GT and nothing else. */
bool haploid_precise(struct call *call);
bool haploid_sensitive(struct call *call);

#endif
