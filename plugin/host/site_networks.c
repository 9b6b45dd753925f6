/* SPDX-License-Identifier: MIT
 *
 * The same networks, decoders and rules as in the stages, for one site and in words. */
#include "plugin/host/site_networks.h"

#include "adapters/models.h"
#include "core/calls/merge.h"
#include "core/calls/record.h"
#include "core/networks/depth_scale.h"
#include "plugin/host/model_search.h"
#include "plugin/host/paths.h"

#include <stdio.h>
#include <string.h>

int site_networks_open(struct site_networks *networks, const char *name, size_t rows,
                       struct failure *why) {
    char path[PATH_TEXT_MAX];
    if (models_find(name, path, sizeof path) != 0)
        return fail(why, STATUS_BAD_INPUT, "%s", path);
    int status = model_open(path, &networks->model, why);
    struct model *model = networks->model;
    if (status == STATUS_OK && model->pileup != NULL &&
        (networks->pileup = pileup_network_new(model->pileup, kernels_best(), why)) == NULL)
        status = why->code;
    if (status == STATUS_OK && model->full != NULL &&
        (networks->full = full_network_new(model->full, model->rows ? model->rows : rows,
                                           model->padding, kernels_best(), why)) == NULL)
        status = why->code;
    return status == STATUS_OK ? status : fail_at(why, "model %s", path);
}

void site_networks_close(struct site_networks *networks) {
    pileup_network_free(networks->pileup);
    full_network_free(networks->full);
    model_free(networks->model);
    call_free(&networks->pileup_answer.call);
    call_free(&networks->full_answer.call);
}

static int decode_answer(struct site_answer *answer, enum call_source source, const char *contig,
                         int64_t position, const char *reference, const char *alt_info,
                         struct failure *why) {
    const struct decode_options options = {.lowest_qual = 2};
    const struct decode_window window = {.contig = contig,
                                         .position = position + 1,
                                         .reference = reference[WINDOW_FLANK],
                                         .alt_info = alt_info,
                                         .alt_info_length = strlen(alt_info),
                                         .probabilities = answer->probabilities};
    struct decoder *decoder = decoder_new(source, &options, why);
    if (decoder == NULL)
        return STATUS_NO_MEMORY;
    answer->given = true;
    answer->result = decode(decoder, &window, &answer->call, why);
    decoder_free(decoder);
    return answer->result < 0 ? answer->result : STATUS_OK;
}

int site_networks_pileup(struct site_networks *networks, const char *contig,
                         const struct pileup_window *w, struct failure *why) {
    struct site_answer *answer = &networks->pileup_answer;
    int32_t window[PILEUP_WINDOW_SIZE];
    if (networks->pileup == NULL)
        return STATUS_OK;
    struct pileup_scratch *scratch = pileup_scratch_new(networks->pileup, why);
    if (scratch == NULL)
        return STATUS_NO_MEMORY;
    memcpy(window, w->tensor, sizeof window);
    depth_scale(window, w->depth);
    answer->count = pileup_network_outputs(networks->pileup);
    pileup_network_run(networks->pileup, scratch, window, 1, answer->probabilities);
    pileup_scratch_free(scratch);
    return decode_answer(answer, CALL_PILEUP, contig, w->position, w->reference, w->alt_info, why);
}

int site_networks_full(struct site_networks *networks, const char *contig,
                       const struct full_window *w, struct failure *why) {
    struct site_answer *answer = &networks->full_answer;
    struct full_network *network = networks->full;
    if (network == NULL)
        return STATUS_OK;
    if (full_network_channels(network) != (size_t)w->channels ||
        full_network_rows(network) != (size_t)w->rows)
        return fail(why, STATUS_BAD_INPUT,
                    "model %s takes windows of %zu rows and %zu channels, these have %d and %d%s",
                    networks->model->name, full_network_rows(network),
                    full_network_channels(network), w->rows, w->channels,
                    full_network_channels(network) == FULL_CHANNELS_DWELL
                        ? " (--enable-dwell-time adds dwell times)"
                        : "");
    struct full_scratch *scratch = full_scratch_new(network, why);
    if (scratch == NULL)
        return STATUS_NO_MEMORY;
    const struct full_input input = {w->tensor + w->first_row * WINDOW_WIDTH * w->channels,
                                     (size_t)w->first_row, (size_t)w->used_rows};
    answer->count = full_network_outputs(network);
    full_network_run(network, scratch, &input, 1, answer->probabilities);
    full_scratch_free(scratch);
    return decode_answer(answer, CALL_FULL, contig, w->position, w->reference, w->alt_info, why);
}

/* ---- words ------------------------------------------------------------------------------------
 */

static const char *const GENOTYPES[DECODE_GENOTYPES] = {
    "A/A",   "A/C",     "A/G",   "A/T",     "C/C",   "C/G",   "C/T",
    "G/G",   "G/T",     "T/T",   "Del/Del", "A/Del", "C/Del", "G/Del",
    "T/Del", "Ins/Ins", "A/Ins", "C/Ins",   "G/Ins", "T/Ins", "Ins/Del"};
static const char *const ZYGOSITIES[DECODE_ZYGOSITIES] = {"0/0", "1/1", "0/1"};

/* The name of class c of a head; lengths run from 16 letters deleted to 16 inserted. */
static const char *class_name(const char *const *names, size_t c, char text[8]) {
    if (names != NULL)
        return names[c];
    snprintf(text, 8, "%+d", (int)c - DECODE_LENGTH_LIMIT);
    return text;
}

/* The three most probable classes of a head. */
static void print_head(const char *title, const char *const *names, const float *values,
                       size_t count) {
    bool said[DECODE_LENGTHS] = {false};
    printf("    %-10s", title);
    for (int n = 0; n < 3; n++) {
        size_t best = count;
        char text[8];
        for (size_t c = 0; c < count; c++)
            if (!said[c] && (best == count || values[c] > values[best]))
                best = c;
        said[best] = true;
        printf("  %s %.4f", class_name(names, best, text), (double)values[best]);
    }
    printf("\n");
}

static void print_answer(const char *title, const struct site_answer *answer) {
    const float *values = answer->probabilities;
    printf("  %s\n", title);
    if (!answer->given) {
        printf("    not asked\n");
        return;
    }
    print_head("genotype", GENOTYPES, values, DECODE_GENOTYPES);
    values += DECODE_GENOTYPES;
    print_head("zygosity", ZYGOSITIES, values, DECODE_ZYGOSITIES);
    values += DECODE_ZYGOSITIES;
    if (answer->count == DECODE_FULL_PROBABILITIES) {
        print_head("length 1", NULL, values, DECODE_LENGTHS);
        print_head("length 2", NULL, values + DECODE_LENGTHS, DECODE_LENGTHS);
    }
    if (answer->result == DECODE_CALL)
        printf("    says        %s>%s %s, QUAL %.2f, %s\n", text_bytes(&answer->call.ref),
               text_bytes(&answer->call.alt), answer->call.genotype, answer->call.qual,
               call_filter_text(answer->call.filter));
    else
        printf("    no call: %s\n", decode_result_text((enum decode_result)answer->result));
}

/* The call that stands, or NULL where none does; the rule is printed. */
static struct call *winner(struct site_networks *networks, const struct cutoffs *cutoffs,
                           const char *origin) {
    struct site_answer *pileup = &networks->pileup_answer, *full = &networks->full_answer;
    if (!pileup->given) {
        printf("  no record: the site is no candidate, so no network is asked by runnel call\n");
        return NULL;
    }
    if (pileup->result != DECODE_CALL) {
        printf("  no record: the pileup network makes no call\n");
        return NULL;
    }
    if (networks->full == NULL) {
        printf("  the model has no full-alignment network: the pileup call stands\n");
        return &pileup->call;
    }
    bool again = select_for_full(cutoffs, &pileup->call);
    bool reference = call_is_reference(&pileup->call);
    printf("  the pileup call is a %s of QUAL %.2f, %s the cut-off %.2f (%s):\n",
           reference ? "reference call" : "variant", pileup->call.qual,
           again ? "below" : "not below", reference ? cutoffs->reference : cutoffs->variant,
           origin);
    printf("  the %s call stands\n", again ? "full-alignment" : "pileup");
    if (again && full->result != DECODE_CALL) {
        printf("  no record: the full-alignment network makes no call\n");
        return NULL;
    }
    return again ? &full->call : &pileup->call;
}

int site_networks_print(struct site_networks *networks, const struct cutoffs *cutoffs,
                        const char *origin, struct failure *why) {
    printf("\nnetworks of model %s (%.12s)\n", networks->model->name, networks->model->digest);
    if (networks->pileup != NULL)
        print_answer("pileup", &networks->pileup_answer);
    if (networks->full != NULL)
        print_answer("full alignment", &networks->full_answer);
    printf("\ndecision\n");
    struct call *call = winner(networks, cutoffs, origin);
    if (call == NULL)
        return STATUS_OK;
    if (!merge_finish(&(struct merge_options){0}, call)) {
        printf("  a reference call: not written without --print-ref-calls\n");
        return STATUS_OK;
    }
    struct text record = {0};
    record_append(&record, call, RECORD_PLAIN);
    if (record.failed)
        fail(why, STATUS_NO_MEMORY, "out of memory for the record");
    else
        printf("%s", text_bytes(&record));
    text_free(&record);
    return why->code;
}
