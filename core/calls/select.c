/* SPDX-License-Identifier: MIT
 *
 * The k-th smallest of a list is found by walking its counts upwards. */
#include "core/calls/select.h"

#include "core/calls/numbers.h"
#include <string.h>

enum { HUNDRED = 100 };

static const char first_line[] = "#runnel pileup qualities 1";
static const char last_line[] = "#total";
static const char *const list_names[SELECT_LISTS] = {"variant", "reference", "het_snp"};

static bool is_het_snp(const struct call *call) {
    return call->ref.length == 1 && call->alt.length == 1 &&
           (strcmp(call->genotype, "0/1") == 0 || strcmp(call->genotype, "1/0") == 0);
}

static void add(struct select_counts *counts, enum select_list list, size_t value, uint64_t more) {
    counts->of[list][value < SELECT_VALUES ? value : SELECT_VALUES - 1] += more;
    counts->total[list] += more;
}

void select_count(struct select_counts *counts, const struct call *call) {
    size_t value = (size_t)number_scaled(call->qual, QUAL_DECIMALS);
    bool reference = strcmp(call->genotype, "0/0") == 0;
    add(counts, reference ? SELECT_REFERENCES : SELECT_VARIANTS, value, 1);
    if (is_het_snp(call) && call->genotype[0] == '0')
        add(counts, SELECT_HET_SNPS, value, 1);
}

/* The greatest of the `fraction` lowest values of a list; 0 if these are none. */
static double greatest_of_lowest(const struct select_counts *counts, enum select_list list,
                                 double fraction) {
    uint64_t wanted = (uint64_t)(fraction * (double)counts->total[list]), passed = 0;
    if (wanted == 0)
        return 0;
    size_t value = 0;
    while (value < SELECT_VALUES - 1 && (passed += counts->of[list][value]) < wanted)
        value++;
    return (double)value / HUNDRED;
}

struct cutoffs select_cutoffs(const struct select_counts *counts,
                              const struct select_fractions *fractions) {
    return (struct cutoffs){
        .variant = greatest_of_lowest(counts, SELECT_VARIANTS, fractions->variants),
        .reference = greatest_of_lowest(counts, SELECT_REFERENCES, fractions->references),
        .phasing = greatest_of_lowest(counts, SELECT_HET_SNPS, 1 - fractions->phasing),
    };
}

bool select_for_full(const struct cutoffs *cutoffs, const struct call *call) {
    return call->qual < (call_is_reference(call) ? cutoffs->reference : cutoffs->variant);
}

bool select_for_phasing(const struct cutoffs *cutoffs, const struct call *call) {
    return is_het_snp(call) && call->qual >= cutoffs->phasing;
}

/* ---- counts as text ------------------------------------------------------------------------ */

void select_append_counts(struct text *out, const struct select_counts *counts) {
    text_append_string(out, first_line);
    text_append_char(out, '\n');
    for (size_t list = 0; list < SELECT_LISTS; list++) {
        for (size_t value = 0; value < SELECT_VALUES; value++) {
            if (counts->of[list][value] == 0)
                continue;
            text_append_string(out, list_names[list]);
            text_append_char(out, ' ');
            text_append_fixed(out, (double)value / HUNDRED, QUAL_DECIMALS);
            text_append_char(out, ' ');
            text_append_integer(out, (int64_t)counts->of[list][value]);
            text_append_char(out, '\n');
        }
    }
    text_append_string(out, last_line);
    for (size_t list = 0; list < SELECT_LISTS; list++) {
        text_append_char(out, ' ');
        text_append_integer(out, (int64_t)counts->total[list]);
    }
    text_append_char(out, '\n');
}

/* Reads digits at *at and moves it behind them; false without any, or with too many. */
static bool read_digits(const char *line, size_t length, size_t *at, uint64_t *value) {
    enum { DIGITS_MAX = 15 };
    size_t begin = *at;
    *value = 0;
    while (*at < length && line[*at] >= '0' && line[*at] <= '9' && *at - begin < DIGITS_MAX)
        *value = *value * 10 + (uint64_t)(line[(*at)++] - '0');
    return *at > begin;
}

/* "variant 34.72 5" */
static bool read_count(struct select_counts *counts, const char *line, size_t length) {
    uint64_t units, hundredths, count;
    for (size_t list = 0; list < SELECT_LISTS; list++) {
        size_t at = strlen(list_names[list]);
        if (length <= at || memcmp(line, list_names[list], at) != 0 || line[at++] != ' ')
            continue;
        if (!read_digits(line, length, &at, &units) || at >= length || line[at++] != '.')
            return false;
        size_t point = at;
        if (!read_digits(line, length, &at, &hundredths) || at - point != QUAL_DECIMALS)
            return false;
        if (at >= length || line[at++] != ' ' || !read_digits(line, length, &at, &count))
            return false;
        uint64_t value = units * HUNDRED + hundredths;
        if (at != length || value >= SELECT_VALUES)
            return false;
        add(counts, (enum select_list)list, (size_t)value, count);
        return true;
    }
    return false;
}

/* "#total 50 24 9": how many calls the lines before it counted. */
static bool read_totals(uint64_t totals[SELECT_LISTS], const char *line, size_t length) {
    size_t at = strlen(last_line);
    if (length < at || memcmp(line, last_line, at) != 0)
        return false;
    for (size_t list = 0; list < SELECT_LISTS; list++)
        if (at >= length || line[at++] != ' ' || !read_digits(line, length, &at, &totals[list]))
            return false;
    return at == length;
}

int select_read_counts(struct select_counts *counts, const char *text, size_t length,
                       struct failure *why) {
    if (length == 0)
        return fail(why, STATUS_BAD_INPUT, "is empty");
    uint64_t totals[SELECT_LISTS], before[SELECT_LISTS];
    bool open = false; /* between a first line and its totals */
    for (size_t line = 1; length > 0; line++) {
        const char *end = memchr(text, '\n', length);
        size_t used = end ? (size_t)(end - text) : length;
        bool mark = used == strlen(first_line) && memcmp(text, first_line, used) == 0;
        if (!open && !mark)
            return fail(why, STATUS_BAD_INPUT, "line %zu does not begin with '%s'", line,
                        first_line);
        if (mark && open)
            break;
        if (mark) {
            open = true;
            memcpy(before, counts->total, sizeof before);
        } else if (read_totals(totals, text, used)) {
            open = false;
            for (size_t list = 0; list < SELECT_LISTS; list++)
                if (counts->total[list] - before[list] != totals[list])
                    return fail(why, STATUS_BAD_INPUT, "line %zu: %llu calls of kind %s, not %llu",
                                line, (unsigned long long)(counts->total[list] - before[list]),
                                list_names[list], (unsigned long long)totals[list]);
        } else if (!read_count(counts, text, used))
            return fail(why, STATUS_BAD_INPUT, "line %zu is no count of a quality: %.*s", line,
                        (int)(used < 60 ? used : 60), text);
        text += used + (end ? 1 : 0);
        length -= used + (end ? 1 : 0);
    }
    return open ? fail(why, STATUS_BAD_INPUT, "is cut short: counts have no line '%s'", last_line)
                : STATUS_OK;
}
