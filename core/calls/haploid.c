/* SPDX-License-Identifier: MIT
 *
 * The rules one by one, then what must change in a record along with its genotype. */
#include "core/calls/haploid.h"

#include "core/calls/choice.h"
#include <limits.h>
#include <string.h>

/* ---- where ------------------------------------------------------------------------------- */

/* The first region that ends behind the position. */
static size_t region_from(const struct haploid *haploid, int64_t position) {
    size_t low = 0, high = haploid->region_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (haploid->regions[middle].end < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool haploid_at(const struct haploid *haploid, int64_t position) {
    if (haploid == NULL || haploid->everywhere)
        return haploid != NULL;
    size_t at = region_from(haploid, position);
    return at < haploid->region_count && haploid->regions[at].begin < position;
}

int64_t haploid_same_until(const struct haploid *haploid, int64_t position) {
    if (haploid == NULL || haploid->everywhere)
        return INT64_MAX;
    size_t at = region_from(haploid, position);
    if (at == haploid->region_count)
        return INT64_MAX;
    const struct haploid_region *region = &haploid->regions[at];
    return region->begin < position ? region->end : region->begin;
}

/* ---- the original's rules ------------------------------------------------------------------ */

static bool has_genotype(const struct call *call, const char *genotype) {
    return strcmp(call->genotype, genotype) == 0;
}

static void set_genotype(struct call *call, const char *genotype) {
    memcpy(call->genotype, genotype, strlen(genotype) + 1);
}

bool haploid_precise(struct call *call) {
    if (has_genotype(call, "1/1"))
        set_genotype(call, "1");
    else if (has_genotype(call, "0/0"))
        set_genotype(call, "0");
    else
        return false;
    return true;
}

bool haploid_sensitive(struct call *call) {
    if (call_has_two_alts(call))
        return false;
    bool variant =
        has_genotype(call, "0/1") || has_genotype(call, "1/0") || has_genotype(call, "1/1");
    set_genotype(call, variant ? "1" : "0");
    return true;
}

/* ---- our rule ------------------------------------------------------------------------------ */

/* In a record of a deletion beside a base the two depths stand in the opposite order of the
 * alleles (section 2.8). */
static bool counts_are_swapped(const struct call *call, const struct letters alleles[2]) {
    return call->af_count == 2 && alleles[0].length < call->ref.length &&
           alleles[1].length == call->ref.length;
}

/* Letters that REF and ALT share at their ends go, down to one. */
static void shorten(struct text *ref, struct text *alt) {
    while (ref->length > 1 && alt->length > 1 &&
           ref->bytes[ref->length - 1] == alt->bytes[alt->length - 1]) {
        ref->bytes[--ref->length] = '\0';
        alt->bytes[--alt->length] = '\0';
    }
}

/* Leaves one of two alternatives, with its count, share and likelihoods; `count` says which
 * of the counts is its own. */
static void keep_alternative(struct call *call, size_t number, size_t count) {
    static const size_t kept_pl[CALL_ALTS_MAX][3] = {{0, 1, 2}, {0, 3, 5}};
    struct letters alleles[CALL_ALTS_MAX];
    split_alleles(&call->alt, alleles);
    memmove(call->alt.bytes, alleles[number].bytes, alleles[number].length);
    call->alt.length = alleles[number].length;
    call->alt.bytes[call->alt.length] = '\0';
    shorten(&call->ref, &call->alt);
    if (call->ad_count == 1 + CALL_ALTS_MAX) {
        call->ad[1] = call->ad[1 + count];
        call->ad_count--;
    }
    call->af[0] = call->af[count];
    call->af_count = 1;
    if (call->pl_count == CALL_LIKELIHOODS_MAX) {
        for (size_t i = 0; i < 3; i++)
            call->pl[i] = call->pl[kept_pl[number][i]];
        call->pl_count = 3;
    }
}

static bool apply_fraction(double lowest, struct call *call) {
    if (has_genotype(call, "1/1") || has_genotype(call, "0/0")) {
        set_genotype(call, has_genotype(call, "1/1") ? "1" : "0");
        return true;
    }
    size_t count = call->af_count == 2 && call->af[1] > call->af[0];
    if (!(call->af_count > 0 && call->af[count] >= lowest))
        return false;
    if (call_has_two_alts(call)) {
        struct letters alleles[CALL_ALTS_MAX];
        split_alleles(&call->alt, alleles);
        keep_alternative(call, counts_are_swapped(call, alleles) ? 1 - count : count, count);
    }
    set_genotype(call, "1");
    return true;
}

/* PL of two copies to PL of one: the genotypes of equal alleles, the best one 0. */
static void halve_likelihoods(struct call *call) {
    static const size_t equal[1 + CALL_ALTS_MAX] = {0, 2, 5}; /* 00, 11, 22 */
    size_t count = call->pl_count == CALL_LIKELIHOODS_MAX ? 3 : 2;
    int least = INT_MAX;
    if (call->pl_count != 3 && call->pl_count != CALL_LIKELIHOODS_MAX)
        return;
    for (size_t i = 0; i < count; i++) {
        call->pl[i] = call->pl[equal[i]];
        if (call->pl[i] < least)
            least = call->pl[i];
    }
    bool unknown = least == CALL_LIKELIHOOD_UNKNOWN;
    for (size_t i = 0; i < count && !unknown; i++)
        call->pl[i] -= least;
    call->pl_count = count;
}

bool haploid_apply(const struct haploid *haploid, struct call *call) {
    bool kept = false;
    switch (haploid->rule) {
    case HAPLOID_PRECISE:
        kept = haploid_precise(call);
        break;
    case HAPLOID_SENSITIVE:
        kept = haploid_sensitive(call);
        break;
    case HAPLOID_FRACTION:
        kept = apply_fraction(haploid->lowest_fraction, call);
        break;
    }
    if (kept)
        halve_likelihoods(call);
    return kept;
}
