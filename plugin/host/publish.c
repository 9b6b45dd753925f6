/* SPDX-License-Identifier: MIT
 *
 * `runnel publish IN.bam`: the line "reads IN ! publish ADDRESS", again for each subscriber. */
#include "plugin/host/commands.h"
#include "plugin/host/lanes.h"
#include "plugin/host/options.h"
#include "plugin/host/report.h"
#include "plugin/streams.h"

#include <stdlib.h>
#include <string.h>

static const struct option OPTIONS[] = {
    {"bind", NULL, 'b', OPTION_TEXT, "ADDRESS", "tcp://127.0.0.1:*",
     "tcp://HOST:PORT or ipc://PATH"},
    {"rate", NULL, 0, OPTION_REAL, "BASES", NULL, "per second; else as fast as they are taken"},
    {"ref", NULL, 0, OPTION_TEXT, "REF.fa", NULL, "needed for CRAM"},
    {"live", NULL, 0, OPTION_FLAG, NULL, NULL,
     "reads in any order, not aligned ones too: for runnel live"},
    {"enable-dwell-time", NULL, 0, OPTION_FLAG, NULL, NULL,
     "carry move tables (for models with_mv)"},
    {"once", NULL, 0, OPTION_FLAG, NULL, NULL, "end when one subscriber has it all"},
    {"key", NULL, 0, OPTION_TEXT, "FILE.key", NULL, "our keys, made by runnel keygen"},
    {"allow", NULL, 0, OPTION_TEXT, "FILE", NULL, "public keys of those who are let in"},
    {"insecure", NULL, 0, OPTION_FLAG, NULL, NULL, "let anyone in from other machines"},
    {"report", NULL, 0, OPTION_TEXT, "FILE", NULL, "write the books of the last run as JSON"},
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS };

static void help(FILE *out) {
    fprintf(
        out,
        "About:   Give alignments, in their order, to whoever subscribes: the stage reads of a\n"
        "         line, or `runnel call REF.fa ADDRESS`.  One at a time, each from the begin.\n"
        "         The address is printed once it is open.\n"
        "Usage:   runnel publish [options] IN.bam|IN.cram|IN.sam|-\n\nOptions:\n");
    options_help(out, OPTIONS, OPTION_COUNT);
}

static int build(struct line *line, const struct options *options, bool first,
                 struct failure *why) {
    static const char *const SAME[] = {"bind", "rate", "key", "allow", "insecure"};
    const char *ref = options_text(options, "ref");
    if (line_add(line, "reads", why) != STATUS_OK ||
        line_set(line, "path", options->operands[0], why) != STATUS_OK ||
        (options_flag(options, "live") &&
         (line_set(line, "any", "true", why) != STATUS_OK ||
          line_set(line, "unaligned", "true", why) != STATUS_OK)) ||
        (options_flag(options, "enable-dwell-time") &&
         line_set(line, "moves", "true", why) != STATUS_OK) ||
        (ref != NULL && line_set(line, "ref", ref, why) != STATUS_OK) ||
        line_add(line, "publish", why) != STATUS_OK)
        return why->code;
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++)
        if (options_text(options, SAME[i]) != NULL &&
            line_set(line, SAME[i], options_text(options, SAME[i]), why) != STATUS_OK)
            return why->code;
    if (first && line_set(line, "tell", "true", why) != STATUS_OK)
        return why->code;
    return line_check(line, why);
}

/* One subscriber; true where there is to be another one. */
static bool give(const struct options *options, bool first, struct books *books,
                 struct failure *why) {
    struct line line = {0};
    memset(why, 0, sizeof *why);
    if (build(&line, options, first, why) == STATUS_OK)
        line_run(&line, NULL, books, why);
    line_clear(&line);
    bool again = why->code != STATUS_OK && strcmp(why->text, PUBLISH_AGAIN) == 0;
    return again || (why->code == STATUS_OK && !options_flag(options, "once"));
}

int command_publish(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("publish", &why);
    if (options_flag(&options, "help")) {
        help(stdout);
        return EXIT_WHOLE;
    }
    if (options.operand_count != 1) {
        fail(&why, STATUS_BAD_INPUT, "wants one file of alignments; --help shows how");
        return say_usage("publish", &why);
    }
    const char *bind = options_text(&options, "bind");
    size_t length = strlen(bind);
    if (length > 2 && strcmp(bind + length - 2, ":*") == 0 && !options_flag(&options, "once")) {
        fail(&why, STATUS_BAD_INPUT, "wants an address with a port (--bind), or --once");
        return say_usage("publish", &why);
    }
    struct books *books = calloc(1, sizeof *books);
    if (books == NULL)
        return EXIT_FAILED;
    bool first = true;
    while (give(&options, first, books, &why))
        first = false;
    if (options_text(&options, "report") != NULL)
        report_write(options_text(&options, "report"), books, 1, &why);
    free(books);
    return why.code == STATUS_OK ? EXIT_WHOLE : say_failure(&why);
}
