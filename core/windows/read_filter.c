/* SPDX-License-Identifier: MIT
 *
 * The choice of alignments (specification of windows, 1.1 and 2.1) and the check that makes
 * their CIGARs safe to walk. */
#include "core/windows/read_filter.h"

#include "core/windows/cigar.h"

static const char *const fate_names[READ_FATES] = {
    [READ_USED] = "used",
    [READ_UNMAPPED] = "unmapped",
    [READ_MATE_UNMAPPED] = "mate_unmapped",
    [READ_SECONDARY] = "secondary",
    [READ_QC_FAIL] = "qc_fail",
    [READ_DUPLICATE] = "duplicate",
    [READ_SUPPLEMENTARY] = "supplementary",
    [READ_LOW_MAPQ] = "low_mapq",
    [READ_OUTSIDE] = "outside_contig",
    [READ_BAD_CIGAR] = "bad_cigar",
    [READ_NO_REFERENCE] = "no_reference_bases",
    [READ_NO_SEQUENCE] = "no_sequence",
    [READ_TOO_LONG] = "too_long",
    [READ_SAME_NAME] = "same_name",
    [READ_BEYOND_DEPTH] = "beyond_depth",
};

static const struct {
    unsigned bit;
    enum read_fate fate;
} flag_fates[] = {
    {4, READ_UNMAPPED},  {8, READ_MATE_UNMAPPED}, {256, READ_SECONDARY},
    {512, READ_QC_FAIL}, {1024, READ_DUPLICATE},  {2048, READ_SUPPLEMENTARY},
};

const char *read_fate_name(enum read_fate fate) {
    return fate_names[fate];
}

/* Adds up what the operations take; false for an operation that there is not. */
static bool measure(const struct alignment *a, int64_t *reference, int64_t *query) {
    *reference = *query = 0;
    for (size_t k = 0; k < a->cigar_count; k++) {
        enum cigar_operation operation = cigar_operation(a->cigar[k]);
        if (operation >= CIGAR_OPERATIONS)
            return false;
        if (cigar_takes_reference(operation))
            *reference += cigar_length(a->cigar[k]);
        if (cigar_takes_query(operation))
            *query += cigar_length(a->cigar[k]);
    }
    return true;
}

enum read_fate read_filter(const struct alignment *a, unsigned refused_flags, int min_mq,
                           int64_t contig_length, int64_t *span) {
    int64_t reference, query;
    *span = 0;
    for (size_t i = 0; i < sizeof flag_fates / sizeof *flag_fates; i++)
        if (a->flag & refused_flags & flag_fates[i].bit)
            return flag_fates[i].fate;
    if (a->mapq < min_mq)
        return READ_LOW_MAPQ;
    if (a->position < 0 || a->position >= contig_length)
        return READ_OUTSIDE;
    if (!measure(a, &reference, &query))
        return READ_BAD_CIGAR;
    if (reference == 0)
        return READ_NO_REFERENCE;
    if (a->length == 0)
        return READ_NO_SEQUENCE;
    if (query != a->length)
        return READ_BAD_CIGAR;
    if (reference > READ_SPAN_MAX)
        return READ_TOO_LONG;
    *span = reference;
    return READ_USED;
}
