/* SPDX-License-Identifier: MIT
 *
 * What is known of a model besides its numbers, and the digest that names them. */
#include "core/networks/model.h"

#include "core/networks/pileup_network.h"
#include "core/windows/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model *model_new(struct failure *why) {
    struct model *model = calloc(1, sizeof *model);
    if (model == NULL) {
        fail(why, STATUS_NO_MEMORY, "no memory for a model");
        return NULL;
    }
    return model;
}

void model_free(struct model *model) {
    if (model == NULL)
        return;
    weights_free(model->pileup);
    weights_free(model->full);
    free(model);
}

int model_take(struct model *model, struct weights *weights, struct failure *why) {
    enum network_kind kind = weights_kind(weights);
    struct weights **place = kind == NETWORK_PILEUP ? &model->pileup : &model->full;
    int status = STATUS_OK;
    if (kind == NETWORK_UNKNOWN)
        status = fail(why, STATUS_BAD_INPUT,
                      "neither LSTM1.weight_ih_l0 nor conv1.conv.weight is among the tensors: "
                      "this is no network of ours");
    else if (*place != NULL)
        status = fail(why, STATUS_BAD_INPUT, "both files hold the %s network",
                      kind == NETWORK_PILEUP ? "pileup" : "full-alignment");
    else
        status = weights_check_finite(weights, why);
    if (status == STATUS_OK)
        *place = weights;
    else
        weights_free(weights);
    return status;
}

int model_set_platform(struct model *model, const char *platform, struct failure *why) {
    static const struct {
        const char *name;
        size_t rows;
    } platforms[] = {
        {"", 0}, {"ont", FULL_ROWS_ONT}, {"hifi", FULL_ROWS_HIFI}, {"ilmn", FULL_ROWS_HIFI}};
    for (size_t p = 0; p < sizeof platforms / sizeof platforms[0]; p++)
        if (strcmp(platform, platforms[p].name) == 0) {
            snprintf(model->platform, sizeof model->platform, "%s", platform);
            model->rows = platforms[p].rows;
            return STATUS_OK;
        }
    return fail(why, STATUS_BAD_INPUT, "platform '%.40s' is none of ont, hifi, ilmn", platform);
}

/* ---- digest -------------------------------------------------------------------------------- */

static void add_text(struct digest *digest, const char *text) {
    digest_add(digest, text, strlen(text) + 1);
}

static void add_number(struct digest *digest, uint64_t number) {
    uint8_t bytes[8];
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
    digest_add(digest, bytes, sizeof bytes);
}

static void add_tensor(struct digest *digest, const struct tensor *tensor) {
    add_text(digest, tensor->name);
    add_number(digest, tensor->rank);
    for (size_t axis = 0; axis < tensor->rank; axis++)
        add_number(digest, tensor->shape[axis]);
    enum { TOGETHER = 64 };
    uint8_t bytes[4 * TOGETHER];
    for (size_t i = 0; i < tensor->count; i++) {
        uint8_t *at = bytes + 4 * (i % TOGETHER);
        uint32_t bits;
        memcpy(&bits, &tensor->values[i], sizeof bits);
        for (size_t b = 0; b < 4; b++)
            at[b] = (uint8_t)(bits >> 8 * b);
        if (i % TOGETHER == TOGETHER - 1 || i + 1 == tensor->count)
            digest_add(digest, bytes, 4 * (i % TOGETHER + 1));
    }
}

static int by_name(const void *a, const void *b) {
    const struct tensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void add_weights(struct digest *digest, const struct weights *weights) {
    const struct tensor *sorted[WEIGHTS_TENSORS_MAX];
    for (size_t t = 0; t < weights->count; t++)
        sorted[t] = &weights->tensors[t];
    qsort(sorted, weights->count, sizeof *sorted, by_name);
    for (size_t t = 0; t < weights->count; t++)
        add_tensor(digest, sorted[t]);
}

void model_seal(struct model *model) {
    struct digest digest;
    digest_begin(&digest);
    if (model->pileup != NULL) {
        add_text(&digest, "pileup");
        add_weights(&digest, model->pileup);
    }
    model->channels = 0;
    if (model->full != NULL) {
        const struct tensor *conv1 = weights_find(model->full, "conv1.conv.weight");
        model->channels = conv1->shape[1];
        add_text(&digest, "full_alignment");
        add_text(&digest, padding_name(model->padding));
        add_weights(&digest, model->full);
    }
    digest_end(&digest, model->digest);
}

/* ---- checks -------------------------------------------------------------------------------- */

int model_check(const struct model *model, struct failure *why) {
    const struct kernels *kernels = kernels_best();
    if (model->pileup != NULL) {
        struct pileup_network *network = pileup_network_new(model->pileup, kernels, why);
        if (network == NULL)
            return STATUS_BAD_INPUT;
        pileup_network_free(network);
    }
    if (model->full != NULL) {
        struct full_network *network = full_network_new(
            model->full, model->rows ? model->rows : FULL_ROWS_ONT, model->padding, kernels, why);
        if (network == NULL)
            return STATUS_BAD_INPUT;
        full_network_free(network);
    }
    return STATUS_OK;
}

const char *padding_name(enum padding padding) {
    return padding == PADDING_SAME ? "same" : "symmetric";
}

int padding_from_name(const char *name, enum padding *padding, struct failure *why) {
    if (strcmp(name, "same") == 0)
        *padding = PADDING_SAME;
    else if (strcmp(name, "symmetric") == 0)
        *padding = PADDING_SYMMETRIC;
    else
        return fail(why, STATUS_BAD_INPUT, "padding '%.40s' is neither symmetric nor same", name);
    return STATUS_OK;
}
