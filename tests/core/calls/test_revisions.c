/* SPDX-License-Identifier: MIT
 *
 * Sites through their looks, as words: what each look shows, and what is said of the site then. */
#include "core/calls/revisions.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

/* "A0/1:20:15", "A,C1/2:20:15": alternatives, genotype, QUAL, depth; "-": nothing. */
static const struct call *parse(struct call *call, const char *look) {
    char alt[8], genotype[CALL_GENOTYPE_MAX];
    long depth;
    if (*look == '-')
        return NULL;
    cr_assert_eq(sscanf(look, "%7[ACG.,]%3[012/]:%lf:%ld", alt, genotype, &call->qual, &depth), 4);
    text_clear(&call->ref);
    text_clear(&call->alt);
    text_append_string(&call->ref, "G");
    text_append_string(&call->alt, alt);
    snprintf(call->genotype, sizeof call->genotype, "%s", genotype);
    call->depth = depth;
    return call;
}

struct story {
    char looks[300];
    char told[300]; /* state's first letter, revision, * where changed */
};

ParameterizedTestParameters(revisions, stories) {
    static struct story stories[] = {
        {"A0/1:30:8 A0/1:30:12 A0/1:30:16", "t0* t0 f1*"},
        {"A0/1:30:8 A0/1:30:9 A0/1:30:11 A0/1:30:12", "t0* t0 t0 f1*"},
        {"A0/1:9:8 A0/1:9:12 A0/1:9.99:16 A0/1:10:20", "t0* t0 t0 f1*"},
        {"A0/1:30:12 A1/1:30:14 A1/1:30:16 A1/1:30:20", "t0* t1* t1 f2*"},
        {"A0/1:30:12 A0/1:30:14 A0/1:30:16 A0/1:1:20", "t0* t0 f1* f1"},
        {"A0/1:30:12 A0/1:30:14 A0/1:30:16 C0/1:30:20", "t0* t0 f1* t2*"},
        {"A0/1:30:12 A0/1:30:14 A0/1:30:16 - A0/1:30:20 A0/1:30:24 A0/1:30:26",
         "t0* t0 f1* w2* t3* t3 f4*"},
        {"A0/1:30:12 - - A0/1:30:20", "t0* w1* w1 t2*"},
        {"- A0/1:30:12", ". t0*"},
        {"A,C1/2:30:12 A,C1/2:30:14 A,C1/2:30:16 C,A1/2:30:20", "t0* t0 f1* f1"},
        {"AG,C1/2:30:12 C,AG1/2:30:14 AG,C1/2:30:16 GA,C1/2:30:20", "t0* t0 f1* t2*"},
        {"A,C1/2:30:12 A,C1/2:30:14 A,C1/2:30:16 C,C1/2:30:20", "t0* t0 f1* t2*"},
        {".0/0:30:12 .0/0:30:14 .0/0:30:16", "t0* t0 f1*"},
    };
    return cr_make_param_array(struct story, stories, sizeof stories / sizeof *stories);
}

ParameterizedTest(struct story *story, revisions, stories) {
    struct revised_site site = {0};
    struct call call = {.contig = "c"};
    char told[300] = "";
    bool changed;
    for (char *look = story->looks; look != NULL;) {
        cr_assert_eq(
            revised_site_look(&site, &firm_rule_default, parse(&call, look), &changed, NULL),
            STATUS_OK);
        size_t used = strlen(told);
        if (site.looks == 0)
            snprintf(told + used, sizeof told - used, ".");
        else
            snprintf(told + used, sizeof told - used, "%s%c%d%s", used ? " " : "",
                     site_state_text(site.state)[0], site.revision, changed ? "*" : "");
        if (site.looks == 0)
            cr_expect_not(changed);
        look = strchr(look, ' ');
        look += look != NULL;
    }
    cr_expect_str_eq(told, story->told, "%s: %s, not %s", story->looks, told, story->told);
    call_free(&call);
    revised_site_free(&site);
}

Test(revisions, keeps_the_last_call) {
    struct revised_site site = {0};
    struct call call = {.contig = "c"};
    bool changed;
    revised_site_look(&site, &firm_rule_default, parse(&call, "A0/1:30:12"), &changed, NULL);
    revised_site_look(&site, &firm_rule_default, parse(&call, "A0/1:31:14"), &changed, NULL);
    cr_expect(site.call.qual == 31 && site.call.depth == 14 && site.looks == 2);
    revised_site_look(&site, &firm_rule_default, NULL, &changed, NULL);
    cr_expect(site.call.qual == 31, "what was withdrawn is still known");
    cr_expect_str_eq(text_bytes(&site.call.alt), "A");
    call_free(&call);
    revised_site_free(&site);
}
