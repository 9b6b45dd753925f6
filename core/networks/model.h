/* SPDX-License-Identifier: MIT
 *
 * A model: the weights of one or both networks and what has to be known to use them, whatever
 * files they came from. */
#ifndef CORE_NETWORKS_MODEL_H
#define CORE_NETWORKS_MODEL_H

#include "core/networks/digest.h"
#include "core/networks/full_network.h"
#include "core/networks/weights.h"

enum { MODEL_NAME_MAX = 128, MODEL_PLATFORM_MAX = 16, MODEL_PROVENANCE_MAX = 2048 };

struct model {
    struct weights *pileup, *full;         /* either may be NULL, not both */
    char name[MODEL_NAME_MAX];             /* of the file or folder, without its ending */
    char platform[MODEL_PLATFORM_MAX];     /* "ont", "hifi" or "ilmn" */
    size_t rows;                           /* of a full-alignment window */
    size_t channels;                       /* of a full-alignment window, 0 without that network */
    enum padding padding;                  /* of the full-alignment network */
    char format[32];                       /* what kind of file it was read from */
    char provenance[MODEL_PROVENANCE_MAX]; /* where the weights come from, in words */
    char digest[DIGEST_TEXT];              /* see model_seal */
};

struct model *model_new(struct failure *why);
void model_free(struct model *model);

/* Takes the weights into the place that their names say.  Fails, and frees them, where they
 * belong to no network, where the place is taken, or where a value is not finite. */
int model_take(struct model *model, struct weights *weights, struct failure *why);

/* Sets the platform and the rows that belong to it: 89 for ont, 55 for hifi and ilmn, 0 for "",
 * which fits any. */
int model_set_platform(struct model *model, const char *platform, struct failure *why);

/* Fills in channels and digest.  The digest is SHA-256 over, for each network that is there
 * (pileup first): its name, for the full-alignment network its padding, then its tensors in
 * the order of their names: name, number of axes, sizes, values.  Texts end with a NUL,
 * numbers are 64 bits and values float32, little-endian.  Neither names of files nor the order
 * or type of storage enter. */
void model_seal(struct model *model);

/* Builds both networks and drops them: every tensor is there and fits the others. */
int model_check(const struct model *model, struct failure *why);

/* "symmetric" or "same". */
const char *padding_name(enum padding padding);
int padding_from_name(const char *name, enum padding *padding, struct failure *why);

#endif
