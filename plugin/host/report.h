/* SPDX-License-Identifier: MIT
 *
 * The books of a run: they must balance, and can be written as JSON.  A stage that counts "in"
 * must also account for each of them: in = used + everything "left out: ...", and "in" must be
 * what the host saw going in. */
#ifndef PLUGIN_HOST_REPORT_H
#define PLUGIN_HOST_REPORT_H

#include "plugin/host/lanes.h"

/* Fails `why` (if it holds no failure yet) where a stage's books do not balance. */
int report_check(const struct books *books, struct failure *why);

/* Writes the books of `passes` lines, run one after the other, and whether `why` is clean. */
int report_write(const char *path, const struct books *books, size_t passes, struct failure *why);

#endif
