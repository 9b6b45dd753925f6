/* SPDX-License-Identifier: MIT
 *
 * Who may be talked to: loopback freely, ipc within a folder of one's own, anything else only with
 * keys or on the user's own word. */
#ifndef PLUGIN_WIRE_ADDRESS_H
#define PLUGIN_WIRE_ADDRESS_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether an address may be bound, or connected to.  `guarded`: with keys; `insecure`: the user
 * said that keys are not needed.  The folder of an ipc address that is to be bound is made if it is
 * not there; it must be the user's alone (mode 0700). */
int address_check(const char *address, bool bind, bool guarded, bool insecure, struct failure *why);

/* Splits "A,B,C" into copies that the caller frees: *count of them, at most `most`.  On failure
 * those made so far are there. */
int address_split(char **addresses, size_t *count, size_t most, const char *text,
                  struct failure *why);

/* Whether nobody but this machine can reach it. */
bool address_is_loopback(const char *address);

#endif
