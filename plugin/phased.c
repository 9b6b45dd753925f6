/* SPDX-License-Identifier: MIT
 *
 * Reading phased SNPs. */
#include "plugin/phased.h"

#include "adapters/vcf.h"
#include "core/calls/site.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int phased_new(struct phased *phased, size_t contig_count, struct failure *why) {
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

static int add_record(struct phased *phased, const struct letters *line,
                      const struct stream_contigs *contigs, int64_t *contig, struct failure *why) {
    struct site site;
    int status = site_read(&site, line->bytes, line->length, why);
    if (status != STATUS_OK || !site.phased)
        return status;
    if (site.ref.length != 1 || site.alt.length != 1 || !site.has_phase_set) {
        phased->skipped++;
        return STATUS_OK;
    }
    *contig = stream_contigs_find(contigs, site.contig.bytes, (int64_t)site.contig.length, *contig);
    if (*contig < 0)
        return fail(why, STATUS_BAD_INPUT, "the reads know no contig '%.*s'",
                    (int)site.contig.length, site.contig.bytes);
    struct phased_contig *to = &phased->contigs[*contig];
    bool first_is_reference = site.ploidy == 2 && site.genotype[0] == 0 && site.genotype[1] == 1;
    const struct phased_snp snp = {.position = site.position - 1,
                                   .alt = site.alt.bytes[0],
                                   .type = first_is_reference ? 1 : 2,
                                   .phase_set = site.phase_set};
    if (to->count > 0 && to->snps[to->count - 1].position > snp.position)
        return fail(why, STATUS_BAD_INPUT, "%s:%lld comes after a later position; sort the file",
                    contigs->names[*contig], (long long)site.position);
    return phased_add(to, &snp, why);
}

static int read_file(struct phased *phased, const char *path, const struct stream_contigs *contigs,
                     struct failure *why) {
    struct vcf_reader *reader = vcf_reader_open(path, why);
    if (reader == NULL)
        return why->code;
    struct letters line;
    int64_t contig = 0;
    int status;
    while ((status = vcf_reader_next(reader, &line, why)) == STATUS_OK)
        if ((status = add_record(phased, &line, contigs, &contig, why)) != STATUS_OK) {
            fail_at(why, "%s", path);
            break;
        }
    vcf_reader_free(reader);
    return status == STATUS_END ? STATUS_OK : status;
}

int phased_read(struct phased *phased, const char *paths, const struct stream_contigs *contigs,
                struct failure *why) {
    char *copy = strdup(paths), *rest = NULL;
    int status = copy ? phased_new(phased, contigs->count, why)
                      : fail(why, STATUS_NO_MEMORY, "out of memory for phased SNPs");
    if (status == STATUS_OK && access(paths, F_OK) == 0) { /* one file, with blanks in its name */
        free(copy);
        return read_file(phased, paths, contigs, why);
    }
    char *path = status == STATUS_OK ? strtok_r(copy, " ", &rest) : NULL;
    for (; path != NULL && status == STATUS_OK; path = strtok_r(NULL, " ", &rest))
        status = read_file(phased, path, contigs, why);
    free(copy);
    return status;
}

void phased_free(struct phased *phased) {
    for (size_t i = 0; i < phased->count; i++)
        free(phased->contigs[i].snps);
    free(phased->contigs);
    memset(phased, 0, sizeof *phased);
}
