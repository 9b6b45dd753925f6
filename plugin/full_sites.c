/* SPDX-License-Identifier: MIT
 *
 * One list of known sites with a place behind it from which on nothing is known.  A file keeps one
 * known site, the next one; a flow as many as came. */
#include "plugin/full_sites.h"

#include "plugin/spool.h"

#include <stdlib.h>
#include <string.h>

static const struct place NOWHERE = {INT64_MAX, 0};

struct full_sites {
    const struct stream_contigs *contigs;
    char *path;
    struct spool *file; /* NULL: a flow */
    const struct cutoffs *cutoffs;
    struct call call;
    struct place *known; /* [first, first + count) */
    size_t first, count, room;
    struct place last;     /* added */
    struct place promised; /* behind the known ones no site lies before it */
};

static bool before(struct place a, struct place b) {
    return a.contig < b.contig || (a.contig == b.contig && a.position < b.position);
}

static int new_sites(struct full_sites **out, const struct stream_contigs *contigs,
                     struct failure *why) {
    if ((*out = calloc(1, sizeof **out)) == NULL)
        return fail(why, STATUS_NO_MEMORY, "out of memory for sites");
    (*out)->contigs = contigs;
    return STATUS_OK;
}

void full_sites_free(struct full_sites *sites) {
    if (sites == NULL)
        return;
    spool_close(sites->file);
    call_free(&sites->call);
    free(sites->known);
    free(sites->path);
    free(sites);
}

int full_sites_add(struct full_sites *sites, struct place site, struct failure *why) {
    if (before(site, sites->last))
        return fail(why, STATUS_BAD_INPUT,
                    "%s%s%s:%lld stands after a later site; sort the sites in the order of the "
                    "reads' contigs",
                    sites->path ? sites->path : "", sites->path ? ": " : "",
                    sites->contigs->names[site.contig], (long long)site.position + 1);
    if (sites->first + sites->count == sites->room) {
        if (sites->count > 0)
            memmove(sites->known, sites->known + sites->first, sites->count * sizeof(struct place));
        sites->first = 0;
        size_t room = sites->count < sites->room / 2 ? sites->room : 2 * sites->room + 64;
        struct place *known = realloc(sites->known, room * sizeof *known);
        if (known == NULL)
            return fail(why, STATUS_NO_MEMORY, "out of memory for %zu sites", room);
        sites->known = known;
        sites->room = room;
    }
    sites->known[sites->first + sites->count++] = sites->last = site;
    return STATUS_OK;
}

void full_sites_promise(struct full_sites *sites, struct place place) {
    if (before(sites->promised, place))
        sites->promised = place;
}

/* The next site of the file that is wanted becomes known. */
static int fetch(struct full_sites *sites, struct failure *why) {
    struct place site;
    int status;
    do {
        if (sites->cutoffs != NULL)
            status = spool_next(sites->file, &sites->call, &site.contig, why);
        else
            status = spool_next_site(sites->file, &site.contig, &site.position, why);
        if (status == STATUS_OK && sites->cutoffs != NULL)
            site.position = sites->call.position;
    } while (status == STATUS_OK && sites->cutoffs != NULL &&
             !select_for_full(sites->cutoffs, &sites->call));
    if (status == STATUS_END) {
        sites->promised = NOWHERE;
        return STATUS_OK;
    }
    site.position--;
    return status == STATUS_OK ? full_sites_add(sites, site, why) : status;
}

int full_sites_of_file(struct full_sites **out, const char *path,
                       const struct stream_contigs *contigs, const struct cutoffs *cutoffs,
                       struct failure *why) {
    struct full_sites *sites;
    if (new_sites(&sites, contigs, why) != STATUS_OK)
        return why->code;
    sites->cutoffs = cutoffs;
    if ((sites->path = strdup(path)) == NULL)
        fail(why, STATUS_NO_MEMORY, "out of memory for sites");
    else if (spool_open(&sites->file, path, contigs, why) == STATUS_OK &&
             fetch(sites, why) == STATUS_OK) {
        *out = sites;
        return STATUS_OK;
    }
    full_sites_free(sites);
    return why->code;
}

int full_sites_of_flow(struct full_sites **out, const struct stream_contigs *contigs,
                       struct failure *why) {
    return new_sites(out, contigs, why);
}

bool full_sites_peek(const struct full_sites *sites, struct place *site) {
    if (sites->count > 0)
        *site = sites->known[sites->first];
    return sites->count > 0;
}

int full_sites_take(struct full_sites *sites, struct failure *why) {
    sites->first++;
    sites->count--;
    return sites->file != NULL && sites->count == 0 ? fetch(sites, why) : STATUS_OK;
}

struct place full_sites_next(const struct full_sites *sites) {
    return sites->count > 0 ? sites->known[sites->first] : sites->promised;
}
