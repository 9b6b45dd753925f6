/* SPDX-License-Identifier: MIT
 *
 * The rule, look by look. */
#include "core/calls/revisions.h"

#include <string.h>

const struct firm_rule firm_rule_default = {.looks = 3, .qual = 10.0, .depth = 12};

const char *site_state_text(enum site_state state) {
    static const char *const TEXTS[] = {"tentative", "firm", "withdrawn"};
    return TEXTS[state];
}

static bool same_text(const struct text *a, const struct text *b) {
    return a->length == b->length && memcmp(text_bytes(a), text_bytes(b), a->length) == 0;
}

/* "A,C" and "C,A".  Reads decide which of two alternatives is written first, and may change that
 * with each look. */
static bool swapped_text(const struct text *a, const struct text *b) {
    const char *first = text_bytes(a), *other = text_bytes(b);
    const char *comma = memchr(first, ',', a->length);
    if (comma == NULL || a->length != b->length)
        return false;
    size_t length = (size_t)(comma - first), rest = a->length - length - 1;
    return memcmp(other, comma + 1, rest) == 0 && other[rest] == ',' &&
           memcmp(other + rest + 1, first, length) == 0;
}

static bool same_call(const struct call *a, const struct call *b) {
    bool both = strcmp(a->genotype, "1/2") == 0;
    return strcmp(a->genotype, b->genotype) == 0 && same_text(&a->ref, &b->ref) &&
           (same_text(&a->alt, &b->alt) || (both && swapped_text(&a->alt, &b->alt)));
}

static int take_call(struct revised_site *site, const struct call *call, struct failure *why) {
    int status = call_copy(&site->call, call, why);
    site->call.contig = NULL;
    site->call.probabilities = NULL;
    site->call.probability_count = 0;
    return status;
}

int revised_site_look(struct revised_site *site, const struct firm_rule *rule,
                      const struct call *call, bool *changed, struct failure *why) {
    bool is_first = site->same == 0 && site->state != SITE_WITHDRAWN;
    enum site_state before = site->state;
    *changed = false;
    if (call == NULL && is_first)
        return STATUS_OK;
    site->looks++;
    bool same = call != NULL && site->same > 0 && same_call(&site->call, call);
    if (call == NULL) {
        site->state = SITE_WITHDRAWN;
        site->same = 0;
    } else {
        site->same = same ? site->same + 1 : 1;
        bool firm = same && before == SITE_FIRM;
        firm |= site->same >= rule->looks && call->qual >= rule->qual && call->depth >= rule->depth;
        site->state = firm ? SITE_FIRM : SITE_TENTATIVE;
        if (take_call(site, call, why) != STATUS_OK)
            return STATUS_NO_MEMORY;
    }
    bool other = site->state != before || (call != NULL && !same);
    *changed = is_first || other;
    site->revision += !is_first && other;
    return STATUS_OK;
}

void revised_site_free(struct revised_site *site) {
    call_free(&site->call);
}
