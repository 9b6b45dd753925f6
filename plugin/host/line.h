/* SPDX-License-Identifier: MIT
 *
 * A line: stages in order, with their settings.  Either read from a text
 *
 *     reads in.bam ! pileup ref=ref.fa ! caller ! vcf out.vcf.gz
 *
 * ("!" between stages, a bare word sets the stage's main option, quotes as in a shell) or put
 * together step by step, which is what `runnel call` does. */
#ifndef PLUGIN_HOST_LINE_H
#define PLUGIN_HOST_LINE_H

#include "plugin/host/loader.h"

#include <stdbool.h>

enum { LINE_STAGES_MAX = 32 };

struct line_step {
    struct loaded_stage loaded;
    char *values[STAGE_OPTIONS_MAX]; /* one per declared option; NULL where absent */
};

struct line {
    bool misused; /* what line_parse or line_check refused is the text, not a plugin's file */
    size_t count;
    struct line_step steps[LINE_STAGES_MAX];
};

/* A line starts as {0}. */
int line_parse(struct line *line, const char *text, struct failure *why);

/* Loads a stage and puts it at the end. */
int line_add(struct line *line, const char *word, struct failure *why);

/* Sets an option of the last stage, which must not be set yet; `name` NULL means its main one.  The
 * value is checked. */
int line_set(struct line *line, const char *name, const char *value, struct failure *why);

/* Fills in defaults, and refuses what cannot work: an option that must be given and is not, a
 * stage that takes what nothing before it gives, no source or a second one, a file to write that is
 * also read. */
int line_check(struct line *line, struct failure *why);

void line_clear(struct line *line);

/* Whether the blank-separated list `types` has `type`. */
bool types_include(const char *types, const char *type);

#endif
