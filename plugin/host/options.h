/* SPDX-License-Identifier: MIT
 *
 * Command-line options as a table: the parser, the help text and the aliases all come from it,
 * so they cannot disagree.  A table is a static array of struct option; its parsed values are
 * asked for by name. */
#ifndef PLUGIN_HOST_OPTIONS_H
#define PLUGIN_HOST_OPTIONS_H

#include "core/calls/text.h"
#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_LIST, /* a text with commas between its parts, given once */
    OPTION_CHOICE, /* one of the words that the metavar joins by '|' */
    OPTION_INTEGER,
    OPTION_REAL
};

struct option {
    const char *name;    /* long name without the dashes, words joined by '-' */
    const char *aliases; /* further long names, separated by blanks; NULL for none */
    char letter;         /* one-letter form; 0 for none */
    enum option_kind kind;
    const char *metavar; /* what the help calls the value; NULL for a flag */
    const char *initial; /* value where it is not given; NULL for none */
    const char *help;    /* one short phrase; NULL: accepted, not shown in the help */
};

enum { OPTIONS_MAX = 80, OPERANDS_MAX = 64 };

struct options {
    const struct option *table;
    size_t count;
    const char *values[OPTIONS_MAX]; /* borrowed from argv or the table */
    size_t operand_count;            /* what is no option, in order; "-" is one */
    const char *operands[OPERANDS_MAX];
};

/* Reads argv[1..argc).  `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`; '_' and '-' are the
 * same in long names; a flag also takes `=true` or `=false`; `--` ends the options.  Numbers and
 * choices are checked.  Unknown options and such without a value, or with an empty one, fail with a
 * sentence. */
int options_parse(struct options *options, const struct option *table, size_t count, int argc,
                  char **argv, struct failure *why);

/* The value, or NULL where there is none. */
const char *options_text(const struct options *options, const char *name);
int options_flag(const struct options *options, const char *name);
int64_t options_integer(const struct options *options, const char *name); /* 0 where absent */
double options_real(const struct options *options, const char *name);     /* 0 where absent */

/* Whether the person gave it (and not only the table). */
int options_given(const struct options *options, const char *name);

/* Sets an option that was not given, as a preset does. */
void options_preset(struct options *options, const char *name, const char *value);

/* Appends "runnel" and the arguments, quoted where a shell would need it. */
int options_command_line(struct text *text, int argc, char **argv, struct failure *why);

/* What options there are, for those that have a help text; wrapped to a terminal's width. */
void options_help(FILE *out, const struct option *table, size_t count);

/* CONTIG:POSITION as `place`, without the commas of a position like 1,234,567; the contig's name
 * may have some of its own.  False where `size` is too small. */
bool options_place(const char *text, char *place, size_t size);

#endif
