/* SPDX-License-Identifier: MIT
 *
 * What becomes of a site's call while reads come in: look after look it is tentative, then firm, or
 * withdrawn.  The rule is a function of the looks alone:
 *
 *   firm        the call has had the same alleles and genotype in `looks` looks one after the
 *               other, and at the last of them QUAL >= `qual` and depth >= `depth`.  It stays firm,
 *               whatever QUAL does, until a look shows other alleles or another genotype
 *               (1/2 of A,C is 1/2 of C,A)
 *   tentative   any other call
 *   withdrawn   a look shows nothing to call (any more)
 *
 * The revision counts how often the mind was changed: other alleles, another genotype, withdrawn,
 * brought back; and firm or not firm any more.  It is 0 at the first call. */
#ifndef CORE_CALLS_REVISIONS_H
#define CORE_CALLS_REVISIONS_H

#include "core/calls/call.h"

struct firm_rule {
    uint32_t looks; /* at least 1 */
    double qual;
    int64_t depth;
};

/* 3 looks, QUAL 10, depth 12. */
extern const struct firm_rule firm_rule_default;

enum site_state { SITE_TENTATIVE, SITE_FIRM, SITE_WITHDRAWN };

/* "tentative", "firm", "withdrawn". */
const char *site_state_text(enum site_state state);

/* A site that has been called once; zero it to begin with. */
struct revised_site {
    enum site_state state;
    uint32_t looks; /* since the first call */
    uint32_t same;  /* looks with this very call, one after the other; 0: no call yet */
    int32_t revision;
    struct call call; /* the last one; owns its texts; without contig and probabilities */
};

/* One look: `call` is what it shows, NULL where it shows nothing.  *changed: the revision is
 * another one (or the call is the first).  A site without a call stays as it is when a look shows
 * nothing. */
int revised_site_look(struct revised_site *site, const struct firm_rule *rule,
                      const struct call *call, bool *changed, struct failure *why);

void revised_site_free(struct revised_site *site); /* what it owns */

#endif
