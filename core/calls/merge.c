/* SPDX-License-Identifier: MIT
 *
 * The rules in the order in which the original applies them: haploid, reference, LowQual. */
#include "core/calls/merge.h"

#include <string.h>

enum merge_step merge_next(const struct call *pileup, const struct call *full) {
    if (pileup == NULL)
        return full ? MERGE_TAKE_FULL : MERGE_END;
    if (full == NULL || pileup->position < full->position)
        return MERGE_TAKE_PILEUP;
    return pileup->position == full->position ? MERGE_DROP_PILEUP : MERGE_TAKE_FULL;
}

static bool has_genotype(const struct call *call, const char *genotype) {
    return strcmp(call->genotype, genotype) == 0;
}

static void set_genotype(struct call *call, const char *genotype) {
    memcpy(call->genotype, genotype, strlen(genotype) + 1);
}

/* Only homozygous genotypes stay. */
static bool apply_precise(struct call *call) {
    if (has_genotype(call, "1/1"))
        set_genotype(call, "1");
    else if (has_genotype(call, "0/0"))
        set_genotype(call, "0");
    else
        return false;
    return true;
}

/* One alternative makes a variant, however many copies of it there are. */
static bool apply_sensitive(struct call *call) {
    if (call_has_two_alts(call))
        return false;
    bool variant = has_genotype(call, "0/1") || has_genotype(call, "1/0") ||
                   has_genotype(call, "1/1");
    set_genotype(call, variant ? "1" : "0");
    return true;
}

/* Both together are nonsense (section 3.3), kept for comparison with the original: what the
 * first rule discards the second brings back, and what it wrote the second does not know. */
static bool apply_haploid(const struct merge_options *options, struct call *call) {
    bool kept = true;
    if (options->haploid_precise)
        kept = apply_precise(call);
    if (options->haploid_sensitive)
        kept = apply_sensitive(call);
    return kept;
}

bool merge_finish(const struct merge_options *options, struct call *call) {
    if (!apply_haploid(options, call))
        return false;
    if (call_is_reference(call))
        return options->print_reference;
    if (options->lowest_qual > 0 && call->qual <= options->lowest_qual)
        call->filter = CALL_LOW_QUAL;
    return true;
}
