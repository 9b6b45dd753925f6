/* SPDX-License-Identifier: MIT
 *
 * Reading phased SNPs. */
#include "plugin/phased.h"

#include "adapters/vcf.h"
#include "core/calls/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int phased_new(struct phased *phased, size_t contig_count, struct failure *why) {
    phased->contigs = calloc(contig_count + 1, sizeof *phased->contigs);
    if (phased->contigs == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for phased SNPs");
    phased->count = contig_count;
    return STATUS_OK;
}

int phased_add(struct phased_contig *to, const struct phased_snp *snp, struct failure *why) {
    if (to->count == to->room) {
        size_t room = to->room ? 2 * to->room : 1024;
        struct phased_snp *snps = realloc(to->snps, room * sizeof *snps);
        if (snps == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for phased SNPs");
        to->snps = snps;
        to->room = room;
    }
    to->snps[to->count++] = *snp;
    return STATUS_OK;
}

/* What is known while a file is read. */
struct reading {
    const struct phased_reads *reads;
    struct vcf_reader *reader;
    bool begun;    /* the sample has been found */
    size_t sample; /* its number in the file */
    int64_t contig;
    bool has_reference; /* of the contig; whether the reads need it will be seen */
    struct reference reference;
};

/* Of one sample that one, of several the one of the reads. */
static int find_sample(struct reading *reading, struct failure *why) {
    const struct letters names = vcf_reader_samples(reading->reader);
    const char *wanted = reading->reads->sample, *end = names.bytes + names.length;
    struct text list = {0};
    size_t count = 0;
    reading->begun = true;
    for (const char *at = names.bytes; names.length > 0 && at <= end; count++) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));
        size_t length = (size_t)((tab ? tab : end) - at);
        if (wanted && strlen(wanted) == length && memcmp(wanted, at, length) == 0) {
            reading->sample = count;
            text_free(&list);
            return STATUS_OK;
        }
        text_append_string(&list, count > 0 ? ", " : "");
        text_append(&list, at, length);
        at += length + 1;
    }
    if (count > 1 && wanted != NULL)
        fail(why, STATUS_BAD_INPUT,
             "has several samples, but none is named %s, as the reads are: %s", wanted,
             text_bytes(&list));
    else if (count > 1 && !reading->reads->unknown)
        fail(why, STATUS_BAD_INPUT,
             "has several samples, and the reads do not say whose they are: %s", text_bytes(&list));
    text_free(&list);
    return why->code;
}

/* Turns to the contig of a site; STATUS_END where the reads may know it and we do not. */
static int find_contig(struct reading *reading, const struct site *site, struct failure *why) {
    const struct phased_reads *reads = reading->reads;
    int64_t contig = stream_contigs_find(reads->contigs, site->contig.bytes,
                                         (int64_t)site->contig.length, reading->contig);
    if (contig < 0 && reads->unknown)
        return STATUS_END;
    if (contig < 0)
        return fail(why, STATUS_BAD_INPUT, "the reads know no contig '%.*s'",
                    (int)site->contig.length, site->contig.bytes);
    if (contig != reading->contig)
        reading->has_reference = reference_contig(reads->reference, reads->contigs->names[contig],
                                                  reads->contigs->lengths[contig],
                                                  &reading->reference, NULL) == STATUS_OK;
    reading->contig = contig;
    return STATUS_OK;
}

static int check_alleles(const struct site *site, struct failure *why) {
    bool none = site->alt.length == 1 && *site->alt.bytes == '.';
    for (size_t i = 0; i < site->ploidy; i++)
        if (site->genotype[i] > 0 &&
            (none || site_alt(site, (size_t)site->genotype[i]).bytes == NULL))
            return fail(why, STATUS_BAD_INPUT, "%.*s:%lld: GT has allele %d, but ALT is %.*s",
                        (int)site->contig.length, site->contig.bytes, (long long)site->position,
                        site->genotype[i], (int)site->alt.length, site->alt.bytes);
    return STATUS_OK;
}

static int add_record(struct phased *phased, struct reading *reading, const struct letters *line,
                      struct failure *why) {
    struct site site;
    int status = reading->begun ? STATUS_OK : find_sample(reading, why);
    if (status == STATUS_OK)
        status = site_read_sample(&site, line->bytes, line->length, reading->sample, why);
    if (status == STATUS_OK && site.phased)
        status = check_alleles(&site, why);
    if (status != STATUS_OK || !site.phased)
        return status;
    bool is_snp = site.ref.length == 1 && site.alt.length == 1;
    if (!is_snp || !site.has_phase_set) {
        phased->skipped++;
        phased->without_set += is_snp && site.ploidy == 2 && site.genotype[0] != site.genotype[1];
        return STATUS_OK;
    }
    status = find_contig(reading, &site, why);
    if (status == STATUS_OK && reading->has_reference)
        status = site_check_reference(&site, &reading->reference, why);
    if (status != STATUS_OK)
        return status == STATUS_END ? STATUS_OK : status;
    struct phased_contig *to = &phased->contigs[reading->contig];
    bool first_is_reference = site.ploidy == 2 && site.genotype[0] == 0 && site.genotype[1] == 1;
    const struct phased_snp snp = {.position = site.position - 1,
                                   .alt = site.alt.bytes[0],
                                   .type = first_is_reference ? 1 : 2,
                                   .phase_set = site.phase_set};
    if (to->count > 0 && to->snps[to->count - 1].position > snp.position)
        return fail(why, STATUS_BAD_INPUT, "%.*s:%lld comes after a later position; sort the file",
                    (int)site.contig.length, site.contig.bytes, (long long)site.position);
    return phased_add(to, &snp, why);
}

static int read_file(struct phased *phased, const char *path, const struct phased_reads *reads,
                     struct failure *why) {
    struct reading reading = {.reads = reads, .reader = vcf_reader_open(path, why), .contig = -1};
    if (reading.reader == NULL)
        return why->code;
    struct letters line;
    int status;
    while ((status = vcf_reader_next(reading.reader, &line, why)) == STATUS_OK)
        if ((status = add_record(phased, &reading, &line, why)) != STATUS_OK) {
            fail_at(why, "%s", path);
            break;
        }
    vcf_reader_free(reading.reader);
    return status == STATUS_END ? STATUS_OK : status;
}

int phased_read(struct phased *phased, const char *paths, const struct phased_reads *reads,
                struct failure *why) {
    char *copy = strdup(paths), *rest = NULL;
    int status = copy ? phased_new(phased, reads->contigs->count, why)
                      : fail(why, STATUS_NO_MEMORY, "out of memory for phased SNPs");
    if (status == STATUS_OK && access(paths, F_OK) == 0) { /* one file, with blanks in its name */
        free(copy);
        return read_file(phased, paths, reads, why);
    }
    char *path = status == STATUS_OK ? strtok_r(copy, " ", &rest) : NULL;
    for (; path != NULL && status == STATUS_OK; path = strtok_r(NULL, " ", &rest))
        status = read_file(phased, path, reads, why);
    free(copy);
    return status;
}

bool phased_doubt(const struct phased *phased, const char *paths, char *sentence, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < phased->count; i++)
        count += phased->contigs[i].count;
    if (count == 0)
        snprintf(sentence, size,
                 "%s: no phased SNPs (GT with | and PS); full alignment sees no haplotypes", paths);
    else if (phased->without_set > 0)
        snprintf(sentence, size,
                 "%s: %zu heterozygous SNPs have GT with |, but no PS that is a number, and phase "
                 "nothing",
                 paths, phased->without_set);
    return count == 0 || phased->without_set > 0;
}

void phased_free(struct phased *phased) {
    for (size_t i = 0; i < phased->count; i++)
        free(phased->contigs[i].snps);
    free(phased->contigs);
    memset(phased, 0, sizeof *phased);
}
