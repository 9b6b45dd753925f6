/* SPDX-License-Identifier: MIT
 *
 * One window to one call.  All outcomes of the network are weighed, then tried from the most
 * probable on until the reads can spell one; the reference outcome wins ties and, when all
 * others are used up, remains.  Then come genotype, counts, quality and likelihoods.
 * Spec: calling, sections 2.5 to 2.11. */
#include "core/calls/choice.h"

#include "core/calls/numbers.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct decoder {
    struct decode_options options;
    enum call_source network;
    struct evidence reads;
    struct outcomes outcomes;
};

struct decoder *decoder_new(enum call_source network, const struct decode_options *options,
                            struct failure *why) {
    struct decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL) {
        fail(why, STATUS_NO_MEMORY, "no memory for a decoder");
        return NULL;
    }
    decoder->options = *options;
    decoder->network = network;
    decoder->reads.longest_indel =
        options->long_indel ? EVIDENCE_LONGEST_LONG_INDEL : EVIDENCE_LONGEST_INDEL;
    if (network == CALL_FULL)
        outcomes_list_full(&decoder->outcomes);
    else
        outcomes_list_pileup(&decoder->outcomes);
    return decoder;
}

void decoder_free(struct decoder *decoder) {
    if (decoder == NULL)
        return;
    evidence_free(&decoder->reads);
    free(decoder);
}

/* ---- choosing ----------------------------------------------------------------------------- */

static void find_greatest(struct outcome_list *list) {
    list->greatest = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->values[i] > list->greatest)
            list->greatest = list->values[i];
}

/* Sets value and flags to the greatest of all outcomes, and returns the lowest class that
 * has it, 0 for the reference. */
static size_t best_class(const struct outcomes *outcomes, struct choice *choice) {
    size_t best = 0;
    choice->value = outcomes->reference;
    for (size_t k = 1; k < OUTCOME_CLASSES; k++) {
        if (outcomes->classes[k].greatest > choice->value) {
            choice->value = outcomes->classes[k].greatest;
            best = k;
        }
    }
    if (best > 0)
        for (size_t k = 1; k < OUTCOME_CLASSES; k++)
            choice->flags[k] = outcomes->classes[k].greatest == choice->value;
    return best;
}

/* Tries outcomes until one is spelt into the call. */
static void try_outcomes(struct outcomes *outcomes, const struct spelling *site,
                         struct choice *choice) {
    for (size_t k = 1; k < OUTCOME_CLASSES; k++)
        find_greatest(&outcomes->classes[k]);
    for (;;) {
        size_t best = best_class(outcomes, choice);
        if (best == 0) {
            *choice = (struct choice){.reference = true, .value = outcomes->reference};
            return;
        }
        struct outcome_list *list = &outcomes->classes[best];
        size_t entry = 0;
        while (list->values[entry] != choice->value)
            entry++;
        if (spell(site, (enum outcome_class)best, &list->entries[entry]))
            return;
        list->values[entry] = 0;
        find_greatest(list);
    }
}

static void choose(struct decoder *decoder, const struct decode_window *window, int base,
                   struct call *call, struct choice *choice) {
    struct outcomes *outcomes = &decoder->outcomes;
    bool full = decoder->network == CALL_FULL;
    bool plain = full ? outcomes_weigh_full(outcomes, window->probabilities, (size_t)base)
                      : outcomes_weigh_pileup(outcomes, window->probabilities, (size_t)base);
    *choice = (struct choice){.reference = plain, .value = outcomes->reference};
    if (!plain) {
        struct spelling site = {&decoder->reads, window->reference, full, &call->ref, &call->alt};
        try_outcomes(outcomes, &site, choice);
    }
    if (choice->reference) {
        text_clear(&call->ref);
        text_append_char(&call->ref, "ACGT"[base]);
        text_clear(&call->alt);
        text_append_char(&call->alt, '.');
    }
}

/* ---- what the choice means ------------------------------------------------------------------ */

static bool fits_haploid(const struct decode_options *options, const struct choice *choice,
                         bool two_alts) {
    static const enum outcome_class heterozygous[] = {
        OUTCOME_HET_SNP,       OUTCOME_BASE_INSERTION, OUTCOME_TWO_INSERTIONS,
        OUTCOME_BASE_DELETION, OUTCOME_TWO_DELETIONS,  OUTCOME_INSERTION_DELETION};
    if (!options->haploid_precise)
        return !(options->haploid_sensitive && two_alts);
    for (size_t i = 0; i < sizeof heterozygous / sizeof *heterozygous; i++)
        if (choice->flags[heterozygous[i]])
            return false;
    return !(options->haploid_sensitive && two_alts);
}

static void set_genotype(const struct decode_options *options, const struct choice *choice,
                         struct call *call) {
    const char *genotype = "0/1";
    if (choice->reference)
        genotype = "0/0";
    else if (call_has_two_alts(call))
        genotype = "1/2";
    else if (choice->flags[OUTCOME_HOM_SNP] || choice->flags[OUTCOME_HOM_INSERTION] ||
             choice->flags[OUTCOME_HOM_DELETION])
        genotype = "1/1";
    if (options->haploid_precise || options->haploid_sensitive)
        genotype = strchr(genotype, '1') ? "1" : "0";
    memcpy(call->genotype, genotype, strlen(genotype) + 1);
}

/* Phred scale of the odds against the choice, plus 10, not below 0.  Spec: 2.9. */
static void set_quality(float value, double lowest, bool reference, struct call *call) {
    float against = 1 - value;
    against += 1e-10F;
    float odds = against / (value + 1e-10F);
    double qual = -4.3429448190325175 * log((double)odds) + 10;
    int64_t hundredths = number_scaled(qual, QUAL_DECIMALS);
    call->qual = (double)hundredths / 100;
    call->gq = hundredths / 100;
    if (reference)
        call->filter = CALL_REF_CALL;
    else
        call->filter = call->qual >= lowest ? CALL_PASS : CALL_LOW_QUAL;
}

static void replace_iupac(struct text *alleles) {
    for (size_t i = 0; i < alleles->length; i++)
        if (strchr("ACGTNacgtn,.", alleles->bytes[i]) == NULL)
            alleles->bytes[i] = 'N';
}

static enum decode_result left_out(const struct decode_options *options,
                                   const struct choice *choice, const struct call *call) {
    if (choice->reference)
        return options->hide_reference ? DECODE_REFERENCE_HIDDEN : DECODE_CALL;
    if (strcmp(call->ref.bytes, call->alt.bytes) == 0)
        return DECODE_NO_CHANGE;
    if (!fits_haploid(options, choice, call_has_two_alts(call)))
        return DECODE_NOT_HAPLOID;
    return DECODE_CALL;
}

int decode(struct decoder *decoder, const struct decode_window *window, struct call *call,
           struct failure *why) {
    const struct decode_options *options = &decoder->options;
    int base = base_of_code(window->reference);
    if (base < 0)
        return DECODE_BAD_REFERENCE;
    int status = evidence_read(&decoder->reads, window->alt_info, window->alt_info_length);
    if (status == STATUS_BAD_INPUT)
        return DECODE_BAD_ALT_INFO;
    if (status != STATUS_OK)
        return fail(why, status, "no memory to decode %s:%lld", window->contig,
                    (long long)window->position);
    struct choice choice;
    choose(decoder, window, base, call, &choice);
    if (call->ref.failed || call->alt.failed)
        return fail(why, STATUS_NO_MEMORY, "no memory to decode %s:%lld", window->contig,
                    (long long)window->position);
    enum decode_result result = left_out(options, &choice, call);
    if (result != DECODE_CALL)
        return result;

    call->contig = window->contig;
    call->position = window->position;
    call->source = decoder->network;
    call->depth = decoder->reads.depth;
    call->probabilities = window->probabilities;
    call->probability_count =
        decoder->network == CALL_FULL ? DECODE_FULL_PROBABILITIES : DECODE_PILEUP_PROBABILITIES;
    set_genotype(options, &choice, call);
    count_support(&decoder->reads, &choice, options->long_indel, call);
    set_quality(choice.value, options->lowest_qual, choice.reference, call);
    if (!options->keep_iupac) {
        replace_iupac(&call->ref);
        replace_iupac(&call->alt);
    }
    call->pl_count = 0;
    if (options->likelihoods)
        weigh_genotypes(window->probabilities, call);
    return DECODE_CALL;
}

const char *decode_result_text(enum decode_result result) {
    static const char *const texts[DECODE_RESULTS] = {
        "called",
        "reference call, not wanted",
        "reads show the reference",
        "heterozygous, but the site is haploid",
        "reference letter is no nucleotide",
        "alternative information is damaged",
    };
    return texts[result];
}
