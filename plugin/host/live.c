/* SPDX-License-Identifier: MIT
 *
 * `runnel live REF.fa SOURCE`: calls while reads come in, in any order, and at the end the calls
 * that `runnel call --one-pass` makes of the same reads, by that very command. */
#include "adapters/read_spool.h"
#include "plugin/host/commands.h"
#include "plugin/host/cpus.h"
#include "plugin/host/live_watch.h"
#include "plugin/host/options.h"
#include "plugin/host/paths.h"
#include "plugin/host/say.h"
#include "plugin/targets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct option OPTIONS[] = {
    {"output", NULL, 'o', OPTION_TEXT, "FILE", NULL,
     "VCF that has the present state at any time, and the final calls at the end"},
    {"targets", "regions-file bed-fn", 'R', OPTION_TEXT, "BED", NULL,
     "only these regions; else all of REF.fa"},
    {"model", "model-path", 'm', OPTION_TEXT, "MODEL", NULL,
     "file, folder (of models, too) or name; else the platform's own"},
    {"platform", NULL, 'p', OPTION_CHOICE, "ont|hifi", NULL, "else what the read groups say"},
    {"sample", "sample-name", 's', OPTION_TEXT, "NAME", NULL, "else the read groups' sample"},
    {"threads", NULL, 't', OPTION_INTEGER, "N", NULL, "else all CPUs that we may use"},
    {"until", NULL, 0, OPTION_TEXT, "90m|30x", NULL,
     "end after a time (s, m, h), or at a median depth of the targets"},
    {"every", NULL, 0, OPTION_TEXT, "TIME", "10s",
     "how often tentative calls are told; firm ones are at once"},
    {"tap", NULL, 0, OPTION_TEXT, "ADDRESS", NULL,
     "publish calls and targets (tcp://HOST:PORT or ipc://PATH)"},
    {"snapshot", NULL, 0, OPTION_TEXT, "ADDRESS", NULL,
     "--tap: where those who come late ask for what went before"},
    {"spool", NULL, 0, OPTION_TEXT, "FOLDER", NULL,
     "where reads are kept; else FILE.live, removed at the end"},
    {"resume", NULL, 0, OPTION_FLAG, NULL, NULL,
     "go on with the reads that a run before has kept there; without SOURCE they are all"},
    {"memory", NULL, 0, OPTION_REAL, "GB", "4", "that the columns of the targets may take"},
    {"aligned", NULL, 0, OPTION_FLAG, NULL, NULL, "all reads come aligned: no aligner is loaded"},
    {"align-preset", NULL, 0, OPTION_TEXT, "NAME", "map-ont",
     "of minimap2, for reads that come unaligned"},
    {"pileup-only", NULL, 0, OPTION_FLAG, NULL, NULL, "only the pileup network: faster"},
    {"no-version", NULL, 0, OPTION_FLAG, NULL, NULL, "no version or command line in the header"},
    {"verbose", NULL, 'v', OPTION_FLAG, NULL, NULL, "tell more while running"},
    {"quiet", NULL, 'q', OPTION_FLAG, NULL, NULL, "only errors"},
    {"short-help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text; --help tells all options"},
    /* the common ones end here; what follows is for --help alone */
    {"help", NULL, 0, OPTION_FLAG, NULL, NULL, "all options"},
    {"idle", NULL, 0, OPTION_TEXT, "TIME", NULL,
     "of a folder: end when nothing came for so long; else it has no end of its own"},
    {"look-first", NULL, 0, OPTION_INTEGER, "N", NULL,
     "depth at which a site is looked at first, 8"},
    {"look-step", NULL, 0, OPTION_INTEGER, "N", NULL,
     "then whenever at least so many reads more cover it, 2,"},
    {"look-growth", NULL, 0, OPTION_REAL, "X", NULL, "and at least this share more, 0.25"},
    {"firm-looks", NULL, 0, OPTION_INTEGER, "N", NULL,
     "looks with one call, one after the other, that make it firm, 3"},
    {"firm-qual", NULL, 0, OPTION_REAL, "X", NULL, "QUAL that a firm call needs, 10"},
    {"firm-depth", NULL, 0, OPTION_INTEGER, "N", NULL, "depth that a firm call needs, 12"},
    {"qual", NULL, 0, OPTION_INTEGER, "N", NULL, "calls of at most this QUAL become LowQual, 2"},
    {"print-ref-calls", NULL, 0, OPTION_FLAG, NULL, NULL, "also tell sites called as reference"},
    {"snp-min-af", NULL, 0, OPTION_REAL, "X", NULL,
     "least share of reads for a SNP candidate; while reads come 0.2"},
    {"indel-min-af", NULL, 0, OPTION_REAL, "X", NULL,
     "least share of reads for an indel candidate; while reads come 0.2"},
    {"min-mq", NULL, 0, OPTION_INTEGER, "N", NULL, "least mapping quality, 5"},
    {"min-coverage", NULL, 0, OPTION_INTEGER, "N", NULL, "least depth of a candidate, 2"},
    {"call-snp-only", NULL, 0, OPTION_FLAG, NULL, NULL, "only SNP candidates"},
    {"enable-long-indel", NULL, 0, OPTION_FLAG, NULL, NULL, "call indels longer than 50 bases"},
    {"report", NULL, 0, OPTION_TEXT, "FILE", NULL, "write the books of the last calls as JSON"},
    {"key", NULL, 0, OPTION_TEXT, "FILE.key", NULL, "our keys, for addresses"},
    {"server-key", NULL, 0, OPTION_TEXT, "FILE.pub", NULL, "of a SOURCE that is an address"},
    {"allow", NULL, 0, OPTION_TEXT, "FILE", NULL, "--tap: public keys of those who may listen"},
    {"insecure", NULL, 0, OPTION_FLAG, NULL, NULL, "talk to other machines without keys"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS, COMMON_COUNT = 20, ARGUMENTS_MAX = 64 };

/* What was asked for. */
struct request {
    struct options options;
    const char *reference, *output, *bed;
    const char *source; /* NULL: no more reads, those that were kept are all */
    char folder[PATH_TEXT_MAX], first[PATH_TEXT_MAX + 32], sorted[PATH_TEXT_MAX + 16];
    bool keeps_folder;          /* it was named */
    bool had_folder, had_reads; /* before this run */
    int64_t threads;
    double every, idle; /* seconds; 0: never */
    struct live_end end;
};

static void help(FILE *out, size_t count) {
    fprintf(
        out,
        "About:   Call small variants while reads come in.  The first Ctrl-C ends the run: the\n"
        "         last calls are then made of all reads, as `runnel call --one-pass` makes them.\n"
        "Usage:   runnel live [options] -o FILE REF.fa SOURCE\n"
        "         runnel live [options] --resume -o FILE REF.fa\n"
        "         SOURCE: - (BAM, SAM or FASTQ), a file, a folder that is being filled (with the\n"
        "         folders in it, but for those named ..._fail), or an address (tcp://, ipc://)\n"
        "\nOptions:\n");
    options_help(out, OPTIONS, count);
}

/* ---- what was asked for ---- */

static int find_folder(struct request *request, struct failure *why) {
    const char *named = options_text(&request->options, "spool");
    request->keeps_folder = named != NULL;
    int length =
        named ? snprintf(request->folder, sizeof request->folder, "%s", named)
              : snprintf(request->folder, sizeof request->folder, "%s.live", request->output);
    if (length < 1 || (size_t)length >= sizeof request->folder)
        return fail(why, STATUS_BAD_INPUT, "--spool: no name for a folder");
    snprintf(request->sorted, sizeof request->sorted, "%s/sorted.bam", request->folder);
    snprintf(request->first, sizeof request->first, "%s/reads-000001.bam", request->folder);
    request->had_folder = path_exists(request->folder);
    request->had_reads = path_exists(request->first);
    return STATUS_OK;
}

/* What one option means only with another one, or not with it. */
static int check_pairs(const struct request *request, struct failure *why) {
    const struct options *options = &request->options;
    struct stat found;
    if (options_given(options, "memory") && !(options_real(options, "memory") > 0))
        return fail(why, STATUS_BAD_INPUT, "--memory takes more than 0 GB");
    if ((options_given(options, "snapshot") || options_given(options, "allow")) &&
        !options_given(options, "tap"))
        return fail(why, STATUS_BAD_INPUT, "--snapshot and --allow are of no use without --tap");
    if (options_flag(options, "aligned") && options_given(options, "align-preset"))
        return fail(why, STATUS_BAD_INPUT, "--aligned and --align-preset exclude each other");
    if (request->idle > 0 && request->source != NULL && stat(request->source, &found) == 0 &&
        !S_ISDIR(found.st_mode))
        return fail(why, STATUS_BAD_INPUT, "--idle ends a folder, and %s is none", request->source);
    return STATUS_OK;
}

/* Reads that are kept must not come in once more. */
static int keep_apart(const struct request *request, struct failure *why) {
    char parent[PATH_TEXT_MAX];
    struct stat found;
    if (request->source == NULL || stat(request->source, &found) != 0 || !S_ISDIR(found.st_mode))
        return STATUS_OK;
    snprintf(parent, sizeof parent, "%s", request->folder);
    char *slash = strrchr(parent, '/');
    if (!request->had_folder && slash != NULL)
        slash[slash == parent] = '\0';
    else if (!request->had_folder)
        snprintf(parent, sizeof parent, ".");
    char *ours = realpath(parent, NULL), *theirs = realpath(request->source, NULL);
    size_t length = theirs ? strlen(theirs) : 0;
    bool apart = ours == NULL || theirs == NULL || strncmp(ours, theirs, length) != 0 ||
                 (ours[length] != '/' && ours[length] != '\0');
    free(ours);
    free(theirs);
    return apart ? STATUS_OK
                 : fail(why, STATUS_BAD_INPUT,
                        "%s, where reads would be kept, is in %s, from where they come; name "
                        "another folder (--spool)",
                        request->folder, request->source);
}

static int read_request(struct request *request, struct failure *why) {
    const struct options *options = &request->options;
    request->output = options_text(options, "output");
    request->bed = options_text(options, "targets");
    bool no_source = options->operand_count == 1 && options_flag(options, "resume");
    if (options->operand_count != 2 && !no_source)
        return fail(why, STATUS_BAD_INPUT, "wants REF.fa and a source of reads; --help shows how");
    request->reference = options->operands[0];
    request->source = no_source ? NULL : options->operands[1];
    if (request->output == NULL || strcmp(request->output, "-") == 0 || *request->output == '\0')
        return fail(why, STATUS_BAD_INPUT, "wants a file for its calls, which it rewrites (-o)");
    if (cpus_asked(options, &request->threads, why) != STATUS_OK)
        return why->code;
    if (!live_seconds(options_text(options, "every"), &request->every))
        return fail(why, STATUS_BAD_INPUT, "--every takes a time such as 10s or 2m, not '%s'",
                    options_text(options, "every"));
    if (options_given(options, "idle") &&
        !live_seconds(options_text(options, "idle"), &request->idle))
        return fail(why, STATUS_BAD_INPUT, "--idle takes a time such as 10m, not '%s'",
                    options_text(options, "idle"));
    if (!live_end_read(&request->end, options_text(options, "until")))
        return fail(why, STATUS_BAD_INPUT,
                    "--until takes a time such as 90m or 24h, or a depth such as 30x, not '%s'",
                    options_text(options, "until"));
    const char *const inputs[] = {request->reference, request->source, request->bed,
                                  options_text(options, "model")};
    const char *const outputs[] = {request->output, options_text(options, "report")};
    if (paths_keep_apart(outputs, sizeof outputs / sizeof *outputs, inputs,
                         sizeof inputs / sizeof *inputs, why) != STATUS_OK)
        return why->code;
    if (check_pairs(request, why) != STATUS_OK || find_folder(request, why) != STATUS_OK)
        return why->code;
    return keep_apart(request, why);
}

/* ---- the line ---- */

static int set(struct line *line, const char *name, const char *value, struct failure *why) {
    return value == NULL || *value == '\0' ? STATUS_OK : line_set(line, name, value, why);
}

static int set_number(struct line *line, const char *name, double value, struct failure *why) {
    char text[32];
    snprintf(text, sizeof text, "%.10g", value);
    return set(line, name, text, why);
}

/* Options of the command that the last stage knows by the same names. */
static int set_same(struct line *line, const struct request *request, const char *const *names,
                    struct failure *why) {
    int status = STATUS_OK;
    for (; *names != NULL && status == STATUS_OK; names++)
        status = set(line, *names, options_text(&request->options, *names), why);
    return status;
}

static int add_source(struct line *line, const struct request *request, struct failure *why) {
    static const char *const SAME[] = {"key", "server-key", "insecure", NULL};
    bool aligned = options_flag(&request->options, "aligned");
    bool done = line_add(line, "reads", why) == STATUS_OK &&
                set(line, "path", request->source, why) == STATUS_OK &&
                set(line, "ref", request->reference, why) == STATUS_OK &&
                set(line, "any", "true", why) == STATUS_OK &&
                set(line, "unaligned", aligned ? NULL : "true", why) == STATUS_OK &&
                set_number(line, "idle", ceil(request->idle), why) == STATUS_OK &&
                set_same(line, request, SAME, why) == STATUS_OK;
    if (done && !aligned)
        done = line_add(line, "align", why) == STATUS_OK &&
               set(line, "ref", request->reference, why) == STATUS_OK &&
               set(line, "preset", options_text(&request->options, "align-preset"), why) ==
                   STATUS_OK &&
               set_number(line, "threads", (double)request->threads, why) == STATUS_OK;
    return done ? STATUS_OK : why->code;
}

static int add_columns(struct line *line, const struct request *request, struct failure *why) {
    static const char *const SAME[] = {"platform",      "look-first",        "look-step",
                                       "look-growth",   "snp-min-af",        "indel-min-af",
                                       "min-mq",        "min-coverage",      "memory",
                                       "call-snp-only", "enable-long-indel", NULL};
    bool done = line_add(line, "keep", why) == STATUS_OK &&
                set(line, "spool", request->folder, why) == STATUS_OK &&
                set(line, "ref", request->reference, why) == STATUS_OK &&
                set(line, "bed", request->bed, why) == STATUS_OK &&
                set(line, "resume", options_text(&request->options, "resume"), why) == STATUS_OK &&
                line_add(line, "live", why) == STATUS_OK &&
                set(line, "ref", request->reference, why) == STATUS_OK &&
                set(line, "bed", request->bed, why) == STATUS_OK &&
                set_same(line, request, SAME, why) == STATUS_OK;
    return done ? STATUS_OK : why->code;
}

static int add_caller(struct line *line, const struct request *request, int64_t threads,
                      struct failure *why) {
    static const char *const SAME[] = {"model", "enable-long-indel", NULL};
    bool done = line_add(line, "caller", why) == STATUS_OK &&
                set_number(line, "threads", (double)threads, why) == STATUS_OK &&
                set_same(line, request, SAME, why) == STATUS_OK;
    return done ? STATUS_OK : why->code;
}

/* Both networks; most of the work is full alignment's. */
static int add_networks(struct line *line, const struct request *request, struct failure *why) {
    static const char *const SAME[] = {"platform", "min-mq", "enable-long-indel", NULL};
    if (options_flag(&request->options, "pileup-only"))
        return add_caller(line, request, request->threads, why);
    bool done = set(line, "pass-reads", "true", why) == STATUS_OK && /* of the stage live */
                add_caller(line, request, (request->threads + 3) / 4, why) == STATUS_OK &&
                line_add(line, "deepen", why) == STATUS_OK &&
                set(line, "ref", request->reference, why) == STATUS_OK &&
                set(line, "folder", request->folder, why) == STATUS_OK &&
                set_same(line, request, SAME, why) == STATUS_OK &&
                add_caller(line, request, request->threads, why) == STATUS_OK;
    return done ? STATUS_OK : why->code;
}

static int add_revise(struct line *line, const struct request *request, struct failure *why) {
    static const char *const SAME[] = {"firm-looks", "firm-qual",  "firm-depth", "qual",
                                       "sample",     "no-version", NULL};
    bool done = line_add(line, "revise", why) == STATUS_OK &&
                set(line, "path", request->output, why) == STATUS_OK &&
                set(line, "bed", request->bed, why) == STATUS_OK &&
                set_number(line, "every", request->every, why) == STATUS_OK &&
                set(line, "ref-calls", options_text(&request->options, "print-ref-calls"), why) ==
                    STATUS_OK &&
                set_same(line, request, SAME, why) == STATUS_OK;
    return done ? STATUS_OK : why->code;
}

static int add_tap(struct line *line, const struct request *request, struct failure *why) {
    static const char *const SAME[] = {"snapshot", "sample", "key", "allow", "insecure", NULL};
    const char *address = options_text(&request->options, "tap");
    if (address == NULL)
        return STATUS_OK;
    bool done = line_add(line, "tap", why) == STATUS_OK &&
                set(line, "bind", address, why) == STATUS_OK &&
                set_same(line, request, SAME, why) == STATUS_OK;
    return done ? STATUS_OK : why->code;
}

/* Until the source ends. */
static int run_live(const struct request *request, struct failure *why) {
    static struct line line;
    static struct books books;
    struct live_watch watch = {.end = request->end};
    bool built = add_source(&line, request, why) == STATUS_OK &&
                 add_columns(&line, request, why) == STATUS_OK &&
                 add_networks(&line, request, why) == STATUS_OK &&
                 add_revise(&line, request, why) == STATUS_OK &&
                 add_tap(&line, request, why) == STATUS_OK && line_check(&line, why) == STATUS_OK;
    if (built) {
        struct run_watch run = live_watch_begin(&watch, options_flag(&request->options, "quiet"),
                                                options_flag(&request->options, "verbose"));
        line_run(&line, &run, &books, why);
        live_watch_end(&watch, &books);
    }
    line_clear(&line);
    return why->code;
}

/* ---- the end ---- */

/* The reads that a run before has kept are whole from now on. */
static int take_kept(const struct request *request, struct failure *why) {
    struct read_spool *spool;
    char targets[TARGETS_NAME_SIZE];
    const struct read_spool_header header = {.targets = targets};
    if (targets_name(targets, request->bed, why) != STATUS_OK ||
        read_spool_open(&spool, request->folder, &header, true, why) != STATUS_OK)
        return why->code;
    read_spool_free(spool);
    return STATUS_OK;
}

/* All kept reads in one sorted file. */
static int sort_kept(const struct request *request, struct failure *why) {
    if (!path_exists(request->first))
        return fail(why, STATUS_BAD_INPUT, "%s: no reads came",
                    request->source ? request->source : request->folder);
    return read_spool_sort(request->folder, request->sorted, why);
}

/* The arguments of `runnel call --one-pass` of the kept reads, sorted; how many. */
static int call_arguments(const struct request *request, char *arguments[ARGUMENTS_MAX]) {
    static const char *const TEXTS[] = {"model",  "platform",     "sample", "threads",
                                        "qual",   "snp-min-af",   "report", "indel-min-af",
                                        "min-mq", "min-coverage", NULL};
    static const char *const FLAGS[] = {
        "no-version",      "quiet",         "verbose",           "pileup-only",
        "print-ref-calls", "call-snp-only", "enable-long-indel", NULL};
    static char names[ARGUMENTS_MAX][32];
    static char *const BEGIN[] = {"call", "--one-pass", "-o"};
    memcpy(arguments, BEGIN, sizeof BEGIN);
    arguments[3] = (char *)request->output;
    int count = 4;
    for (size_t i = 0; FLAGS[i] != NULL; i++)
        if (options_flag(&request->options, FLAGS[i])) {
            snprintf(names[count], sizeof names[count], "--%s", FLAGS[i]);
            arguments[count] = names[count];
            count++;
        }
    for (size_t i = 0; TEXTS[i] != NULL; i++) {
        const char *value = options_text(&request->options, TEXTS[i]);
        if (value == NULL)
            continue;
        snprintf(names[count], sizeof names[count], "--%s", TEXTS[i]);
        arguments[count] = names[count];
        arguments[count + 1] = (char *)value;
        count += 2;
    }
    if (request->bed != NULL) {
        arguments[count++] = "-R";
        arguments[count++] = (char *)request->bed;
    }
    arguments[count++] = (char *)request->reference;
    arguments[count++] = (char *)request->sorted;
    return count;
}

/* What is of no use any more; a folder that was named stays. */
static void clean_up(const struct request *request) {
    char index[PATH_TEXT_MAX + 24];
    if (request->keeps_folder)
        return;
    unlink(request->sorted);
    snprintf(index, sizeof index, "%s.bai", request->sorted);
    unlink(index);
    snprintf(index, sizeof index, "%s.csi", request->sorted);
    unlink(index);
    read_spool_remove(request->folder);
}

/* What was kept is not lost; what was there before, and is not ours to go on with, is not told. */
static void say_kept(const struct request *request) {
    if (!path_exists(request->first) && !request->had_folder)
        rmdir(request->folder); /* made, and not used */
    else if (path_exists(request->first) &&
             (!request->had_reads || options_flag(&request->options, "resume")) &&
             !options_flag(&request->options, "quiet"))
        say("runnel: the reads are in %s; --resume goes on with them", request->folder);
}

int command_live(int argc, char **argv) {
    static struct request request;
    struct failure why = {0};
    if (options_parse(&request.options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("live", &why);
    bool all = options_flag(&request.options, "help");
    if (all || options_flag(&request.options, "short-help")) {
        help(stdout, all ? OPTION_COUNT : COMMON_COUNT);
        return EXIT_WHOLE;
    }
    if (read_request(&request, &why) != STATUS_OK)
        return say_usage("live", &why);
    if (paths_can_write(request.output, &why) != STATUS_OK)
        return say_failure(&why);
    char *arguments[ARGUMENTS_MAX];
    int count = call_arguments(&request, arguments);
    if (call_would_take(count, arguments, &why) != STATUS_OK) /* said now, not at the end */
        return why.code == STATUS_BAD_INPUT ? say_usage("live", &why) : say_failure(&why);
    int status = request.source ? run_live(&request, &why) : take_kept(&request, &why);
    int code = status == STATUS_OK && sort_kept(&request, &why) == STATUS_OK
                   ? call_for(count, arguments, argc, argv)
                   : say_failure(&why);
    if (code == EXIT_WHOLE)
        clean_up(&request);
    else
        say_kept(&request);
    return code;
}
