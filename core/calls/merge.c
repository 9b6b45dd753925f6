/* SPDX-License-Identifier: MIT
 *
 * The rules in the order in which the original applies them: haploid, reference, LowQual. */
#include "core/calls/merge.h"

#include "core/calls/haploid.h"

enum merge_step merge_next(const struct call *pileup, const struct call *full) {
    if (pileup == NULL)
        return full ? MERGE_TAKE_FULL : MERGE_END;
    if (full == NULL || pileup->position < full->position)
        return MERGE_TAKE_PILEUP;
    return pileup->position == full->position ? MERGE_DROP_PILEUP : MERGE_TAKE_FULL;
}

/* Both together are nonsense (section 3.3), kept for comparison with the original: what the
 * first rule discards the second brings back, and what it wrote the second does not know. */
static bool apply_haploid(const struct merge_options *options, struct call *call) {
    bool kept = true;
    if (options->haploid_precise)
        kept = haploid_precise(call);
    if (options->haploid_sensitive)
        kept = haploid_sensitive(call);
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
