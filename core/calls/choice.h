/* SPDX-License-Identifier: MIT
 *
 * The steps of decoding one window, in the order in which decode.c takes them: spell an
 * outcome with the reads' letters, count the support of its alleles, weigh its genotypes.
 * Inside core/calls only. */
#ifndef CORE_CALLS_CHOICE_H
#define CORE_CALLS_CHOICE_H

#include "core/calls/evidence.h"
#include "core/calls/outcomes.h"

/* What was chosen.  Ties leave several flags set, and later steps look at all of them. */
struct choice {
    bool reference;
    float value;
    bool flags[OUTCOME_CLASSES];
};

/* The letters of one site, and where an outcome is spelt. */
struct spelling {
    const struct evidence *reads;
    char base;        /* the reference letter as it is, which may be an IUPAC code */
    bool has_lengths; /* the network names lengths of indels */
    struct text *ref, *alt;
};

/* Writes REF and ALT of the outcome; false if the reads cannot spell it.  Spec: 2.5. */
bool spell(const struct spelling *site, enum outcome_class class, const struct outcome *outcome);

/* AD and AF from the reads.  Spec: 2.8. */
void count_support(const struct evidence *reads, const struct choice *choice, bool long_indel,
                   struct call *call);

/* PL from the answer of the network.  Spec: 2.11. */
void weigh_genotypes(const float *answer, struct call *call);

/* The alleles of ALT, cut at the comma; returns 1 or 2. */
size_t split_alleles(const struct text *alt, struct letters alleles[CALL_ALTS_MAX]);

/* Which of ACGT (0 to 3) a nucleotide code is read as; -1 for no such code.  Spec: 2.3. */
int base_of_code(char letter);

#endif
