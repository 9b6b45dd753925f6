/* SPDX-License-Identifier: MIT
 *
 * CURVE keys, and the gate (ZeroMQ's ZAP, RFC 27) that lets in only those whose key is on a list.
 */
#ifndef ADAPTERS_CURVE_H
#define ADAPTERS_CURVE_H

#include "adapters/sockets.h"

/* A new pair of keys. */
int curve_keypair(char public_key[SOCKET_KEY_SIZE], char secret_key[SOCKET_KEY_SIZE],
                  struct failure *why);

/* Whether a text is a key: 40 characters of Z85. */
bool curve_is_key(const char *text, size_t length);

struct curve_gate;

/* Answers for all encrypted sockets that are bound after this; public_keys[0..count) are copied. */
int curve_gate_new(struct curve_gate **out, struct sockets *sockets,
                   const char (*public_keys)[SOCKET_KEY_SIZE], size_t count, struct failure *why);
void curve_gate_free(struct curve_gate *gate); /* before sockets_free; NULL is fine */

/* How many were turned away so far.  [any thread] */
size_t curve_gate_refusals(struct curve_gate *gate);

#endif
