/* SPDX-License-Identifier: MIT
 *
 * One pass over alignments that draws windows of both kinds: pileup windows at candidates, and
 * full-alignment windows at the same sites or at a given list of sites. */
#ifndef PLUGIN_HOST_WINDOW_PASS_H
#define PLUGIN_HOST_WINDOW_PASS_H

#include "adapters/alignments.h"
#include "adapters/reference.h"
#include "core/calls/presets.h"
#include "core/windows/full_window.h"
#include "core/windows/pileup_window.h"
#include "plugin/host/site_list.h"
#include "plugin/phased.h"

struct window_pass {
    /* Set by the caller: */
    const char *reference_path, *alignments_path;
    const char *platform;                 /* of preset_of; NULL: what the read groups say */
    struct pileup_options pileup_options; /* least shares of 0: the platform's */
    struct full_options full_options;     /* the rows are the platform's */
    const char *phased_path;              /* NULL: none */
    const char *sites_path;               /* NULL: full-alignment windows at pileup candidates */
    /* Called for each window, in order of position within a kind; STATUS_OK to go on. */
    int (*on_pileup)(void *with, const char *contig, const struct pileup_window *window,
                     struct failure *why);
    int (*on_full)(void *with, const char *contig, const struct full_window *window,
                   struct failure *why);
    int (*on_read)(void *with, const struct alignment *alignment,
                   struct failure *why); /* or NULL */
    void *with;
    /* Known when it is open: */
    const struct preset *preset;
    /* Private: */
    struct alignments *alignments;
    struct reference_file *fasta, *fasta_of_full; /* each stream reads ahead in its own */
    struct reference reference;
    struct pileup_windows *pileup;
    struct full_windows *full;
    struct site_list sites;
    struct stream_contigs contigs;
    struct phased phased;
    int32_t contig; /* -1: none yet */
};

/* Opens everything.  Close after a failure too. */
int window_pass_open(struct window_pass *pass, struct failure *why);
void window_pass_close(struct window_pass *pass);

/* Draws every window of the file. */
int window_pass_all(struct window_pass *pass, struct failure *why);

/* Draws the windows at one site (0-based): a pileup window where it is a candidate, and a
 * full-alignment window in any case.  Needs an index, unless the file is short enough to be read
 * through. */
int window_pass_site(struct window_pass *pass, int32_t contig, int64_t position,
                     struct failure *why);

#endif
