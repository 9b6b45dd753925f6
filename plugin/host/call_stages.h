/* SPDX-License-Identifier: MIT
 *
 * The stages of a call's lines, set as its options say.  Each function adds one stage (but for
 * call_add_outputs) to the end of a line; a path that is NULL is not set.  STATUS_OK, or the
 * reason. */
#ifndef PLUGIN_HOST_CALL_STAGES_H
#define PLUGIN_HOST_CALL_STAGES_H

#include "plugin/host/call_line.h"
#include "plugin/host/line.h"

/* Whether an option of haploid genomes was given, for all or for some regions. */
bool call_is_haploid(const struct call_request *request);
/* Whether a run of several passes finds haplotypes: of diploids, where nobody else tells them. */
bool call_wants_phasing(const struct call_request *request);

/* Reads of the file `path`; `copy` is written beside. */
int call_add_reads(struct line *line, const struct call_request *request, const char *copy,
                   const char *path, struct failure *why);
/* `blocks`: what a gVCF is made of. */
int call_add_pileup(struct line *line, const struct call_request *request, const char *blocks,
                    struct failure *why);
/* Or `remote` in its place. */
int call_add_caller(struct line *line, const struct call_request *request, int64_t threads,
                    struct failure *why);
int call_add_spool(struct line *line, const struct call_request *request, const char *spool,
                   struct failure *why);
/* Finds the haplotypes of the reads by the SNPs of the spool; `folder` for what memory cannot hold.
 */
int call_add_phase(struct line *line, const struct call_request *request, const char *spool,
                   const char *folder, struct failure *why);
/* The doubtful calls of the spool, or, where there is none, of those that come by. */
int call_add_full(struct line *line, const struct call_request *request, const char *spool,
                  struct failure *why);
int call_add_merge(struct line *line, const struct call_request *request, const char *spool,
                   struct failure *why);
/* What stands at the end of every line: the files that were asked for. */
int call_add_outputs(struct line *line, const struct call_request *request, const char *blocks,
                     struct failure *why);

#endif
