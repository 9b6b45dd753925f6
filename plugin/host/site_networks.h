/* SPDX-License-Identifier: MIT
 *
 * Both networks over the windows of one site: what each says, which of them has the word, and
 * the record that comes of it.  For `runnel explain`. */
#ifndef PLUGIN_HOST_SITE_NETWORKS_H
#define PLUGIN_HOST_SITE_NETWORKS_H

#include "core/calls/decode.h"
#include "core/calls/select.h"
#include "core/networks/full_network.h"
#include "core/networks/model.h"
#include "core/networks/pileup_network.h"
#include "core/windows/full_window.h"
#include "core/windows/pileup_window.h"

/* What one network said; `result` is an enum decode_result. */
struct site_answer {
    bool given;
    int result;
    float probabilities[DECODE_FULL_PROBABILITIES];
    size_t count;
    struct call call;
};

struct site_networks { /* begins as {0} */
    struct model *model;
    struct pileup_network *pileup;
    struct full_network *full;
    struct site_answer pileup_answer, full_answer;
};

/* Opens a model (a path, or a name on the search path) for full-alignment windows of `rows`
 * rows.  Close after a failure too. */
int site_networks_open(struct site_networks *networks, const char *model, size_t rows,
                       struct failure *why);
void site_networks_close(struct site_networks *networks);

/* Keeps what the network says of the window; nothing where the model has no such network.
 * `contig` must stay. */
int site_networks_pileup(struct site_networks *networks, const char *contig,
                         const struct pileup_window *window, struct failure *why);
int site_networks_full(struct site_networks *networks, const char *contig,
                       const struct full_window *window, struct failure *why);

/* Prints the answers, and the rule by which `runnel call` makes a record of them with these
 * cut-offs, which come from `origin`. */
int site_networks_print(struct site_networks *networks, const struct cutoffs *cutoffs,
                        const char *origin, struct failure *why);

#endif
