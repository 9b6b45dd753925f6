/* SPDX-License-Identifier: MIT
 *
 * `runnel run 'LINE'`: any line of stages. */
#include "plugin/host/commands.h"
#include "plugin/host/lanes.h"
#include "plugin/host/options.h"
#include "plugin/host/paths.h"
#include "plugin/host/progress.h"
#include "plugin/host/report.h"

#include <stdlib.h>

static const struct option OPTIONS[] = {
    {"report", NULL, 0, OPTION_TEXT, "FILE", NULL, "write the books of the run as JSON"},
    {"verbose", NULL, 'v', OPTION_FLAG, NULL, NULL, "tell more while running"},
    {"quiet", NULL, 'q', OPTION_FLAG, NULL, NULL, "only errors"},
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS };

static void help(FILE *out) {
    fprintf(out, "About:   Run any line of stages; `runnel inspect` lists them.\n"
                 "Usage:   runnel run [options] 'STAGE [VALUE] [NAME=VALUE ...] ! STAGE ...'\n\n"
                 "Options:\n");
    options_help(out, OPTIONS, OPTION_COUNT);
    fprintf(out,
            "\nExample: runnel run 'reads in.bam ! pileup ref=ref.fa ! caller ! vcf out.vcf'\n");
}

int command_run(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("run", &why);
    if (options_flag(&options, "help")) {
        help(stdout);
        return EXIT_WHOLE;
    }
    if (options.operand_count != 1) {
        fail(&why, STATUS_BAD_INPUT, "wants one line, in quotes; --help shows an example");
        return say_usage("run", &why);
    }
    struct line *line = calloc(1, sizeof *line);
    struct books *books = calloc(1, sizeof *books);
    if (line == NULL || books == NULL)
        fail(&why, STATUS_NO_MEMORY, "out of memory for the line");
    const char *report = options_text(&options, "report");
    if (why.code == STATUS_OK && paths_can_write(report, &why) == STATUS_OK &&
        line_parse(line, options.operands[0], &why) == STATUS_OK &&
        line_check(line, &why) == STATUS_OK) {
        struct progress progress = {0};
        struct run_watch watch = progress_watch(&progress, options_flag(&options, "quiet"),
                                                options_flag(&options, "verbose"));
        line_run(line, &watch, books, &why);
        progress_end(&progress);
        report_check(books, &why);
        if (report != NULL)
            report_write(report, books, 1, &why);
    }
    bool misused = line != NULL && line->misused;
    if (line != NULL)
        line_clear(line);
    free(line);
    free(books);
    if (misused)
        return say_usage("run", &why);
    return why.code == STATUS_OK ? EXIT_WHOLE : say_failure(&why);
}
