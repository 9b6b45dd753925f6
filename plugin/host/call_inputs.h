/* SPDX-License-Identifier: MIT
 *
 * A look at the files that a call needs late, before its first read: a wrong one is not to be found
 * when the pileup pass of a genome is through. */
#ifndef PLUGIN_HOST_CALL_INPUTS_H
#define PLUGIN_HOST_CALL_INPUTS_H

#include "plugin/host/call_line.h"

/* Reads phased SNPs, cut-offs and haploid regions once and forgets them, and says what a person
 * should know of them and of the reads' header.  What can be read only once (a pipe) is left to the
 * stage that needs it; of reads that come by a pipe the reference has to stand in for the header.
 */
int call_inputs_check(const struct call_request *request, struct failure *why);

#endif
