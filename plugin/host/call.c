/* SPDX-License-Identifier: MIT
 *
 * `runnel call REF.fa IN.bam`: the main job.  Options become settings of standard lines
 * of stages, which call_line.c builds and runs. */
#include "plugin/host/call_inputs.h"
#include "plugin/host/call_line.h"
#include "plugin/host/call_stages.h"
#include "plugin/host/commands.h"
#include "plugin/host/cpus.h"
#include "plugin/host/options.h"
#include "plugin/host/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Aliases are the names of Clair3's run script. */
static const struct option OPTIONS[] = {
    {"output", NULL, 'o', OPTION_TEXT, "FILE", "-",
     "where to write: .vcf, .vcf.gz or .bcf, or a folder"},
    {"output-type", NULL, 'O', OPTION_CHOICE, "v|z|b|u|j", NULL, "VCF, VCF.gz, BCF or JSON lines"},
    {"region", NULL, 'r', OPTION_LIST, "CTG:A-B", NULL,
     "only here (several: with commas); needs an index"},
    {"regions-file", "bed-fn", 'R', OPTION_TEXT, "BED", NULL,
     "only in these regions; needs an index"},
    {"model", "model-path", 'm', OPTION_TEXT, "MODEL", NULL,
     "file, folder (of models, too) or name; else the platform's own"},
    {"platform", NULL, 'p', OPTION_CHOICE, "ont|hifi", NULL, "else what the read groups say"},
    {"sample", "sample-name", 's', OPTION_TEXT, "NAME", NULL,
     "name of the sample in what is written; else the read groups'"},
    {"threads", NULL, 't', OPTION_INTEGER, "N", NULL, "else all CPUs that we may use"},
    {"phased-vcf", "phased-vcf-fn", 0, OPTION_TEXT, "VCF", NULL,
     "phased SNPs that tell the reads' haplotypes; else they are phased here"},
    {"gvcf", NULL, 0, OPTION_TEXT, "FILE", NULL, "also write a gVCF, with every base"},
    {"known-sites", "vcf-fn", 0, OPTION_TEXT, "VCF", NULL, "call these sites and no others"},
    {"pileup-only", NULL, 0, OPTION_FLAG, NULL, NULL, "only the pileup network: one pass, faster"},
    {"report", NULL, 0, OPTION_TEXT, "FILE", NULL, "write the books of the run as JSON"},
    {"no-version", NULL, 0, OPTION_FLAG, NULL, NULL, "no version or command line in the header"},
    {"verbose", NULL, 'v', OPTION_FLAG, NULL, NULL, "tell more while running"},
    {"quiet", NULL, 'q', OPTION_FLAG, NULL, NULL, "only errors"},
    {"short-help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text; --help tells all options"},
    /* the common ones end here; what follows is for --help alone */
    {"help", NULL, 0, OPTION_FLAG, NULL, NULL, "all options"},
    {"qual", NULL, 0, OPTION_INTEGER, "N", "2", "calls of at most this QUAL become LowQual"},
    {"print-ref-calls", NULL, 0, OPTION_FLAG, NULL, NULL, "also write sites called as reference"},
    {"snp-min-af", NULL, 0, OPTION_REAL, "X", NULL, "least share of reads for a SNP candidate"},
    {"indel-min-af", NULL, 0, OPTION_REAL, "X", NULL,
     "least share of reads for an indel candidate"},
    {"min-mq", NULL, 0, OPTION_INTEGER, "N", "5", "least mapping quality"},
    {"min-coverage", NULL, 0, OPTION_INTEGER, "N", "2", "least depth of a candidate"},
    {"call-snp-only", NULL, 0, OPTION_FLAG, NULL, NULL, "only SNP candidates"},
    {"fast-mode", NULL, 0, OPTION_FLAG, NULL, NULL, "ont: skip candidates of low share and depth"},
    {"enable-long-indel", NULL, 0, OPTION_FLAG, NULL, NULL, "call indels longer than 50 bases"},
    {"enable-variant-calling-at-sequence-head-and-tail", NULL, 0, OPTION_FLAG, NULL, NULL,
     "also at the ends of coverage"},
    {"keep-iupac-bases", NULL, 0, OPTION_FLAG, NULL, NULL,
     "keep letters other than ACGTN in alleles"},
    {"no-phasing", "no-phasing-for-fa", 0, OPTION_FLAG, NULL, NULL,
     "do not phase: full alignment sees no haplotypes, as where genomes are haploid or one pass "
     "is made"},
    {"write-phased", NULL, 0, OPTION_TEXT, "FILE", NULL,
     "also write the SNPs that call phased, as VCF"},
    {"use-hp-tags", NULL, 0, OPTION_FLAG, NULL, NULL, "take haplotypes from the reads' HP tags"},
    {"var-pct-full", NULL, 0, OPTION_REAL, "X", NULL, "share of variants that full alignment sees"},
    {"ref-pct-full", NULL, 0, OPTION_REAL, "X", NULL, "share of reference calls that it sees"},
    {"cutoffs", NULL, 0, OPTION_TEXT, "FILE", NULL, "take cut-offs from these QUAL counts"},
    {"preset", NULL, 0, OPTION_CHOICE, "amplicon", NULL,
     "amplicon: viruses and panels; like --min-coverage 20 --snp-min-af 0.15 --indel-min-af 0.2 "
     "--var-pct-full 1 --ref-pct-full 1 and head and tail; INFO/TDP has the depth of the site"},
    {"one-pass", NULL, 0, OPTION_FLAG, NULL, NULL,
     "one pass, no temporary files: cut-offs of --cutoffs, or fixed: QUAL 35 (ont), 29 (hifi) for "
     "variants, 10 and 24 for reference calls"},
    {"write-cutoffs", NULL, 0, OPTION_TEXT, "FILE", NULL,
     "write the QUAL counts of the pileup pass"},
    {"base-err", NULL, 0, OPTION_REAL, "X", NULL, "gVCF: error of a base, 0.001"},
    {"gq-bin-size", NULL, 0, OPTION_INTEGER, "N", NULL, "gVCF: size of the bins of GQ, 5"},
    {"haploid-precise", NULL, 0, OPTION_FLAG, NULL, NULL, "haploid: only homozygous calls"},
    {"haploid-sensitive", NULL, 0, OPTION_FLAG, NULL, NULL, "haploid: heterozygous calls too"},
    {"haploid-af", NULL, 0, OPTION_REAL, "X", NULL,
     "haploid: heterozygous calls too, if X of the reads show them (0.65)"},
    {"haploid-regions", NULL, 0, OPTION_TEXT, "BED", NULL,
     "haploid only there; the rule is --haploid-af 0.65 or one of the above"},
    {"enable-dwell-time", NULL, 0, OPTION_FLAG, NULL, NULL, "use move tables (models with_mv)"},
    {"clair3-compat", NULL, 0, OPTION_FLAG, NULL, NULL, "do as Clair3 where we differ on purpose"},
    {"via", NULL, 0, OPTION_TEXT, "ADDRESSES", NULL,
     "compute by these services (runnel serve), with commas between"},
    {"key", NULL, 0, OPTION_TEXT, "FILE.key", NULL, "--via: our keys, made by runnel keygen"},
    {"server-key", NULL, 0, OPTION_TEXT, "FILE.pub", NULL, "--via: the services' public key"},
    {"insecure", NULL, 0, OPTION_FLAG, NULL, NULL, "--via: talk to other machines without keys"},
    {"mixed", NULL, 0, OPTION_FLAG, NULL, NULL,
     "--via: services may have different instruction sets"},
    /* accepted so that a pipeline written for Clair3 changes one word */
    {"bam-fn", NULL, 'b', OPTION_TEXT, "FILE", NULL, NULL},
    {"ref-fn", NULL, 'f', OPTION_TEXT, "FILE", NULL, NULL},
    {"ctg-name", NULL, 0, OPTION_LIST, "NAMES", NULL, NULL},
    {"include-all-ctgs", NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS, COMMON_COUNT = 17 };

static void help(FILE *out, size_t count) {
    fprintf(out, "About:   Call small variants from sorted long-read alignments.\n"
                 "Usage:   runnel call [options] REF.fa IN.bam|IN.cram|IN.sam|-\n\nOptions:\n");
    options_help(out, OPTIONS, count);
    fprintf(
        out,
        "\nClair3's names of these options (--bam_fn, --ref_fn, --model_path, ...) work too.\n");
}

/* REF and IN from operands or from Clair3's options. */
static int find_inputs(struct call_request *request, const struct options *options,
                       struct failure *why) {
    size_t next = 0;
    request->reference = options_text(options, "ref-fn");
    request->reads = options_text(options, "bam-fn");
    if (request->reference == NULL && next < options->operand_count)
        request->reference = options->operands[next++];
    if (request->reads == NULL && next < options->operand_count)
        request->reads = options->operands[next++];
    if (request->reference == NULL || request->reads == NULL)
        return fail(why, STATUS_BAD_INPUT, "wants REF.fa and IN.bam; --help shows how");
    if (next < options->operand_count)
        return fail(why, STATUS_BAD_INPUT, "does not know what to do with '%s'",
                    options->operands[next]);
    return STATUS_OK;
}

/* Clair3 is given a folder; the file in it is named as Clair3 would name it. */
static void find_output(struct call_request *request, const char *output) {
    struct stat found;
    size_t length = strlen(output);
    bool folder = (stat(output, &found) == 0 && S_ISDIR(found.st_mode)) ||
                  output[length - (length > 0)] == '/';
    if (folder)
        snprintf(request->output, sizeof request->output, "%s%smerge_output.vcf.gz", output,
                 output[length - 1] == '/' ? "" : "/");
    else
        snprintf(request->output, sizeof request->output, "%s", output);
}

/* "-r chr1,chr2:1-100" and "--ctg_name chr1,chr2": commas become blanks where what stands
 * behind them is no number (as in chr1:1,000-2,000). */
static void find_regions(struct call_request *request, const char *regions) {
    if (regions == NULL)
        return;
    snprintf(request->regions, sizeof request->regions, "%s", regions);
    bool in_range = false;
    for (char *at = request->regions; *at; at++) {
        in_range = *at == ':' ? true : in_range;
        size_t digits = strspn(at + 1, "0123456789");
        bool thousands = in_range && digits == 3;
        if (*at == ',' && !thousands) {
            *at = ' ';
            in_range = false;
        }
    }
}

enum { OUTPUT_COUNT = 5 };

/* All files that are written; NULL: not asked for. */
static void list_outputs(const struct call_request *request, const char *outputs[OUTPUT_COUNT]) {
    outputs[0] = request->output;
    outputs[1] = request->gvcf;
    outputs[2] = request->report;
    outputs[3] = options_text(request->options, "write-cutoffs");
    outputs[4] = options_text(request->options, "write-phased");
}

/* What is overwritten is lost without a word. */
static int check_files(const struct call_request *request, struct failure *why) {
    const struct options *options = request->options;
    const char *outputs[OUTPUT_COUNT];
    list_outputs(request, outputs);
    const char *const inputs[] = {request->reads,
                                  request->reference,
                                  request->bed,
                                  request->model,
                                  options_text(options, "phased-vcf"),
                                  options_text(options, "known-sites"),
                                  options_text(options, "haploid-regions"),
                                  options_text(options, "cutoffs")};
    return paths_keep_apart(outputs, OUTPUT_COUNT, inputs, sizeof inputs / sizeof *inputs, why);
}

static int check_ranges(const struct call_request *request, struct failure *why) {
    static const char *const SHARES[] = {"snp-min-af", "indel-min-af", "var-pct-full",
                                         "ref-pct-full", "haploid-af"};
    for (size_t i = 0; i < sizeof SHARES / sizeof *SHARES; i++) {
        double share = options_real(request->options, SHARES[i]);
        if (share < 0 || share > 1)
            return fail(why, STATUS_BAD_INPUT, "--%s takes 0 to 1, not %g", SHARES[i], share);
    }
    int64_t quality = options_integer(request->options, "min-mq");
    if (quality < 0 || quality > 255)
        return fail(why, STATUS_BAD_INPUT, "--min-mq takes 0 to 255, not %lld", (long long)quality);
    if (options_integer(request->options, "min-coverage") < 1)
        return fail(why, STATUS_BAD_INPUT, "--min-coverage takes at least 1");
    const char *region = options_text(request->options, "region");
    if (region != NULL && strspn(region, ", ") == strlen(region))
        return fail(why, STATUS_BAD_INPUT, "--region names no region");
    for (const char *letter = request->sample; letter && *letter; letter++)
        if ((unsigned char)*letter < ' ')
            return fail(why, STATUS_BAD_INPUT, "--sample takes no tabs, newlines or the like");
    return STATUS_OK;
}

/* One pass knows nothing of the whole. */
static int check_one_pass(const struct call_request *request, struct failure *why) {
    static const char *const EXCLUDED[][2] = {
        {"gvcf", "its blocks are gathered before calls are written"},
        {"write-cutoffs", "quantiles need all pileup calls"},
        {"clair3-compat", "Clair3 has several passes"}};
    const struct options *options = request->options;
    if (!options_flag(options, "one-pass"))
        return STATUS_OK;
    for (size_t i = 0; i < sizeof EXCLUDED / sizeof *EXCLUDED; i++)
        if (options_given(options, EXCLUDED[i][0]))
            return fail(why, STATUS_BAD_INPUT, "--one-pass and --%s exclude each other: %s",
                        EXCLUDED[i][0], EXCLUDED[i][1]);
    if (!options_given(options, "cutoffs") &&
        (options_given(options, "var-pct-full") || options_given(options, "ref-pct-full")))
        return fail(why, STATUS_BAD_INPUT,
                    "--one-pass takes shares of the calls only with --cutoffs");
    return STATUS_OK;
}

/* Haplotypes come from one source, and of haploid genomes one thing is wanted; phased SNPs are
 * written where they are found here, and no pipe will do for them. */
static int check_phasing(const struct call_request *request, struct failure *why) {
    static const char *const EXCLUDED[][2] = {{"no-phasing", "phased-vcf"},
                                              {"no-phasing", "use-hp-tags"},
                                              {"write-phased", "no-phasing"},
                                              {"write-phased", "phased-vcf"},
                                              {"write-phased", "use-hp-tags"},
                                              {"write-phased", "one-pass"},
                                              {"write-phased", "pileup-only"},
                                              {"use-hp-tags", "phased-vcf"},
                                              {"haploid-precise", "haploid-sensitive"},
                                              {"haploid-precise", "haploid-af"},
                                              {"haploid-sensitive", "haploid-af"}};
    const struct options *options = request->options;
    struct stat found;
    for (size_t i = 0; i < sizeof EXCLUDED / sizeof *EXCLUDED; i++)
        if (options_given(options, EXCLUDED[i][0]) && options_given(options, EXCLUDED[i][1]))
            return fail(why, STATUS_BAD_INPUT, "--%s and --%s exclude each other", EXCLUDED[i][0],
                        EXCLUDED[i][1]);
    const char *path = options_text(options, "write-phased");
    if (path == NULL)
        return STATUS_OK;
    if (!call_wants_phasing(request))
        return fail(why, STATUS_BAD_INPUT, "--write-phased: haploid genomes are not phased");
    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode))
        return fail(why, STATUS_BAD_INPUT, "--write-phased takes a plain file, not %s", path);
    return STATUS_OK;
}

static int check_request(struct call_request *request, struct failure *why) {
    if (request->bed != NULL && options_text(request->options, "known-sites") != NULL)
        return fail(why, STATUS_BAD_INPUT, "-R and --known-sites exclude each other");
    static const char *const FILES[] = {"gvcf", "report", "write-cutoffs", "write-phased"};
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        const char *name = options_text(request->options, FILES[i]);
        if (name != NULL && strcmp(name, "-") == 0)
            return fail(why, STATUS_BAD_INPUT, "--%s takes the name of a file", FILES[i]);
    }
    if (request->qual < 0)
        return fail(why, STATUS_BAD_INPUT, "--qual takes no negative number");
    int status = cpus_asked(request->options, &request->threads, why);
    if (status == STATUS_OK)
        status = check_ranges(request, why);
    if (status == STATUS_OK)
        status = check_one_pass(request, why);
    if (status == STATUS_OK)
        status = check_phasing(request, why);
    return status == STATUS_OK ? check_files(request, why) : status;
}

/* What somebody with short, deep targets wants; each option that was given counts more.  Such
 * targets have few sites, so that all can be looked at again (in one pass the cut-offs are fixed),
 * ends of coverage right beside variants, and enough reads to ask for twenty of them. */
static void apply_preset(struct options *options) {
    static const char *const AMPLICON[][2] = {
        {"min-coverage", "20"},  {"snp-min-af", "0.15"},
        {"indel-min-af", "0.2"}, {"enable-variant-calling-at-sequence-head-and-tail", "true"},
        {"var-pct-full", "1"},   {"ref-pct-full", "1"}};
    if (options_text(options, "preset") == NULL)
        return;
    size_t count = sizeof AMPLICON / sizeof *AMPLICON;
    for (size_t i = 0; i < (options_flag(options, "one-pass") ? count - 2 : count); i++)
        options_preset(options, AMPLICON[i][0], AMPLICON[i][1]);
}

static void read_request(struct call_request *request, const struct options *options, int argc,
                         char **argv) {
    request->output_type = options_text(options, "output-type");
    request->bed = options_text(options, "regions-file");
    request->model = options_text(options, "model");
    request->platform = options_text(options, "platform");
    request->sample = options_text(options, "sample");
    request->report = options_text(options, "report");
    request->qual = options_integer(options, "qual");
    request->ref_calls = options_flag(options, "print-ref-calls");
    request->no_version = options_flag(options, "no-version");
    request->verbose = options_flag(options, "verbose");
    request->quiet = options_flag(options, "quiet");
    request->gvcf = options_text(options, "gvcf");
    request->compatible = options_flag(options, "clair3-compat");
    request->options = options;
    request->argc = argc;
    request->argv = argv;
    find_output(request, options_text(options, "output"));
    find_regions(request, options_text(options, "region") ? options_text(options, "region")
                                                          : options_text(options, "ctg-name"));
}

/* Said before the work, not after it. */
static int check_outputs(const struct call_request *request, struct failure *why) {
    const char *outputs[OUTPUT_COUNT];
    list_outputs(request, outputs);
    for (size_t i = 0; i < OUTPUT_COUNT && why->code == STATUS_OK; i++)
        paths_can_write(outputs[i], why);
    return why->code;
}

int call_would_take(int argc, char **argv, struct failure *why) {
    static struct call_request request;
    struct options options;
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, why) != STATUS_OK ||
        find_inputs(&request, &options, why) != STATUS_OK)
        return why->code;
    read_request(&request, &options, argc, argv);
    return check_request(&request, why) == STATUS_OK ? check_outputs(&request, why) : why->code;
}

int call_for(int argc, char **argv, int told_count, char **told) {
    static struct call_request request;
    struct options options;
    struct failure why = {0};
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("call", &why);
    bool all = options_flag(&options, "help");
    if (all || options_flag(&options, "short-help")) {
        help(stdout, all ? OPTION_COUNT : COMMON_COUNT);
        return EXIT_WHOLE;
    }
    apply_preset(&options);
    if (find_inputs(&request, &options, &why) != STATUS_OK)
        return say_usage("call", &why);
    read_request(&request, &options, told_count, told);
    if (check_request(&request, &why) != STATUS_OK)
        return say_usage("call", &why);
    return check_outputs(&request, &why) == STATUS_OK &&
                   call_inputs_check(&request, &why) == STATUS_OK &&
                   call_run(&request, &why) == STATUS_OK
               ? EXIT_WHOLE
               : say_failure(&why);
}

int command_call(int argc, char **argv) {
    return call_for(argc, argv, argc, argv);
}
