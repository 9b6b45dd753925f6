/* SPDX-License-Identifier: MIT
 *
 * Rows of runnel.calls/1.  Batches may come from a stranger, so counts are checked. */
#include "plugin/call_rows.h"

#include <string.h>

int call_row_put_revision(struct arrow_table *table, const struct call *call, int32_t revision,
                          const char *state, struct failure *why) {
    int32_t ad[1 + CALL_ALTS_MAX];
    for (size_t i = 0; i < call->ad_count; i++)
        ad[i] = (int32_t)call->ad[i];
    char source = (char)call->source;
    arrow_put_text(table, CALLS_CONTIG, call->contig);
    arrow_put_integer(table, CALLS_POSITION, call->position);
    arrow_put_bytes(table, CALLS_REFERENCE, call->ref.bytes, call->ref.length);
    arrow_put_bytes(table, CALLS_ALTERNATES, call->alt.bytes, call->alt.length);
    arrow_put_text(table, CALLS_GENOTYPE, call->genotype);
    arrow_put_real(table, CALLS_QUAL, call->qual);
    arrow_put_integer(table, CALLS_GQ, call->gq);
    arrow_put_text(table, CALLS_FILTER, call_filter_text(call->filter));
    arrow_put_integer(table, CALLS_DEPTH, call->depth);
    arrow_put_list(table, CALLS_AD, ad, call->ad_count);
    arrow_put_list(table, CALLS_AF, call->af, call->af_count);
    if (call->pl_count > 0)
        arrow_put_list(table, CALLS_PL, call->pl, call->pl_count);
    else
        arrow_put_null(table, CALLS_PL);
    arrow_put_list(table, CALLS_PROBABILITIES, call->probabilities, call->probability_count);
    arrow_put_bytes(table, CALLS_SOURCE, &source, 1);
    arrow_put_null(table, CALLS_PHASE_SET);
    arrow_put_integer(table, CALLS_REVISION, revision);
    arrow_put_text(table, CALLS_STATE, state);
    if (call->site_depth > 0)
        arrow_put_integer(table, CALLS_SITE_DEPTH, call->site_depth);
    else
        arrow_put_null(table, CALLS_SITE_DEPTH);
    return arrow_table_end_row(table, why);
}

int call_row_put(struct arrow_table *table, const struct call *call, struct failure *why) {
    return call_row_put_revision(table, call, 0, "firm", why);
}

static bool equals(const char *bytes, int64_t length, const char *text) {
    return (size_t)length == strlen(text) && memcmp(bytes, text, (size_t)length) == 0;
}

static bool read_filter_text(enum call_filter *filter, const char *text, int64_t length) {
    for (enum call_filter at = CALL_PASS; at <= CALL_REF_CALL; at++)
        if (equals(text, length, call_filter_text(at))) {
            *filter = at;
            return true;
        }
    return false;
}

static void read_text(struct text *out, const struct runnel_batch *batch, int64_t column,
                      int64_t row) {
    int64_t length;
    const char *bytes = runnel_text(batch, column, row, &length);
    text_clear(out);
    text_append(out, bytes, (size_t)length);
}

/* Copies a list into an array with room for `most`; false where it is longer. */
static bool read_list(void *out, size_t width, size_t most, size_t *count,
                      const struct runnel_batch *batch, int64_t column, int64_t row) {
    int64_t length = 0;
    const void *items =
        runnel_is_null(batch, column, row) ? NULL : runnel_list(batch, column, row, &length);
    *count = (size_t)length;
    if (*count > most)
        return false;
    if (length > 0)
        memcpy(out, items, (size_t)length * width);
    return true;
}

int call_row_get(struct call *call, int64_t *contig, const struct stream_contigs *contigs,
                 const struct runnel_batch *batch, int64_t row, struct failure *why) {
    int64_t length, genotype_length, probabilities;
    const char *name = runnel_text(batch, CALLS_CONTIG, row, &length);
    *contig = stream_contigs_find(contigs, name, length, *contig);
    if (*contig < 0)
        return fail(why, STATUS_BAD_INPUT, "a call on an unknown contig '%.*s'", (int)length, name);
    call->contig = contigs->names[*contig];
    call->position = runnel_integer(batch, CALLS_POSITION, row);
    read_text(&call->ref, batch, CALLS_REFERENCE, row);
    read_text(&call->alt, batch, CALLS_ALTERNATES, row);
    const char *genotype = runnel_text(batch, CALLS_GENOTYPE, row, &genotype_length);
    call->qual = runnel_real(batch, CALLS_QUAL, row);
    call->gq = runnel_integer(batch, CALLS_GQ, row);
    call->depth = runnel_integer(batch, CALLS_DEPTH, row);
    call->site_depth = runnel_is_null(batch, CALLS_SITE_DEPTH, row)
                           ? 0
                           : runnel_integer(batch, CALLS_SITE_DEPTH, row);
    call->probabilities = runnel_list(batch, CALLS_PROBABILITIES, row, &probabilities);
    call->probability_count = (size_t)probabilities;
    const char *filter = runnel_text(batch, CALLS_FILTER, row, &length);
    bool good =
        genotype_length < CALL_GENOTYPE_MAX && read_filter_text(&call->filter, filter, length);
    const char *source = runnel_text(batch, CALLS_SOURCE, row, &length);
    good = good && length == 1 && (*source == CALL_PILEUP || *source == CALL_FULL);
    int32_t ad[1 + CALL_ALTS_MAX];
    good = good &&
           read_list(ad, sizeof *ad, 1 + CALL_ALTS_MAX, &call->ad_count, batch, CALLS_AD, row) &&
           read_list(call->af, sizeof *call->af, CALL_ALTS_MAX, &call->af_count, batch, CALLS_AF,
                     row) &&
           read_list(call->pl, sizeof *call->pl, CALL_LIKELIHOODS_MAX, &call->pl_count, batch,
                     CALLS_PL, row);
    if (!good)
        return fail(why, STATUS_BAD_INPUT, "%s:%lld: a call that no decoder makes", call->contig,
                    (long long)call->position);
    for (size_t i = 0; i < call->ad_count; i++)
        call->ad[i] = ad[i];
    memcpy(call->genotype, genotype, (size_t)genotype_length);
    call->genotype[genotype_length] = '\0';
    call->source = (enum call_source) * source;
    return call->ref.failed || call->alt.failed
               ? fail(why, STATUS_NO_MEMORY, "out of memory for a call")
               : STATUS_OK;
}
