/* SPDX-License-Identifier: MIT
 *
 * The part of pickle protocol 2 that state dictionaries are written in (spec networks, 5), as
 * a tree of values that refer to the pickle's own bytes.  Nothing is ever called: a global
 * that is applied to arguments becomes a VALUE_APPLIED, for the reader of the tree to accept
 * or not. */
#ifndef ADAPTERS_PICKLE_H
#define ADAPTERS_PICKLE_H

#include "core/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind {
    VALUE_OTHER, /* None, floats, and whatever a reader has no use for */
    VALUE_INTEGER,
    VALUE_TEXT,
    VALUE_SEQUENCE,   /* tuple or list: children */
    VALUE_DICTIONARY, /* children: key, value, key, value, ... */
    VALUE_GLOBAL,     /* text: "module name" */
    VALUE_APPLIED,    /* children: the global, its arguments (a sequence) */
    VALUE_PERSISTENT  /* children: the tuple that names a storage */
};

struct value {
    enum value_kind kind;
    int64_t integer;
    const char *text; /* into the pickle's bytes, not closed by a NUL */
    size_t length;
    size_t children, first, last; /* first and last child's link, 0: none */
};

struct pickle;

/* Reads a whole pickle; the bytes are lent until pickle_free.  NULL with a sentence where an
 * opcode is not in the list or the bytes end early. */
struct pickle *pickle_read(const uint8_t *bytes, size_t size, struct failure *why);
void pickle_free(struct pickle *pickle);

/* What the pickle holds.  Values are valid until pickle_free. */
const struct value *pickle_root(const struct pickle *pickle);

/* The n-th child; NULL beyond the last.  Walks the list: use a cursor for long ones. */
const struct value *pickle_child(const struct pickle *pickle, const struct value *parent, size_t n);

/* Steps through children: begins with *cursor = parent->first, returns NULL at the end. */
const struct value *pickle_next(const struct pickle *pickle, size_t *cursor);

/* Is it that text (or the global of that "module name")? */
bool value_is(const struct value *value, enum value_kind kind, const char *text);

#endif
