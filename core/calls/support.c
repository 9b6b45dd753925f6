/* SPDX-License-Identifier: MIT
 *
 * How many reads carry each allele (AD) and their share of the depth (AF).  Which rule counts
 * is decided by the first flag that fits, which on ties need not be the class that was spelt.
 * Spec: calling, section 2.8. */
#include "core/calls/choice.h"

#include <math.h>
#include <string.h>

/* A site whose alleles are being counted. */
struct counting {
    const struct evidence *reads;
    bool long_indel;
    size_t ref_length;
    size_t allele_count;
    struct letters alleles[CALL_ALTS_MAX];
    struct letters deleted; /* REF without its first letter */
};

size_t split_alleles(const struct text *alt, struct letters alleles[CALL_ALTS_MAX]) {
    const char *bytes = text_bytes(alt), *comma = strchr(bytes, ',');
    alleles[0] = (struct letters){bytes, comma ? (size_t)(comma - bytes) : alt->length};
    if (comma == NULL)
        return 1;
    alleles[1] = (struct letters){comma + 1, alt->length - alleles[0].length - 1};
    return 2;
}

static int64_t count_insertion(const struct counting *site, struct letters insertion) {
    int64_t count = evidence_count(site->reads, 'I', insertion);
    if (site->long_indel)
        count += evidence_similar_insertions(site->reads, insertion);
    return count;
}

static int64_t count_substitution(const struct counting *site, struct letters allele) {
    return evidence_count(site->reads, 'X', (struct letters){allele.bytes, 1});
}

/* The first deletion that makes REF as short as the allele. */
static int64_t count_deletion_to(const struct counting *site, struct letters allele) {
    return site->ref_length < allele.length
               ? 0
               : evidence_deletion_count(site->reads, site->ref_length - allele.length);
}

static size_t count_base_insertion(const struct counting *site, int64_t *counts) {
    if (site->allele_count == 1) {
        counts[0] = count_insertion(site, site->alleles[0]);
        return 1;
    }
    counts[0] = count_substitution(site, site->alleles[0]);
    counts[1] = count_insertion(site, site->alleles[1]);
    return 2;
}

static size_t count_deletions(const struct counting *site, bool homozygous, int64_t *counts) {
    size_t keys = evidence_keys(site->reads, 'D');
    if (keys == 0 || (!homozygous && keys == 1))
        return 0;
    if (homozygous) {
        counts[0] = evidence_count(site->reads, 'D', site->deleted);
        return 1;
    }
    for (size_t i = 0; i < site->allele_count; i++)
        counts[i] = count_deletion_to(site, site->alleles[i]);
    return site->allele_count;
}

/* The two depths stand in the opposite order of the two alleles, as in the original. */
static size_t count_base_deletion(const struct counting *site, int64_t *counts) {
    size_t used = 0;
    if (site->allele_count == 2)
        counts[used++] = count_substitution(site, site->alleles[1]);
    counts[used++] = evidence_count(site->reads, 'D', site->deleted);
    return used;
}

static size_t count_insertion_deletion(const struct counting *site, int64_t *counts) {
    for (size_t i = 0; i < site->allele_count; i++) {
        struct letters allele = site->alleles[i];
        if (allele.length <= site->ref_length) {
            counts[i] = count_deletion_to(site, allele);
            continue;
        }
        allele.length -= site->ref_length - 1; /* the letters after the deletion */
        counts[i] = count_insertion(site, allele);
    }
    return site->allele_count;
}

static size_t count_alleles(const struct counting *site, const bool *flags, int64_t *counts) {
    if (flags[OUTCOME_HOM_SNP] || flags[OUTCOME_HET_SNP]) {
        for (size_t i = 0; i < site->allele_count; i++)
            counts[i] = count_substitution(site, site->alleles[i]);
        return site->allele_count;
    }
    if (flags[OUTCOME_HOM_INSERTION] || flags[OUTCOME_TWO_INSERTIONS]) {
        for (size_t i = 0; i < site->allele_count; i++)
            counts[i] = count_insertion(site, site->alleles[i]);
        return site->allele_count;
    }
    if (flags[OUTCOME_BASE_INSERTION])
        return count_base_insertion(site, counts);
    if (flags[OUTCOME_HOM_DELETION] || flags[OUTCOME_TWO_DELETIONS])
        return count_deletions(site, flags[OUTCOME_HOM_DELETION], counts);
    if (flags[OUTCOME_BASE_DELETION])
        return count_base_deletion(site, counts);
    return count_insertion_deletion(site, counts);
}

static double share(int64_t count, int64_t depth) {
    return depth == 0 ? 0 : fmin(1, (double)count / (double)depth);
}

void count_support(const struct evidence *reads, const struct choice *choice, bool long_indel,
                   struct call *call) {
    struct counting site = {
        .reads = reads, .long_indel = long_indel, .ref_length = call->ref.length};
    int64_t *counts = call->ad + 1;
    size_t used = 0;
    call->ad[0] = reads->reference_count;
    if (!choice->reference) {
        site.allele_count = split_alleles(&call->alt, site.alleles);
        site.deleted = (struct letters){call->ref.bytes + 1, call->ref.length - 1};
        used = count_alleles(&site, choice->flags, counts);
    }
    call->ad_count = 1 + used;
    call->af_count = used > 1 ? used : 1;
    if (choice->reference)
        call->af[0] = share(reads->reference_count, reads->depth);
    else if (used == 0)
        call->af[0] = 0;
    for (size_t i = 0; i < used; i++)
        call->af[i] = share(counts[i], reads->depth);
}
