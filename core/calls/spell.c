/* SPDX-License-Identifier: MIT
 *
 * From an outcome to REF and ALT: the network says which kind of change, the reads say which
 * letters.  Where a function returns true although the reads did not quite agree, the
 * original does so too and the specification marks it.  Spec: calling, section 2.5. */
#include "core/calls/choice.h"

static const struct letters none = {NULL, 0};

/* REF = base + deleted letters. */
static void set_ref(const struct spelling *site, struct letters deleted) {
    text_clear(site->ref);
    text_append_char(site->ref, site->base);
    text_append(site->ref, deleted.bytes, deleted.length);
}

/* ALT = first, then, where it has letters, a comma and second. */
static void set_alt(const struct spelling *site, struct letters first, struct letters second) {
    text_clear(site->alt);
    text_append(site->alt, first.bytes, first.length);
    if (second.length > 0) {
        text_append_char(site->alt, ',');
        text_append(site->alt, second.bytes, second.length);
    }
}

/* A letter equal to the reference base is spelt as well; such a window gives no call. */
static bool spell_substitution(const struct spelling *site, char wanted) {
    char letter = evidence_pick_substitution(site->reads, wanted);
    if (letter == '\0')
        return false;
    set_ref(site, none);
    set_alt(site, (struct letters){&letter, 1}, none);
    return true;
}

static bool spell_het_snp(const struct spelling *site, const struct outcome *outcome) {
    char a = outcome->bases[0], b = outcome->bases[1], best[2];
    if (a == site->base || b == site->base)
        return spell_substitution(site, a != site->base ? a : b);
    evidence_substitutions(site->reads, best);
    if (best[1] == '\0')
        return false;
    set_ref(site, none);
    set_alt(site, (struct letters){&best[0], 1}, (struct letters){&best[1], 1});
    return true;
}

static bool spell_insertion(const struct spelling *site, const struct outcome *outcome) {
    struct letters insertion = evidence_best_indel(site->reads, 'I', outcome->lengths[0], none);
    if (insertion.length == 0)
        return false;
    set_ref(site, none);
    set_alt(site, insertion, none);
    return true;
}

/* Beside a base that is not the reference's the best substitution stands; without one the
 * insertion stands alone. */
static bool spell_base_insertion(const struct spelling *site, const struct outcome *outcome) {
    struct letters insertion = evidence_best_indel(site->reads, 'I', outcome->lengths[0], none);
    char best[2];
    if (insertion.length == 0)
        return false;
    evidence_substitutions(site->reads, best);
    set_ref(site, none);
    if (outcome->bases[0] == site->base || best[0] == '\0')
        set_alt(site, insertion, none);
    else
        set_alt(site, (struct letters){best, 1}, insertion);
    return true;
}

/* Two indels of one kind by their lengths; false if the reads lack one of them. */
static bool pair_by_lengths(const struct spelling *site, char kind, size_t first_length,
                            size_t second_length, struct letters pair[2]) {
    if (!site->has_lengths)
        return false;
    pair[0] = evidence_best_indel(site->reads, kind, first_length, none);
    if (pair[0].length == 0)
        return false;
    pair[1] = evidence_best_indel(site->reads, kind, second_length, pair[0]);
    return pair[1].length > 0;
}

static bool spell_two_insertions(const struct spelling *site, const struct outcome *outcome) {
    struct letters pair[2];
    if (!pair_by_lengths(site, 'I', outcome->lengths[0], outcome->lengths[1], pair) &&
        !evidence_two_indels(site->reads, 'I', pair))
        return false;
    set_ref(site, none);
    set_alt(site, pair[1], pair[0]);
    return true;
}

static bool spell_deletion(const struct spelling *site, const struct outcome *outcome) {
    struct letters deletion = evidence_best_indel(site->reads, 'D', outcome->lengths[0], none);
    if (deletion.length == 0)
        return false;
    set_ref(site, deletion);
    set_alt(site, (struct letters){&site->base, 1}, none);
    return true;
}

/* Here the network's base is taken without asking the reads. */
static bool spell_base_deletion(const struct spelling *site, const struct outcome *outcome) {
    if (!spell_deletion(site, outcome))
        return false;
    if (outcome->bases[0] != site->base) {
        text_append_char(site->alt, ',');
        text_append_char(site->alt, outcome->bases[0]);
        text_append(site->alt, site->ref->bytes + 1, site->ref->length - 1);
    }
    return true;
}

/* REF is as long as the longer deletion; the shorter one leaves the end of it.  Two equally
 * long ones cannot be written so: one allele stands. */
static bool spell_two_deletions(const struct spelling *site, const struct outcome *outcome) {
    struct letters pair[2];
    if (!pair_by_lengths(site, 'D', outcome->lengths[1], outcome->lengths[0], pair) &&
        !evidence_two_indels(site->reads, 'D', pair))
        return false;
    bool first_longer = pair[0].length > pair[1].length;
    struct letters longer = first_longer ? pair[0] : pair[1];
    struct letters shorter = first_longer ? pair[1] : pair[0];
    set_ref(site, longer);
    set_alt(site, (struct letters){&site->base, 1}, none);
    if (longer.length > shorter.length) {
        text_append_char(site->alt, ',');
        text_append_char(site->alt, site->base);
        text_append(site->alt, longer.bytes + shorter.length, longer.length - shorter.length);
    }
    return true;
}

static bool spell_insertion_deletion(const struct spelling *site, const struct outcome *outcome) {
    struct letters insertion = evidence_best_indel(site->reads, 'I', outcome->lengths[0], none);
    struct letters deletion = evidence_best_indel(site->reads, 'D', outcome->lengths[1], none);
    if (insertion.length == 0 || deletion.length == 0)
        return false;
    set_ref(site, deletion);
    set_alt(site, (struct letters){&site->base, 1}, insertion);
    text_append(site->alt, deletion.bytes, deletion.length);
    return true;
}

bool spell(const struct spelling *site, enum outcome_class class, const struct outcome *outcome) {
    switch (class) {
    case OUTCOME_HOM_SNP:
        return spell_substitution(site, outcome->bases[0]);
    case OUTCOME_HET_SNP:
        return spell_het_snp(site, outcome);
    case OUTCOME_HOM_INSERTION:
        return spell_insertion(site, outcome);
    case OUTCOME_BASE_INSERTION:
        return spell_base_insertion(site, outcome);
    case OUTCOME_TWO_INSERTIONS:
        return spell_two_insertions(site, outcome);
    case OUTCOME_HOM_DELETION:
        return spell_deletion(site, outcome);
    case OUTCOME_BASE_DELETION:
        return spell_base_deletion(site, outcome);
    case OUTCOME_TWO_DELETIONS:
        return spell_two_deletions(site, outcome);
    case OUTCOME_INSERTION_DELETION:
        return spell_insertion_deletion(site, outcome);
    case OUTCOME_CLASSES:
        break;
    }
    return false;
}
