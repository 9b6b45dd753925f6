/* SPDX-License-Identifier: MIT
 *
 * Builds the line of a call and runs it. */
#include "plugin/host/call_line.h"

#include "core/calls/text.h"
#include "plugin/host/lanes.h"
#include "plugin/host/progress.h"
#include "plugin/host/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- settings ---- */

static int set(struct line *line, const char *name, const char *value, struct failure *why) {
    return value == NULL || *value == '\0' ? STATUS_OK : line_set(line, name, value, why);
}

static int set_flag(struct line *line, const char *name, bool value, struct failure *why) {
    return set(line, name, value ? "true" : NULL, why);
}

static int set_number(struct line *line, const char *name, int64_t value, struct failure *why) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return set(line, name, text, why);
}

/* Options of the command that a stage declares under the same name. */
static int set_same(struct line *line, const struct call_request *request,
                    const char *const *names, struct failure *why) {
    int status = STATUS_OK;
    for (; *names != NULL && status == STATUS_OK; names++)
        status = set(line, *names, options_text(request->options, *names), why);
    return status;
}

/* The command line, quoted where a shell would need it. */
static int command_line(struct text *text, int argc, char **argv, struct failure *why) {
    text_append_string(text, "runnel");
    for (int i = 0; i < argc; i++) {
        bool plain = argv[i][0] != '\0' && strpbrk(argv[i], " \t\n'\"\\$&|;<>()*?[]#~!`{}") == NULL;
        text_append_string(text, plain ? " " : " '");
        for (const char *letter = argv[i]; *letter; letter++)
            if (*letter == '\'')
                text_append_string(text, "'\\''");
            else
                text_append_char(text, *letter == '\n' ? ' ' : *letter);
        text_append_string(text, plain ? "" : "'");
    }
    return text->failed ? fail(why, STATUS_NO_MEMORY, "out of memory for the header") : STATUS_OK;
}

/* ---- stages ---- */

static int add_reads(struct line *line, const struct call_request *request,
                     struct failure *why) {
    bool status = line_add(line, "reads", why) == STATUS_OK &&
                  set(line, "path", request->reads, why) == STATUS_OK &&
                  set(line, "ref", request->reference, why) == STATUS_OK &&
                  set(line, "region", request->regions, why) == STATUS_OK &&
                  set(line, "bed", request->bed, why) == STATUS_OK &&
                  set_number(line, "threads", request->threads / 4, why) == STATUS_OK;
    return status ? STATUS_OK : why->code;
}

static int add_pileup(struct line *line, const struct call_request *request,
                      struct failure *why) {
    static const char *const SAME[] = {"snp-min-af",    "indel-min-af", "min-mq", "min-coverage",
                                       "call-snp-only", "fast-mode",    "enable-long-indel", NULL};
    bool status =
        line_add(line, "pileup", why) == STATUS_OK &&
        set(line, "ref", request->reference, why) == STATUS_OK &&
        set(line, "platform", request->platform, why) == STATUS_OK &&
        set(line, "region", request->regions, why) == STATUS_OK &&
        set(line, "bed", request->bed, why) == STATUS_OK &&
        set_same(line, request, SAME, why) == STATUS_OK &&
        set(line, "head-and-tail",
            options_text(request->options, "enable-variant-calling-at-sequence-head-and-tail"),
            why) == STATUS_OK;
    return status ? STATUS_OK : why->code;
}

static int add_caller(struct line *line, const struct call_request *request,
                      struct failure *why) {
    static const char *const SAME[] = {"enable-long-indel", "keep-iupac-bases", NULL};
    bool status = line_add(line, "caller", why) == STATUS_OK &&
                  set(line, "model", request->model, why) == STATUS_OK &&
                  set_number(line, "threads", request->threads, why) == STATUS_OK &&
                  set_same(line, request, SAME, why) == STATUS_OK;
    return status ? STATUS_OK : why->code;
}

static int add_vcf(struct line *line, const struct call_request *request, struct failure *why) {
    struct text command = {0};
    const char *type = request->output_type;
    bool status = command_line(&command, request->argc, request->argv, why) == STATUS_OK &&
                  line_add(line, "vcf", why) == STATUS_OK &&
                  set(line, "path", request->output, why) == STATUS_OK &&
                  set(line, "format", type && *type == 'u' ? "b" : type, why) == STATUS_OK &&
                  set(line, "sample", request->sample, why) == STATUS_OK &&
                  set(line, "region", request->regions, why) == STATUS_OK &&
                  set(line, "bed", request->bed, why) == STATUS_OK &&
                  set(line, "command", text_bytes(&command), why) == STATUS_OK &&
                  set_flag(line, "ref-calls", request->ref_calls, why) == STATUS_OK &&
                  set_flag(line, "no-version", request->no_version, why) == STATUS_OK;
    text_free(&command);
    return status ? STATUS_OK : why->code;
}

/* ---- running ---- */

int call_run(const struct call_request *request, struct failure *why) {
    struct line *line = calloc(1, sizeof *line);
    struct books *books = calloc(1, sizeof *books);
    struct progress progress = {0};
    struct run_watch watch = progress_watch(&progress, request->quiet, request->verbose);
    if (line == NULL || books == NULL)
        fail(why, STATUS_NO_MEMORY, "out of memory for the line");
    else if (add_reads(line, request, why) == STATUS_OK &&
             add_pileup(line, request, why) == STATUS_OK &&
             add_caller(line, request, why) == STATUS_OK &&
             add_vcf(line, request, why) == STATUS_OK && line_check(line, why) == STATUS_OK) {
        line_run(line, &watch, books, why);
        progress_end(&progress);
        report_check(books, why);
        if (request->report != NULL)
            report_write(request->report, books, 1, why);
    }
    if (line != NULL)
        line_clear(line);
    free(line);
    free(books);
    return why->code;
}
