/* SPDX-License-Identifier: MIT
 *
 * Lines are cut at tabs, the sample at colons; nothing is copied. */
#include "core/calls/site.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { REF_COLUMN = 3, FIRST_CHANGED_COLUMN = 4, SAMPLE_COLUMN = 9 };

static const struct letters missing = {".", 1};

static bool is_text(struct letters letters, const char *text) {
    return letters.length == strlen(text) && memcmp(letters.bytes, text, letters.length) == 0;
}

/* Cuts off the part before `separator`; after the last part `rest->bytes` is NULL. */
static struct letters next_part(struct letters *rest, char separator) {
    const char *end = rest->length ? memchr(rest->bytes, separator, rest->length) : NULL;
    struct letters part = {rest->bytes, end ? (size_t)(end - rest->bytes) : rest->length};
    rest->bytes = end ? end + 1 : NULL;
    rest->length -= end ? part.length + 1 : part.length;
    return part;
}

static struct letters next_column(struct letters *rest) {
    return rest->bytes ? next_part(rest, '\t') : missing;
}

static bool read_integer(struct letters letters, int64_t *value) {
    enum { DIGITS_MAX = 17 };
    *value = 0;
    if (letters.length == 0 || letters.length > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < letters.length; i++) {
        if (letters.bytes[i] < '0' || letters.bytes[i] > '9')
            return false;
        *value = *value * 10 + (letters.bytes[i] - '0');
    }
    return true;
}

/* Foreign files write QUAL in any way, also 1e+03. */
static bool read_qual(struct letters letters, double *value) {
    char digits[64], *end;
    if (letters.length == 0 || letters.length >= sizeof digits)
        return false;
    memcpy(digits, letters.bytes, letters.length);
    digits[letters.length] = '\0';
    *value = strtod(digits, &end);
    return *end == '\0';
}

/* "0/1", "1|2", "1", "."; more than two alleles leave the ploidy at 0. */
static bool read_genotype(struct letters text, struct site *site) {
    int alleles[SITE_PLOIDY_MAX];
    size_t ploidy = 0;
    site->phased = memchr(text.bytes, '|', text.length) != NULL;
    for (size_t i = 0; i < text.length; ploidy++) {
        struct letters allele = {text.bytes + i, 0};
        int64_t number;
        while (i < text.length && text.bytes[i] != '|' && text.bytes[i] != '/') {
            allele.length++;
            i++;
        }
        if (i < text.length && ++i == text.length)
            return false;
        if (is_text(allele, "."))
            number = SITE_ALLELE_MISSING;
        else if (!read_integer(allele, &number) || number > 1000)
            return false;
        if (ploidy < SITE_PLOIDY_MAX)
            alleles[ploidy] = (int)number;
    }
    site->ploidy = ploidy <= SITE_PLOIDY_MAX ? ploidy : 0;
    for (size_t i = 0; i < site->ploidy; i++)
        site->genotype[i] = alleles[i];
    return true;
}

static bool read_sample(struct letters format, struct letters sample, struct site *site) {
    while (format.bytes && sample.bytes) {
        struct letters key = next_part(&format, ':'), value = next_part(&sample, ':');
        if (is_text(key, "GT") && !read_genotype(value, site))
            return false;
        if (is_text(key, "PS"))
            site->has_phase_set = read_integer(value, &site->phase_set);
    }
    return true;
}

static struct letters whole_line(const char *line, size_t length) {
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    return (struct letters){line, length};
}

int site_read(struct site *site, const char *line, size_t length, struct failure *why) {
    return site_read_sample(site, line, length, 0, why);
}

int site_read_sample(struct site *site, const char *line, size_t length, size_t sample_number,
                     struct failure *why) {
    struct letters rest = whole_line(line, length);
    *site = (struct site){0};
    site->contig = next_column(&rest);
    bool ok = read_integer(next_column(&rest), &site->position);
    site->id = next_column(&rest);
    site->ref = next_column(&rest);
    site->alt = next_column(&rest);
    struct letters qual = next_column(&rest);
    site->has_qual = !is_text(qual, ".");
    ok = ok && (!site->has_qual || read_qual(qual, &site->qual));
    site->filter = next_column(&rest);
    next_column(&rest);
    struct letters format = next_column(&rest), sample = next_column(&rest);
    for (; sample_number > 0; sample_number--)
        sample = next_column(&rest);
    ok = ok && read_sample(format, sample, site);
    if (!ok || site->contig.length == 0 || site->ref.length == 0 || site->alt.length == 0)
        return fail(why, STATUS_BAD_INPUT, "not a VCF record: %.*s",
                    (int)(length < 100 ? length : 100), line);
    return STATUS_OK;
}

static bool differ(char one, char other) {
    one = (char)toupper((unsigned char)one);
    other = (char)toupper((unsigned char)other);
    return one != other && memchr("ACGT", one, 4) && memchr("ACGT", other, 4);
}

int site_check_reference(const struct site *site, const struct reference *reference,
                         struct failure *why) {
    int64_t begin = site->position - 1, end = begin + (int64_t)site->ref.length;
    if (begin < 0)
        return STATUS_OK;
    if (begin >= reference->length)
        return fail(why, STATUS_BAD_INPUT, "%.*s:%lld: lies behind the contig's end at %lld",
                    (int)site->contig.length, site->contig.bytes, (long long)site->position,
                    (long long)reference->length);
    end = end < reference->length ? end : reference->length;
    const char *letters = reference->fetch(reference->source, begin, end, why);
    if (letters == NULL)
        return why ? why->code : STATUS_IO;
    for (int i = 0; i < (int)(end - begin); i++)
        if (differ(site->ref.bytes[i], letters[i]))
            return fail(why, STATUS_BAD_INPUT, "%.*s:%lld: REF %s %.*s, the reference has %.*s",
                        (int)site->contig.length, site->contig.bytes, (long long)site->position,
                        site->ref.length == 1 ? "is" : "begins with", i + 1, site->ref.bytes, i + 1,
                        letters);
    return STATUS_OK;
}

bool site_passes(const struct site *site) {
    return is_text(site->filter, "PASS") || is_text(site->filter, ".");
}

struct letters site_alt(const struct site *site, size_t number) {
    struct letters rest = site->alt, allele = {NULL, 0};
    for (size_t i = 0; i < number; i++)
        allele = rest.bytes ? next_part(&rest, ',') : (struct letters){NULL, 0};
    return allele;
}

void site_append_uncalled(struct text *out, const char *line, size_t length) {
    static const char *const columns[] = {".", ".", ".", ".", "GT", "./."};
    struct letters rest = whole_line(line, length);
    for (size_t i = 0; i <= SAMPLE_COLUMN; i++) {
        struct letters column = next_column(&rest);
        if (i > 0)
            text_append_char(out, '\t');
        if (i >= FIRST_CHANGED_COLUMN)
            text_append_string(out, columns[i - FIRST_CHANGED_COLUMN]);
        else
            text_append(out, column.bytes, i == REF_COLUMN ? 1 : column.length);
    }
    if (rest.bytes) {
        text_append_char(out, '\t');
        text_append(out, rest.bytes, rest.length);
    }
    text_append_char(out, '\n');
}
