/* SPDX-License-Identifier: MIT
 *
 * Chooses among the models of a folder by what the reads say of their basecaller.
 *
 * Nanopore basecallers name their own model in the read groups: `basecall_model=NAME` in DS.
 * Clair3's models are named after it, without "dna_" and dots, "@" as "_":
 *
 *     dna_r10.4.1_e8.2_400bps_sup@v5.0.0    r1041_e82_400bps_sup_v500
 *
 * with "_with_mv" behind it where the model also looks at dwell times. */
#ifndef ADAPTERS_MODEL_FOLDER_H
#define ADAPTERS_MODEL_FOLDER_H

#include "core/status.h"
#include <stdbool.h>
#include <stddef.h>

/* True if `path` is a folder and is not itself a model (the files pileup.* or full_alignment.*). */
bool model_folder_is(const char *path);

/* Writes the path of the one model in `folder` that was made for `basecall_model` to `path`.
 * Entries are folders and files of any ending, in either spelling of the name; with `dwell` they
 * are those that end in "_with_mv", without it the others.  `basecall_model` is NULL where the
 * reads do not say, and several are separated by commas; both are refused.  Where none or more
 * than one fits, the sentence says what was looked for and what is there. */
int model_folder_choose(const char *folder, const char *basecall_model, bool dwell, char *path,
                        size_t size, struct failure *why);

#endif
