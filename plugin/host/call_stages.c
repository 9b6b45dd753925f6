/* SPDX-License-Identifier: MIT
 *
 * The stages of a call's lines, set as its options say. */
#include "plugin/host/call_stages.h"

#include "core/calls/text.h"
#include "plugin/host/paths.h"

#include <stdio.h>
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
static int set_same(struct line *line, const struct call_request *request, const char *const *names,
                    struct failure *why) {
    int status = STATUS_OK;
    for (; *names != NULL && status == STATUS_OK; names++)
        status = set(line, *names, options_text(request->options, *names), why);
    return status;
}

/* ---- stages ---- */

/* Clair3's gVCF covers all between the first and the last line of a BED file.  Several samples in
 * a file are said when it is looked at before the first pass (call_inputs.h). */
int call_add_reads(struct line *line, const struct call_request *request, const char *copy,
                   const char *path, struct failure *why) {
    static const char *const WIRE[] = {"key", "server-key", "insecure", NULL};
    bool all = request->compatible && request->gvcf != NULL;
    bool status =
        line_add(line, "reads", why) == STATUS_OK && set(line, "path", path, why) == STATUS_OK &&
        set(line, "copy", copy, why) == STATUS_OK &&
        set_flag(line, "one-sample", request->sample != NULL || path_is_regular(path), why) ==
            STATUS_OK &&
        set(line, "moves", options_text(request->options, "enable-dwell-time"), why) == STATUS_OK &&
        set(line, "ref", request->reference, why) == STATUS_OK &&
        set(line, "region", request->regions, why) == STATUS_OK &&
        set(line, "bed", all ? NULL : request->bed, why) == STATUS_OK &&
        set_number(line, "threads", request->threads / 4, why) == STATUS_OK &&
        set_same(line, request, WIRE, why) == STATUS_OK;
    return status ? STATUS_OK : why->code;
}

/* Clair3 calls some contigs by default, where nothing else was named. */
static bool wants_default_contigs(const struct call_request *request) {
    return request->compatible && request->regions[0] == '\0' && request->bed == NULL &&
           options_text(request->options, "known-sites") == NULL &&
           !options_flag(request->options, "include-all-ctgs");
}

int call_add_pileup(struct line *line, const struct call_request *request, const char *blocks,
                    struct failure *why) {
    static const char *const SAME[] = {
        "snp-min-af", "indel-min-af",      "min-mq",      "min-coverage", "call-snp-only",
        "fast-mode",  "enable-long-indel", "known-sites", "base-err",     "gq-bin-size",
        NULL};
    bool status =
        line_add(line, "pileup", why) == STATUS_OK &&
        set(line, "ref", request->reference, why) == STATUS_OK &&
        set(line, "platform", request->platform, why) == STATUS_OK &&
        set(line, "region", request->regions, why) == STATUS_OK &&
        set(line, "bed", request->bed, why) == STATUS_OK &&
        set_same(line, request, SAME, why) == STATUS_OK &&
        set(line, "blocks", blocks, why) == STATUS_OK &&
        set_flag(line, "compatible", request->compatible, why) == STATUS_OK &&
        set_flag(line, "clair3-contigs", wants_default_contigs(request), why) == STATUS_OK &&
        set(line, "head-and-tail",
            options_text(request->options, "enable-variant-calling-at-sequence-head-and-tail"),
            why) == STATUS_OK;
    return status ? STATUS_OK : why->code;
}

/* In the caller's place, where services compute. */
static int add_remote(struct line *line, const struct call_request *request, struct failure *why) {
    static const char *const SAME[] = {
        "enable-long-indel", "keep-iupac-bases", "key", "server-key", "insecure", "mixed", NULL};
    bool status = line_add(line, "remote", why) == STATUS_OK &&
                  set(line, "via", options_text(request->options, "via"), why) == STATUS_OK &&
                  set(line, "model", request->model, why) == STATUS_OK &&
                  set_flag(line, "likelihoods", request->gvcf != NULL, why) == STATUS_OK &&
                  set_same(line, request, SAME, why) == STATUS_OK;
    return status ? STATUS_OK : why->code;
}

int call_add_caller(struct line *line, const struct call_request *request, int64_t threads,
                    struct failure *why) {
    static const char *const SAME[] = {"enable-long-indel", "keep-iupac-bases", NULL};
    if (options_given(request->options, "via"))
        return add_remote(line, request, why);
    bool status = line_add(line, "caller", why) == STATUS_OK &&
                  set(line, "model", request->model, why) == STATUS_OK &&
                  set_number(line, "threads", threads, why) == STATUS_OK &&
                  set_flag(line, "likelihoods", request->gvcf != NULL, why) == STATUS_OK &&
                  set_same(line, request, SAME, why) == STATUS_OK;
    return status ? STATUS_OK : why->code;
}

bool call_is_haploid(const struct call_request *request) {
    static const char *const OPTIONS[] = {"haploid-precise", "haploid-sensitive", "haploid-af",
                                          "haploid-regions"};
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
        if (options_given(request->options, OPTIONS[i]))
            return true;
    return false;
}

bool call_wants_phasing(const struct call_request *request) {
    static const char *const ELSE[] = {"no-phasing", "phased-vcf", "use-hp-tags"};
    for (size_t i = 0; i < sizeof ELSE / sizeof *ELSE; i++)
        if (options_given(request->options, ELSE[i]))
            return false;
    return !call_is_haploid(request) || options_given(request->options, "haploid-regions");
}

static int add_vcf(struct line *line, const struct call_request *request, struct failure *why) {
    struct text command = {0};
    const char *type = request->output_type;
    bool status =
        options_command_line(&command, request->argc, request->argv, why) == STATUS_OK &&
        line_add(line, "vcf", why) == STATUS_OK &&
        set(line, "path", request->output, why) == STATUS_OK &&
        set(line, "format", type && *type == 'u' ? "b" : type, why) == STATUS_OK &&
        set(line, "sample", request->sample, why) == STATUS_OK &&
        set(line, "region", request->regions, why) == STATUS_OK &&
        set(line, "bed", request->compatible ? NULL : request->bed, why) == STATUS_OK &&
        set(line, "known-sites", options_text(request->options, "known-sites"), why) == STATUS_OK &&
        set(line, "command", text_bytes(&command), why) == STATUS_OK &&
        set_flag(line, "ref-calls", true, why) == STATUS_OK && /* merge decides */
        set_flag(line, "no-version", request->no_version, why) == STATUS_OK;
    text_free(&command);
    return status ? STATUS_OK : why->code;
}

/* Beside the VCF; nothing where none was asked for. */
static int add_gvcf(struct line *line, const struct call_request *request, const char *blocks,
                    struct failure *why) {
    static const char *const SAME[] = {"haploid-regions", NULL};
    if (request->gvcf == NULL)
        return STATUS_OK;
    struct text command = {0};
    const char *bed = request->compatible ? NULL : request->bed;
    bool status = options_command_line(&command, request->argc, request->argv, why) == STATUS_OK &&
                  line_add(line, "gvcf", why) == STATUS_OK &&
                  set(line, "path", request->gvcf, why) == STATUS_OK &&
                  set(line, "blocks", blocks, why) == STATUS_OK &&
                  set(line, "ref", request->reference, why) == STATUS_OK &&
                  set(line, "sample", request->sample, why) == STATUS_OK &&
                  set(line, "region", request->regions, why) == STATUS_OK &&
                  set(line, "bed", bed, why) == STATUS_OK &&
                  set_flag(line, "haploid", call_is_haploid(request), why) == STATUS_OK &&
                  set_same(line, request, SAME, why) == STATUS_OK &&
                  set_flag(line, "compatible", request->compatible, why) == STATUS_OK &&
                  set(line, "command", text_bytes(&command), why) == STATUS_OK &&
                  set_flag(line, "no-version", request->no_version, why) == STATUS_OK;
    text_free(&command);
    return status ? STATUS_OK : why->code;
}

static bool wants_json(const struct call_request *request) {
    return request->output_type != NULL && *request->output_type == 'j';
}

static int add_json(struct line *line, const struct call_request *request, struct failure *why) {
    bool status = line_add(line, "json", why) == STATUS_OK &&
                  set(line, "path", request->output, why) == STATUS_OK &&
                  set(line, "region", request->regions, why) == STATUS_OK &&
                  set(line, "bed", request->compatible ? NULL : request->bed, why) == STATUS_OK;
    return status ? STATUS_OK : why->code;
}

int call_add_outputs(struct line *line, const struct call_request *request, const char *blocks,
                     struct failure *why) {
    if (add_gvcf(line, request, blocks, why) != STATUS_OK)
        return why->code;
    return wants_json(request) ? add_json(line, request, why) : add_vcf(line, request, why);
}

/* Regions given with -r are exact, so that parts of a genome add up to the whole; those of a BED
 * file keep their margin up to the output. */
int call_add_spool(struct line *line, const struct call_request *request, const char *spool,
                   struct failure *why) {
    bool status = line_add(line, "spool", why) == STATUS_OK &&
                  set(line, "path", spool, why) == STATUS_OK &&
                  set_flag(line, "probabilities", wants_json(request), why) == STATUS_OK &&
                  (request->bed != NULL || set(line, "region", request->regions, why) == STATUS_OK);
    return status ? STATUS_OK : why->code;
}

int call_add_phase(struct line *line, const struct call_request *request, const char *spool,
                   const char *folder, struct failure *why) {
    bool status =
        line_add(line, "phase", why) == STATUS_OK && set(line, "calls", spool, why) == STATUS_OK &&
        set(line, "ref", request->reference, why) == STATUS_OK &&
        set(line, "to", options_text(request->options, "write-phased"), why) == STATUS_OK &&
        set(line, "folder", folder, why) == STATUS_OK &&
        set(line, "haploid-regions", options_text(request->options, "haploid-regions"), why) ==
            STATUS_OK &&
        set(line, "cutoffs", options_text(request->options, "cutoffs"), why) == STATUS_OK &&
        set(line, "platform", request->platform, why) == STATUS_OK &&
        set(line, "sample", request->sample, why) == STATUS_OK &&
        set(line, "model", request->model, why) == STATUS_OK;
    return status ? STATUS_OK : why->code;
}

int call_add_full(struct line *line, const struct call_request *request, const char *spool,
                  struct failure *why) {
    static const char *const SAME[] = {"var-pct-full", "ref-pct-full", "min-mq",
                                       "enable-long-indel", NULL};
    char counts[PATH_TEXT_MAX + 8] = "";
    if (spool != NULL)
        snprintf(counts, sizeof counts, "%s.counts", spool);
    const char *cutoffs = options_text(request->options, "cutoffs");
    bool status =
        line_add(line, "full", why) == STATUS_OK && set(line, "sites", spool, why) == STATUS_OK &&
        set(line, "cutoffs", cutoffs ? cutoffs : counts, why) == STATUS_OK &&
        set(line, "ref", request->reference, why) == STATUS_OK &&
        set(line, "platform", request->platform, why) == STATUS_OK &&
        set(line, "phased", options_text(request->options, "phased-vcf"), why) == STATUS_OK &&
        set(line, "sample", request->sample, why) == STATUS_OK &&
        set(line, "hp-tags", options_text(request->options, "use-hp-tags"), why) == STATUS_OK &&
        set(line, "dwell", options_text(request->options, "enable-dwell-time"), why) == STATUS_OK &&
        set_flag(line, "compatible", request->compatible, why) == STATUS_OK &&
        set_same(line, request, SAME, why) == STATUS_OK;
    return status ? STATUS_OK : why->code;
}

int call_add_merge(struct line *line, const struct call_request *request, const char *spool,
                   struct failure *why) {
    static const char *const SAME[] = {"haploid-precise", "haploid-sensitive", "haploid-af",
                                       "haploid-regions", NULL},
                             *NONE = NULL;
    bool as_decoded = request->compatible && options_flag(request->options, "pileup-only");
    bool status =
        line_add(line, "merge", why) == STATUS_OK && set(line, "spool", spool, why) == STATUS_OK &&
        set_number(line, "qual", as_decoded ? 0 : request->qual, why) == STATUS_OK &&
        set_flag(line, "ref-calls", request->ref_calls, why) == STATUS_OK &&
        set_flag(line, "site-depth", options_given(request->options, "preset"), why) == STATUS_OK &&
        set_flag(line, "compatible", request->compatible, why) == STATUS_OK &&
        set_same(line, request, as_decoded ? &NONE : SAME, why) == STATUS_OK;
    return status ? STATUS_OK : why->code;
}
