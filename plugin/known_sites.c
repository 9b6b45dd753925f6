/* SPDX-License-Identifier: MIT
 *
 * Reading known sites. */
#include "plugin/known_sites.h"

#include "adapters/vcf.h"
#include "core/calls/site.h"

#include <stdlib.h>

static int no_memory(struct failure *why) {
    return fail(why, STATUS_NO_MEMORY, "out of memory for known sites");
}

static int add(struct known_sites *sites, struct known_contig *to, int64_t position,
               const struct letters *line, struct failure *why) {
    if (to->count == to->room) {
        size_t room = to->room ? 2 * to->room : 256;
        struct known_line *lines = realloc(to->lines, room * sizeof *lines);
        if (lines == NULL)
            return no_memory(why);
        to->lines = lines;
        to->room = room;
    }
    to->lines[to->count++] = (struct known_line){position, sites->lines.length, line->length};
    text_append(&sites->lines, line->bytes, line->length);
    return sites->lines.failed ? no_memory(why) : STATUS_OK;
}

static int read_lines(struct known_sites *sites, struct vcf_reader *reader,
                      const struct stream_contigs *contigs, struct failure *why) {
    struct letters line;
    struct site site;
    int64_t contig = 0;
    int status;
    while ((status = vcf_reader_next(reader, &line, why)) == STATUS_OK) {
        if ((status = site_read(&site, line.bytes, line.length, why)) != STATUS_OK)
            return status;
        contig =
            stream_contigs_find(contigs, site.contig.bytes, (int64_t)site.contig.length, contig);
        if (contig < 0)
            return fail(why, STATUS_BAD_INPUT, "the reads know no contig '%.*s'",
                        (int)site.contig.length, site.contig.bytes);
        status = add(sites, &sites->contigs[contig], site.position, &line, why);
        if (status != STATUS_OK)
            return status;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* By position, then by place in the file. */
static int by_position(const void *left, const void *right) {
    const struct known_line *a = left, *b = right;
    if (a->position != b->position)
        return a->position < b->position ? -1 : 1;
    return a->begin < b->begin ? -1 : a->begin > b->begin;
}

static int sort(struct known_contig *contig, struct failure *why) {
    if (contig->count == 0)
        return STATUS_OK;
    qsort(contig->lines, contig->count, sizeof *contig->lines, by_position);
    contig->positions = malloc(contig->count * sizeof *contig->positions);
    if (contig->positions == NULL)
        return no_memory(why);
    size_t kept = 0;
    for (size_t i = 0; i < contig->count; i++) {
        kept += i > 0 && contig->lines[i].position != contig->lines[kept].position;
        contig->lines[kept] = contig->lines[i];
        contig->positions[kept] = contig->lines[i].position;
    }
    contig->count = kept + 1;
    return STATUS_OK;
}

/* Sites of a contig that the reference lacks are of no use, but no failure. */
static int check(const struct known_sites *sites, size_t contig,
                 const struct stream_contigs *contigs, struct reference_file *file,
                 struct failure *why) {
    const struct known_contig *known = &sites->contigs[contig];
    struct reference reference;
    struct site site;
    int status = STATUS_OK;
    if (known->count == 0 ||
        reference_contig(file, contigs->names[contig], contigs->lengths[contig], &reference,
                         NULL) != STATUS_OK)
        return STATUS_OK;
    for (size_t i = 0; i < known->count && status == STATUS_OK; i++) {
        const struct known_line *line = &known->lines[i];
        status = site_read(&site, sites->lines.bytes + line->begin, line->length, why);
        if (status == STATUS_OK)
            status = site_check_reference(&site, &reference, why);
    }
    return status;
}

int known_sites_read(struct known_sites *sites, const char *path,
                     const struct stream_contigs *contigs, struct reference_file *reference,
                     struct failure *why) {
    sites->contigs = calloc(contigs->count + 1, sizeof *sites->contigs);
    if (sites->contigs == NULL)
        return no_memory(why);
    sites->count = contigs->count;
    struct vcf_reader *reader = vcf_reader_open(path, why);
    int status = reader ? read_lines(sites, reader, contigs, why) : why->code;
    vcf_reader_free(reader);
    for (size_t i = 0; i < sites->count && status == STATUS_OK; i++)
        status = sort(&sites->contigs[i], why);
    for (size_t i = 0; i < sites->count && reference != NULL && status == STATUS_OK; i++)
        status = check(sites, i, contigs, reference, why);
    return status == STATUS_OK || reader == NULL ? status : fail_at(why, "%s", path);
}

void known_sites_free(struct known_sites *sites) {
    for (size_t i = 0; i < sites->count; i++) {
        free(sites->contigs[i].lines);
        free(sites->contigs[i].positions);
    }
    free(sites->contigs);
    text_free(&sites->lines);
    *sites = (struct known_sites){0};
}
