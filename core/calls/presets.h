/* SPDX-License-Identifier: MIT
 *
 * What "ont", "hifi" and "ilmn" mean: the defaults of a platform, in one place.
 * Spec: calling, section 1.8. */
#ifndef CORE_CALLS_PRESETS_H
#define CORE_CALLS_PRESETS_H

#include "core/calls/select.h"

struct preset {
    const char *platform;
    double snp_min_af, indel_min_af;
    struct select_fractions fractions;
    struct cutoffs fixed; /* for one pass, where no quantiles are known */
    int full_rows;        /* reads in a full-alignment window */
    bool is_called;       /* false: known by name, but its way of calling is not ours */
};

/* NULL for a platform that is not known. */
const struct preset *preset_of(const char *platform);

/* Names of all, for messages: "ont, hifi, ilmn". */
extern const char PRESET_NAMES[];

/* --fast-mode: fewer candidates on ont, nothing elsewhere. */
void preset_apply_fast_mode(const struct preset *preset, double *snp_min_af, int64_t *min_coverage);

/* The share of het SNPs that phase, which for three old models is not the platform's; `model` is
 * the path of the model, whose last part counts. */
double preset_phasing_fraction(const struct preset *preset, const char *model);

/* Whether the original calls a contig that nobody named: chr1 to chr22, chrX, chrY, and the same
 * without "chr" (section 1.2). */
bool preset_names_contig(const char *contig);

#endif
