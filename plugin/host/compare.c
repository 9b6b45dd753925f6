/* SPDX-License-Identifier: MIT
 *
 * `runnel compare REF.fa TRUTH.vcf CALLS.vcf`: precision and recall of calls.  What is counted
 * and when alleles match is core/calls/compare.h; here files are read and figures printed. */
#include "adapters/reference.h"
#include "adapters/regions.h"
#include "adapters/vcf.h"
#include "core/calls/compare.h"
#include "plugin/host/commands.h"
#include "plugin/host/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct option OPTIONS[] = {
    {"regions-file", "bed-fn", 'R', OPTION_TEXT, "BED", NULL, "count only in these regions"},
    {"region", NULL, 'r', OPTION_LIST, "REGION", NULL, "and only in this one (chr20:1-5,000)"},
    {"min-qual", NULL, 'q', OPTION_REAL, "QUAL", NULL, "leave out calls of a lower QUAL"},
    {"output-type", NULL, 'O', OPTION_CHOICE, "t|j", "t", "a table or JSON"},
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS };

enum side { TRUTH, CALLS, SIDES };

struct comparison {
    struct reference_file *file;
    size_t contig_count;
    char **names; /* borrowed from the file */
    int64_t *lengths;
    struct regions *confident, *region; /* NULL: everywhere */
    struct variants *alleles[SIDES];    /* per contig */
    double lowest_qual;
    uint64_t left_out; /* calls below lowest_qual or with a filter */
    struct compare_result result;
};

static void help(FILE *out) {
    fprintf(out,
            "About:   Precision, recall and F1 of calls against a truth, of SNPs and indels,\n"
            "         without and with genotypes.  Spelling does not matter: alleles match when\n"
            "         they give the same haplotype.  Records with FILTER PASS or . count.\n"
            "Usage:   runnel compare [options] REF.fa TRUTH.vcf.gz CALLS.vcf.gz\n\nOptions:\n");
    options_help(out, OPTIONS, OPTION_COUNT);
}

/* ---- reading ---- */

static int open_contigs(struct comparison *it, const char *path, struct failure *why) {
    int status = reference_open(&it->file, path, why);
    if (status != STATUS_OK)
        return status;
    it->contig_count = reference_contig_count(it->file);
    it->names = calloc(it->contig_count + 1, sizeof *it->names);
    it->lengths = calloc(it->contig_count + 1, sizeof *it->lengths);
    for (size_t side = TRUTH; side < SIDES; side++)
        it->alleles[side] = calloc(it->contig_count + 1, sizeof *it->alleles[side]);
    if (!it->names || !it->lengths || !it->alleles[TRUTH] || !it->alleles[CALLS])
        return fail(why, STATUS_NO_MEMORY, "no memory for %zu contigs", it->contig_count);
    for (size_t i = 0; i < it->contig_count; i++) {
        it->names[i] = (char *)reference_contig_name(it->file, i); /* only read */
        it->lengths[i] = reference_contig_length(it->file, i);
    }
    return STATUS_OK;
}

static int open_regions(struct comparison *it, const struct options *options, struct failure *why) {
    const char *bed = options_text(options, "regions-file");
    const char *region = options_text(options, "region");
    int status = STATUS_OK;
    if (bed != NULL)
        status = regions_new(&it->confident, it->names, it->lengths, it->contig_count, why);
    if (bed != NULL && status == STATUS_OK)
        status = regions_add_bed(it->confident, bed, why);
    if (region != NULL && status == STATUS_OK)
        status = regions_new(&it->region, it->names, it->lengths, it->contig_count, why);
    if (region != NULL && status == STATUS_OK)
        status = regions_add_texts(it->region, region, why);
    return status;
}

/* Moves *contig to that of the site and lends its letters; files are sorted, so seldom. */
static int go_to_contig(struct comparison *it, const struct site *site, size_t *contig,
                        struct reference *reference, struct failure *why) {
    const struct letters name = site->contig;
    for (size_t i = 0; i <= it->contig_count; i++) {
        size_t at = i == 0 ? *contig : i - 1; /* the last one first */
        if (at >= it->contig_count || strlen(it->names[at]) != name.length ||
            memcmp(it->names[at], name.bytes, name.length) != 0)
            continue;
        if (at == *contig)
            return STATUS_OK;
        *contig = at;
        return reference_contig(it->file, it->names[at], -1, reference, why);
    }
    return fail(why, STATUS_BAD_INPUT, "the reference has no contig '%.*s'", (int)name.length,
                name.bytes);
}

static int read_file(struct comparison *it, enum side side, const char *path, struct failure *why) {
    struct vcf_reader *reader = vcf_reader_open(path, why);
    struct reference reference = {0};
    struct letters line;
    size_t contig = SIZE_MAX;
    int status = reader ? STATUS_OK : why->code;
    while (status == STATUS_OK && (status = vcf_reader_next(reader, &line, why)) == STATUS_OK) {
        struct site site;
        status = site_read(&site, line.bytes, line.length, why);
        if (status != STATUS_OK)
            break;
        bool low = side == CALLS && site.has_qual && site.qual < it->lowest_qual;
        if (low || !site_passes(&site)) {
            it->left_out += side == CALLS;
            continue;
        }
        status = go_to_contig(it, &site, &contig, &reference, why);
        if (status == STATUS_OK)
            status = variants_add(&it->alleles[side][contig], &reference, &site, why);
    }
    vcf_reader_free(reader);
    if (status == STATUS_END)
        return STATUS_OK;
    return reader ? fail_at(why, "%s", path) : status;
}

/* ---- comparing ---- */

static void set_counted(struct comparison *it, size_t contig, struct variants *alleles) {
    for (size_t i = 0; i < alleles->count; i++) {
        int64_t position = alleles->items[i].position - 1;
        alleles->items[i].counted =
            (it->confident == NULL || regions_include(it->confident, contig, position)) &&
            (it->region == NULL || regions_include(it->region, contig, position));
    }
}

static int compare_all(struct comparison *it, struct failure *why) {
    int status = STATUS_OK;
    for (size_t i = 0; i < it->contig_count && status == STATUS_OK; i++) {
        struct reference reference;
        if (it->alleles[TRUTH][i].count + it->alleles[CALLS][i].count == 0)
            continue;
        status = reference_contig(it->file, it->names[i], -1, &reference, why);
        for (size_t side = TRUTH; side < SIDES && status == STATUS_OK; side++) {
            set_counted(it, i, &it->alleles[side][i]);
            status = variants_sort(&it->alleles[side][i], why);
        }
        if (status == STATUS_OK)
            status = compare_contig(&it->result, &reference, &it->alleles[TRUTH][i],
                                    &it->alleles[CALLS][i], why);
    }
    return status;
}

/* ---- printing ---- */

static const char *const TYPES[COMPARE_TYPES] = {"SNP", "INDEL"};
static const char *const LEVELS[VARIANT_LEVELS] = {"allele", "genotype"};

static void print_ratio(double value) {
    if (isnan(value))
        printf(" %9s", "-");
    else
        printf(" %9.4f", value);
}

static void print_table(const struct compare_result *result) {
    printf("%-6s %-9s %9s %9s %9s %9s %9s %9s %9s\n", "type", "match by", "found", "missed",
           "right", "wrong", "precision", "recall", "F1");
    for (size_t type = 0; type < COMPARE_TYPES; type++) {
        for (size_t level = 0; level < VARIANT_LEVELS; level++) {
            const struct compare_tally *tally = &result->of[type][level];
            printf("%-6s %-9s %9llu %9llu %9llu %9llu", TYPES[type], LEVELS[level],
                   (unsigned long long)tally->found, (unsigned long long)tally->missed,
                   (unsigned long long)tally->right, (unsigned long long)tally->wrong);
            print_ratio(compare_precision(tally));
            print_ratio(compare_recall(tally));
            print_ratio(compare_f1(tally));
            printf("\n");
        }
    }
}

static void print_json_ratio(const char *name, double value) {
    if (isnan(value))
        printf(", \"%s\": null", name);
    else
        printf(", \"%s\": %.6f", name, value);
}

static void print_json(const struct comparison *it) {
    printf("{");
    for (size_t type = 0; type < COMPARE_TYPES; type++) {
        printf("\"%s\": {", TYPES[type]);
        for (size_t level = 0; level < VARIANT_LEVELS; level++) {
            const struct compare_tally *tally = &it->result.of[type][level];
            printf("%s\"%s\": {\"found\": %llu, \"missed\": %llu, \"right\": %llu, "
                   "\"wrong\": %llu",
                   level ? ", " : "", LEVELS[level], (unsigned long long)tally->found,
                   (unsigned long long)tally->missed, (unsigned long long)tally->right,
                   (unsigned long long)tally->wrong);
            print_json_ratio("precision", compare_precision(tally));
            print_json_ratio("recall", compare_recall(tally));
            print_json_ratio("f1", compare_f1(tally));
            printf("}");
        }
        printf("}, ");
    }
    printf("\"calls_left_out\": %llu, \"neighbourhoods_too_crowded\": %llu}\n",
           (unsigned long long)it->left_out, (unsigned long long)it->result.crowded);
}

static void close_all(struct comparison *it) {
    for (size_t side = TRUTH; side < SIDES; side++) {
        for (size_t i = 0; it->alleles[side] && i < it->contig_count; i++)
            variants_free(&it->alleles[side][i]);
        free(it->alleles[side]);
    }
    regions_free(it->confident);
    regions_free(it->region);
    free(it->names);
    free(it->lengths);
    reference_close(it->file);
}

int command_compare(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    struct comparison it = {0};
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("compare", &why);
    if (options_flag(&options, "help")) {
        help(stdout);
        return EXIT_WHOLE;
    }
    const char *form = options_text(&options, "output-type");
    if (options.operand_count != 3)
        fail(&why, STATUS_BAD_INPUT, "wants REF.fa, TRUTH.vcf.gz and CALLS.vcf.gz");
    else if (strcmp(form, "t") != 0 && strcmp(form, "j") != 0)
        fail(&why, STATUS_BAD_INPUT, "output type is t (table) or j (JSON), not '%s'", form);
    if (why.code != STATUS_OK)
        return say_usage("compare", &why);

    it.lowest_qual = options_real(&options, "min-qual");
    int status = open_contigs(&it, options.operands[0], &why);
    if (status == STATUS_OK)
        status = open_regions(&it, &options, &why);
    for (size_t side = TRUTH; side < SIDES && status == STATUS_OK; side++)
        status = read_file(&it, (enum side)side, options.operands[1 + side], &why);
    if (status == STATUS_OK)
        status = compare_all(&it, &why);
    if (status == STATUS_OK && *form == 't')
        print_table(&it.result);
    else if (status == STATUS_OK)
        print_json(&it);
    close_all(&it);
    return status == STATUS_OK ? EXIT_WHOLE : say_failure(&why);
}
