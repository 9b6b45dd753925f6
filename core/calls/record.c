/* SPDX-License-Identifier: MIT
 *
 * Writing and reading one record line.  Reading accepts exactly what writing produces. */
#include "core/calls/record.h"

#include "core/calls/numbers.h"

#include <string.h>

static const char site_depth_key[] = ";TDP=";

static void append_list(struct text *line, const int64_t *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_append_char(line, ',');
        text_append_integer(line, values[i]);
    }
}

/* Of the genotypes with one more allele: as many as there are alleles now, or, where PL is of
 * one copy (one number per allele), one. */
static void append_non_ref_likelihoods(struct text *line, const struct call *call) {
    size_t alleles = call_has_two_alts(call) ? 3 : 2;
    size_t more = call->pl_count == alleles ? 1 : alleles + 1;
    for (size_t i = 0; i < more; i++) {
        text_append_char(line, ',');
        text_append_integer(line, CALL_LIKELIHOOD_UNKNOWN);
    }
}

static void append_sample(struct text *line, const struct call *call, enum record_form form) {
    bool non_ref = form == RECORD_NON_REF;
    text_append_string(line, call->genotype);
    text_append_char(line, ':');
    text_append_integer(line, call->gq);
    text_append_char(line, ':');
    text_append_integer(line, call->depth);
    text_append_char(line, ':');
    append_list(line, call->ad, call->ad_count);
    text_append_string(line, non_ref ? ",0:" : ":");
    for (size_t i = 0; i < call->af_count; i++) {
        if (i > 0)
            text_append_char(line, ',');
        text_append_fixed(line, call->af[i], AF_DECIMALS);
    }
    if (non_ref)
        text_append_string(line, ",0.0000");
    if (call->pl_count == 0)
        return;
    text_append_char(line, ':');
    int64_t pl[CALL_LIKELIHOODS_MAX];
    for (size_t i = 0; i < call->pl_count; i++)
        pl[i] = call->pl[i];
    append_list(line, pl, call->pl_count);
    if (non_ref)
        append_non_ref_likelihoods(line, call);
}

void record_append(struct text *line, const struct call *call, enum record_form form) {
    text_append_string(line, call->contig);
    text_append_char(line, '\t');
    text_append_integer(line, call->position);
    text_append_string(line, "\t.\t");
    text_append(line, text_bytes(&call->ref), call->ref.length);
    text_append_char(line, '\t');
    text_append(line, text_bytes(&call->alt), call->alt.length);
    if (form == RECORD_NON_REF)
        text_append_string(line, ",<NON_REF>");
    text_append_char(line, '\t');
    text_append_fixed(line, call->qual, QUAL_DECIMALS);
    text_append_char(line, '\t');
    text_append_string(line, call_filter_text(call->filter));
    text_append_char(line, '\t');
    text_append_char(line, (char)call->source);
    if (call->site_depth > 0) {
        text_append_string(line, site_depth_key);
        text_append_integer(line, call->site_depth);
    }
    text_append_string(line, call->pl_count > 0 ? "\tGT:GQ:DP:AD:AF:PL\t" : "\tGT:GQ:DP:AD:AF\t");
    append_sample(line, call, form);
    text_append_char(line, '\n');
}

/* ---- reading ------------------------------------------------------------------------------ */

/* A part of a line that was cut at a separator. */
struct field {
    const char *begin;
    size_t length;
};

/* The next field up to `separator`; moves `rest` behind it. */
static struct field next_field(struct field *rest, char separator) {
    const char *end = rest->length ? memchr(rest->begin, separator, rest->length) : NULL;
    struct field field = {rest->begin, end ? (size_t)(end - rest->begin) : rest->length};
    size_t used = field.length + (end ? 1 : 0);
    rest->begin += used;
    rest->length -= used;
    return field;
}

static bool field_is(struct field field, const char *text) {
    return field.length == strlen(text) && memcmp(field.begin, text, field.length) == 0;
}

/* Digits only: nothing that a record holds is negative. */
static bool parse_integer(struct field field, int64_t *value) {
    enum { DIGITS_LONGEST = 17 };
    *value = 0;
    if (field.length == 0 || field.length > DIGITS_LONGEST)
        return false;
    for (size_t i = 0; i < field.length; i++) {
        if (field.begin[i] < '0' || field.begin[i] > '9')
            return false;
        *value = *value * 10 + (field.begin[i] - '0');
    }
    return true;
}

/* "12.34" without strtod, whose decimal point depends on the locale. */
static bool parse_decimal(struct field field, double *value) {
    struct field rest = field;
    struct field whole = next_field(&rest, '.');
    int64_t units, parts = 0, scale = 1;
    if (!parse_integer(whole, &units) || units > INT32_MAX || rest.length > 6)
        return false;
    if (rest.length > 0 && !parse_integer(rest, &parts))
        return false;
    for (size_t i = 0; i < rest.length; i++)
        scale *= 10;
    *value = (double)(units * scale + parts) / (double)scale;
    return true;
}

static bool parse_filter(struct field field, enum call_filter *filter) {
    for (enum call_filter f = CALL_PASS; f <= CALL_REF_CALL; f++) {
        if (field_is(field, call_filter_text(f))) {
            *filter = f;
            return true;
        }
    }
    return false;
}

/* Fills the lists AD, AF and PL; PL may be absent. */
static bool parse_lists(struct field sample, struct call *call) {
    struct field ad = next_field(&sample, ':'), af = next_field(&sample, ':'), pl = sample;
    int64_t value;
    call->ad_count = call->af_count = call->pl_count = 0;
    while (ad.length > 0 && call->ad_count <= CALL_ALTS_MAX)
        if (!parse_integer(next_field(&ad, ','), &call->ad[call->ad_count++]))
            return false;
    while (af.length > 0 && call->af_count < CALL_ALTS_MAX)
        if (!parse_decimal(next_field(&af, ','), &call->af[call->af_count++]))
            return false;
    while (pl.length > 0 && call->pl_count < CALL_LIKELIHOODS_MAX) {
        if (!parse_integer(next_field(&pl, ','), &value) || value > INT32_MAX)
            return false;
        call->pl[call->pl_count++] = (int)value;
    }
    return ad.length + af.length + pl.length == 0;
}

static bool parse_sample(struct field sample, struct call *call) {
    struct field genotype = next_field(&sample, ':');
    if (genotype.length == 0 || genotype.length >= CALL_GENOTYPE_MAX)
        return false;
    memcpy(call->genotype, genotype.begin, genotype.length);
    call->genotype[genotype.length] = '\0';
    return parse_integer(next_field(&sample, ':'), &call->gq) &&
           parse_integer(next_field(&sample, ':'), &call->depth) && parse_lists(sample, call);
}

/* "P", or "F;TDP=12345". */
static bool parse_info(struct field info, struct call *call) {
    const size_t key = sizeof site_depth_key - 1;
    call->site_depth = 0;
    if (info.length == 0 || (*info.begin != CALL_PILEUP && *info.begin != CALL_FULL))
        return false;
    call->source = *info.begin == CALL_PILEUP ? CALL_PILEUP : CALL_FULL;
    if (info.length == 1)
        return true;
    struct field depth = {info.begin + 1 + key, info.length - 1 - key};
    return info.length > 1 + key && memcmp(info.begin + 1, site_depth_key, key) == 0 &&
           parse_integer(depth, &call->site_depth) && call->site_depth > 0;
}

static bool parse_fields(struct field line, struct call *call) {
    next_field(&line, '\t');
    bool ok = parse_integer(next_field(&line, '\t'), &call->position);
    next_field(&line, '\t');
    struct field ref = next_field(&line, '\t'), alt = next_field(&line, '\t');
    text_append(&call->ref, ref.begin, ref.length);
    text_append(&call->alt, alt.begin, alt.length);
    ok = ok && ref.length > 0 && alt.length > 0;
    ok = ok && parse_decimal(next_field(&line, '\t'), &call->qual);
    ok = ok && parse_filter(next_field(&line, '\t'), &call->filter);
    ok = ok && parse_info(next_field(&line, '\t'), call);
    if (!ok)
        return false;
    struct field format = next_field(&line, '\t');
    if (!field_is(format, "GT:GQ:DP:AD:AF") && !field_is(format, "GT:GQ:DP:AD:AF:PL"))
        return false;
    return parse_sample(line, call);
}

int record_parse(struct call *call, const char *contig, const char *line, struct failure *why) {
    struct field whole = {line, strcspn(line, "\r\n")};
    text_clear(&call->ref);
    text_clear(&call->alt);
    call->contig = contig;
    call->probabilities = NULL;
    call->probability_count = 0;
    if (!parse_fields(whole, call))
        return fail(why, STATUS_BAD_INPUT, "not a call's record: %.120s", line);
    if (call->ref.failed || call->alt.failed)
        return fail(why, STATUS_NO_MEMORY, "no memory for the alleles of a call");
    return STATUS_OK;
}
