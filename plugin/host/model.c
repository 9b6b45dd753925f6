/* SPDX-License-Identifier: MIT
 *
 * `runnel model info|convert|list`: what a model file holds, any kind of file as our own, and
 * which models are on the search path. */
#include "adapters/models.h"
#include "plugin/host/commands.h"
#include "plugin/host/model_search.h"
#include "plugin/host/options.h"
#include "plugin/host/paths.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option OPTIONS[] = {
    {"output", NULL, 'o', OPTION_TEXT, "OUT.h5", NULL, "convert: the file to write"},
    {"half", NULL, 0, OPTION_FLAG, NULL, NULL, "convert: round to float16 on disk"},
    {"padding", NULL, 0, OPTION_TEXT, "SCHOOL", NULL,
     "symmetric (PyTorch) or same (TensorFlow), instead of the file's"},
    {"platform", "platform_name", 'p', OPTION_TEXT, "NAME", NULL,
     "ont, hifi or ilmn, instead of the file's"},
    {"provenance", NULL, 0, OPTION_TEXT, "TEXT", NULL, "convert: where the weights come from"},
    {"help", NULL, 'h', OPTION_FLAG, NULL, NULL, "this text"},
};
enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS };

static void help(FILE *out) {
    fprintf(out, "About:   Look at model files, convert them to Runnel's own form, list them.\n"
                 "Usage:   runnel model info MODEL\n"
                 "         runnel model convert MODEL -o OUT.h5\n"
                 "         runnel model list\n\n"
                 "MODEL is a file of Runnel, Keras (.h5) or PyTorch (.pt), the prefix of a\n"
                 "TensorFlow checkpoint, a Clair3 model folder, or a name on the search path.\n\n"
                 "Options:\n");
    options_help(out, OPTIONS, OPTION_COUNT);
}

/* Opens by path or name, with what the options put in place of the file's own properties. */
static int open_model(const struct options *options, const char *name, struct model **model,
                      struct failure *why) {
    char path[PATH_TEXT_MAX];
    const char *padding = options_text(options, "padding");
    const char *platform = options_text(options, "platform");
    const char *provenance = options_text(options, "provenance");
    if (models_find(name, path, sizeof path) != 0)
        return fail(why, STATUS_BAD_INPUT, "%s", path);
    int status = model_open(path, model, why);
    if (status != STATUS_OK)
        return status;
    if (padding != NULL)
        status = padding_from_name(padding, &(*model)->padding, why);
    if (status == STATUS_OK && platform != NULL)
        status = model_set_platform(*model, platform, why);
    if (status == STATUS_OK && provenance != NULL)
        snprintf((*model)->provenance, sizeof(*model)->provenance, "%s", provenance);
    model_seal(*model);
    if (status == STATUS_OK)
        status = model_check(*model, why);
    if (status != STATUS_OK) {
        fail_at(why, "%s", path);
        model_free(*model);
        *model = NULL;
    }
    return status;
}

static void print_weights(const char *title, const struct weights *weights) {
    if (weights == NULL)
        return;
    bool lengths = weights_find(weights, "Y_indel_length_logits_1.weight") != NULL;
    printf("\n%s network: %zu tensors, %zu parameters, %d probabilities\n", title, weights->count,
           weights_parameters(weights), lengths ? 90 : 24);
    for (size_t t = 0; t < weights->count; t++) {
        const struct tensor *tensor = &weights->tensors[t];
        printf("  %-32s", tensor->name);
        for (size_t axis = 0; axis < tensor->rank; axis++)
            printf("%s%zu", axis == 0 ? "" : " x ", tensor->shape[axis]);
        printf("\n");
    }
}

static int info(const struct options *options, struct failure *why) {
    struct model *model;
    int status = open_model(options, options->operands[1], &model, why);
    if (status != STATUS_OK)
        return status;
    printf("name        %s\nformat      %s\ndigest      %s\n", model->name, model->format,
           model->digest);
    if (model->platform[0] == '\0')
        printf("platform    any (not named)\n");
    else
        printf("platform    %s, %zu rows\n", model->platform, model->rows);
    if (model->full != NULL)
        printf("channels    %zu%s\npadding     %s\n", model->channels,
               model->channels == 9 ? " (with dwell time)" : "", padding_name(model->padding));
    printf("provenance  %s\n", model->provenance);
    print_weights("pileup", model->pileup);
    print_weights("full-alignment", model->full);
    model_free(model);
    return STATUS_OK;
}

static int convert(const struct options *options, struct failure *why) {
    const char *output = options_text(options, "output");
    struct model *model;
    if (output == NULL)
        return fail(why, STATUS_BAD_INPUT, "convert needs -o OUT.h5");
    int status = open_model(options, options->operands[1], &model, why);
    if (status != STATUS_OK)
        return status;
    status = model_save(model, output, options_flag(options, "half"), why);
    model_free(model);
    return status;
}

static void list_entry(const char *folder, const char *name) {
    char path[PATH_TEXT_MAX];
    struct failure why = {0};
    struct model *model;
    if (name[0] == '.' || (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return;
    if (model_open(path, &model, &why) != STATUS_OK)
        return;
    printf("%-30s %-5s %.12s  %s%s%s  %s\n", model->name,
           model->platform[0] == '\0' ? "any" : model->platform, model->digest,
           model->pileup != NULL ? "pileup" : "",
           model->pileup != NULL && model->full != NULL ? "+" : "",
           model->full != NULL ? "full" : "", path);
    model_free(model);
}

static int list(void) {
    char folders[PATHS_MAX][PATH_TEXT_MAX];
    size_t count = model_folders(folders);
    for (size_t f = 0; f < count; f++) {
        struct dirent **entries;
        int n = scandir(folders[f], &entries, NULL, alphasort);
        for (int e = 0; e < n; e++) {
            list_entry(folders[f], entries[e]->d_name);
            free(entries[e]);
        }
        if (n >= 0)
            free(entries);
    }
    return STATUS_OK;
}

int command_model(int argc, char **argv) {
    struct options options;
    struct failure why = {0};
    if (options_parse(&options, OPTIONS, OPTION_COUNT, argc, argv, &why) != STATUS_OK)
        return say_usage("model", &why);
    if (options_flag(&options, "help")) {
        help(stdout);
        return EXIT_WHOLE;
    }
    const char *word = options.operand_count > 0 ? options.operands[0] : "";
    bool is_list = strcmp(word, "list") == 0, is_info = strcmp(word, "info") == 0;
    if ((!is_list && !is_info && strcmp(word, "convert") != 0) ||
        options.operand_count != (is_list ? 1U : 2U)) {
        fail(&why, STATUS_BAD_INPUT, "wants info MODEL, convert MODEL -o OUT.h5, or list");
        return say_usage("model", &why);
    }
    int status = is_list ? list() : is_info ? info(&options, &why) : convert(&options, &why);
    return status == STATUS_OK ? EXIT_WHOLE : say_failure(&why);
}
