/* SPDX-License-Identifier: MIT
 *
 * Key files.  A pair is two files of lines "public KEY" and "secret KEY": NAME.key with both, for
 * its owner alone (0600), and NAME.pub with the public one, for whoever is to trust it.  A list of
 * keys is NAME.pub files one after the other; a line that begins with '#' is a comment. */
#ifndef PLUGIN_WIRE_KEYS_H
#define PLUGIN_WIRE_KEYS_H

#include "adapters/sockets.h"

/* Makes a pair; neither file may exist. */
int keys_make(const char *name, struct failure *why);

/* Reads NAME.key; it must be for its owner alone. */
int keys_read(struct socket_keys *keys, const char *path, struct failure *why);

/* Reads all public keys of a file; at least one.  The caller frees *list. */
int keys_read_list(char (**list)[SOCKET_KEY_SIZE], size_t *count, const char *path,
                   struct failure *why);

#endif
