/* SPDX-License-Identifier: MIT
 *
 * A pickle machine with a stack, marks and a memo, as pickle's own documentation describes it,
 * restricted to the opcodes of spec networks, 5.  Every opcode makes at most one value and one
 * link, so memory is bounded by the pickle's size. */
#include "adapters/pickle.h"

#include <stdlib.h>
#include <string.h>

/* A child in its parent's list; links are numbered from 1, 0 is the end. */
struct link {
    size_t value, next;
};

struct pickle {
    const uint8_t *bytes;
    size_t size, at;
    struct value *values;
    struct link *links;
    size_t *stack, *marks, *memo; /* memo: value + 1, 0 where nothing is kept */
    size_t value_count, link_count, depth, mark_count;
    size_t root;
};

void pickle_free(struct pickle *pickle) {
    if (pickle == NULL)
        return;
    free(pickle->values);
    free(pickle->links);
    free(pickle->stack);
    free(pickle->marks);
    free(pickle->memo);
    free(pickle);
}

const struct value *pickle_root(const struct pickle *pickle) {
    return &pickle->values[pickle->root];
}

const struct value *pickle_next(const struct pickle *pickle, size_t *cursor) {
    if (*cursor == 0)
        return NULL;
    const struct link *link = &pickle->links[*cursor];
    *cursor = link->next;
    return &pickle->values[link->value];
}

const struct value *pickle_child(const struct pickle *pickle, const struct value *parent,
                                 size_t n) {
    size_t cursor = parent->first;
    const struct value *child = NULL;
    for (size_t i = 0; i <= n; i++)
        child = pickle_next(pickle, &cursor);
    return child;
}

bool value_is(const struct value *value, enum value_kind kind, const char *text) {
    return value != NULL && value->kind == kind && value->length == strlen(text) &&
           memcmp(value->text, text, value->length) == 0;
}

/* ---- the machine --------------------------------------------------------------------------- */

static int ends_early(struct failure *why) {
    return fail(why, STATUS_BAD_INPUT, "the pickled dictionary ends early");
}

static int broken(struct pickle *p, struct failure *why) {
    return fail(why, STATUS_BAD_INPUT, "the pickled dictionary makes no sense at byte %zu", p->at);
}

/* `size` bytes as a little-endian number, sign-extended where asked. */
static int take_number(struct pickle *p, size_t size, bool is_signed, int64_t *number,
                       struct failure *why) {
    if (p->size - p->at < size)
        return ends_early(why);
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | p->bytes[p->at + i];
    if (is_signed && size > 0 && size < 8 && (value >> (8 * size - 1) & 1) != 0)
        value |= ~UINT64_C(0) << (8 * size);
    p->at += size;
    *number = (int64_t)value;
    return STATUS_OK;
}

static int skip(struct pickle *p, size_t size, struct failure *why) {
    if (p->size - p->at < size)
        return ends_early(why);
    p->at += size;
    return STATUS_OK;
}

static struct value *push(struct pickle *p, enum value_kind kind) {
    struct value *value = &p->values[p->value_count];
    *value = (struct value){.kind = kind};
    p->stack[p->depth++] = p->value_count++;
    return value;
}

static void append(struct pickle *p, struct value *parent, size_t child) {
    size_t link = ++p->link_count;
    p->links[link] = (struct link){child, 0};
    if (parent->last != 0)
        p->links[parent->last].next = link;
    else
        parent->first = link;
    parent->last = link;
    parent->children++;
}

/* Makes a value of the top `count` values of the stack. */
static int gather(struct pickle *p, enum value_kind kind, size_t count, struct failure *why) {
    size_t floor = p->mark_count > 0 ? p->marks[p->mark_count - 1] : 0;
    if (p->depth < count || p->depth - count < floor)
        return broken(p, why);
    size_t base = p->depth - count;
    struct value value = {.kind = kind};
    for (size_t i = 0; i < count; i++)
        append(p, &value, p->stack[base + i]);
    p->depth = base;
    *push(p, kind) = value;
    return STATUS_OK;
}

static int pop_mark(struct pickle *p, size_t *count, struct failure *why) {
    if (p->mark_count == 0 || p->depth < p->marks[p->mark_count - 1])
        return broken(p, why);
    *count = p->depth - p->marks[--p->mark_count];
    return STATUS_OK;
}

/* SETITEM(S), APPEND(S): the top `count` values go into the container below them. */
static int put_into(struct pickle *p, size_t count, struct failure *why) {
    if (p->depth <= count)
        return broken(p, why);
    size_t base = p->depth - count;
    struct value *container = &p->values[p->stack[base - 1]];
    bool even = container->kind != VALUE_DICTIONARY || count % 2 == 0;
    if (container->kind == VALUE_DICTIONARY || container->kind == VALUE_SEQUENCE) {
        for (size_t i = 0; i < count; i++)
            append(p, container, p->stack[base + i]);
    }
    p->depth = base;
    return even ? STATUS_OK : broken(p, why);
}

/* REDUCE: an ordered dictionary becomes a dictionary; everything else stays as written. */
static int apply(struct pickle *p, struct failure *why) {
    if (p->depth < 2)
        return broken(p, why);
    const struct value *callee = &p->values[p->stack[p->depth - 2]];
    if (!value_is(callee, VALUE_GLOBAL, "collections\nOrderedDict"))
        return gather(p, VALUE_APPLIED, 2, why);
    p->depth -= 2;
    push(p, VALUE_DICTIONARY);
    return STATUS_OK;
}

/* "module\nname\n", kept as one text with the line break in its middle. */
static int take_global(struct pickle *p, struct failure *why) {
    const uint8_t *start = p->bytes + p->at, *end = p->bytes + p->size;
    const uint8_t *middle = memchr(start, '\n', (size_t)(end - start));
    const uint8_t *last =
        middle == NULL ? NULL : memchr(middle + 1, '\n', (size_t)(end - middle - 1));
    if (last == NULL)
        return ends_early(why);
    struct value *value = push(p, VALUE_GLOBAL);
    value->text = (const char *)start;
    value->length = (size_t)(last - start);
    p->at += value->length + 1;
    return STATUS_OK;
}

static int take_text(struct pickle *p, struct failure *why) {
    int64_t length = 0;
    int status = take_number(p, 4, false, &length, why);
    if (status != STATUS_OK)
        return status;
    const char *text = (const char *)p->bytes + p->at;
    status = skip(p, (size_t)length, why);
    if (status != STATUS_OK)
        return status;
    struct value *value = push(p, VALUE_TEXT);
    value->text = text;
    value->length = (size_t)length;
    return STATUS_OK;
}

static int take_integer(struct pickle *p, size_t size, bool is_signed, struct failure *why) {
    int64_t number = 0;
    int status = take_number(p, size, is_signed, &number, why);
    if (status == STATUS_OK)
        push(p, VALUE_INTEGER)->integer = number;
    return status;
}

/* A number of up to 255 bytes; one that does not fit 64 bits is of no use to us. */
static int take_long(struct pickle *p, struct failure *why) {
    int64_t size = 0;
    int status = take_number(p, 1, false, &size, why);
    if (status != STATUS_OK)
        return status;
    if (size <= 8)
        return take_integer(p, (size_t)size, true, why);
    push(p, VALUE_OTHER);
    return skip(p, (size_t)size, why);
}

static int memo_put(struct pickle *p, size_t size, struct failure *why) {
    int64_t index = 0;
    int status = take_number(p, size, false, &index, why);
    if (status != STATUS_OK)
        return status;
    if (p->depth == 0 || (uint64_t)index >= p->size)
        return broken(p, why);
    p->memo[index] = p->stack[p->depth - 1] + 1;
    return STATUS_OK;
}

static int memo_get(struct pickle *p, size_t size, struct failure *why) {
    int64_t index = 0;
    int status = take_number(p, size, false, &index, why);
    if (status != STATUS_OK)
        return status;
    if ((uint64_t)index >= p->size || p->memo[index] == 0)
        return broken(p, why);
    p->stack[p->depth++] = p->memo[index] - 1;
    return STATUS_OK;
}

/* Opcodes that end at a mark. */
static int at_mark(struct pickle *p, uint8_t opcode, struct failure *why) {
    size_t count = 0;
    int status = pop_mark(p, &count, why);
    if (status != STATUS_OK)
        return status;
    return opcode == 't' ? gather(p, VALUE_SEQUENCE, count, why) : put_into(p, count, why);
}

static int step(struct pickle *p, uint8_t opcode, struct failure *why) {
    switch (opcode) {
    case 0x80: /* PROTO */
        return skip(p, 1, why);
    case 'c': /* GLOBAL */
        return take_global(p, why);
    case ')': /* EMPTY_TUPLE */
    case ']': /* EMPTY_LIST */
        push(p, VALUE_SEQUENCE);
        return STATUS_OK;
    case '}': /* EMPTY_DICT */
        push(p, VALUE_DICTIONARY);
        return STATUS_OK;
    case '(': /* MARK */
        p->marks[p->mark_count++] = p->depth;
        return STATUS_OK;
    case 't': /* TUPLE */
    case 'u': /* SETITEMS */
    case 'e': /* APPENDS */
        return at_mark(p, opcode, why);
    case 0x85: /* TUPLE1, TUPLE2, TUPLE3 */
    case 0x86:
    case 0x87:
        return gather(p, VALUE_SEQUENCE, opcode - 0x84U, why);
    case 's': /* SETITEM */
        return put_into(p, 2, why);
    case 'a': /* APPEND */
        return put_into(p, 1, why);
    case 'X': /* BINUNICODE */
        return take_text(p, why);
    case 'J': /* BININT */
        return take_integer(p, 4, true, why);
    case 'K': /* BININT1 */
        return take_integer(p, 1, false, why);
    case 'M': /* BININT2 */
        return take_integer(p, 2, false, why);
    case 0x8a: /* LONG1 */
        return take_long(p, why);
    case 'G': /* BINFLOAT */
        push(p, VALUE_OTHER);
        return skip(p, 8, why);
    case 0x88: /* NEWTRUE, NEWFALSE, NONE */
    case 0x89:
    case 'N':
        push(p, VALUE_OTHER);
        return STATUS_OK;
    case 'q': /* BINPUT, LONG_BINPUT, BINGET, LONG_BINGET */
        return memo_put(p, 1, why);
    case 'r':
        return memo_put(p, 4, why);
    case 'h':
        return memo_get(p, 1, why);
    case 'j':
        return memo_get(p, 4, why);
    case 'Q': /* BINPERSID */
        return gather(p, VALUE_PERSISTENT, 1, why);
    case 'R': /* REDUCE */
        return apply(p, why);
    case 'b': /* BUILD: attributes of what lies below, which have no bearing on tensors */
        if (p->depth < 2)
            return broken(p, why);
        p->depth--;
        return STATUS_OK;
    default:
        return fail(why, STATUS_UNSUPPORTED,
                    "the pickled dictionary uses opcode 0x%02x at byte %zu, which no "
                    "state dictionary needs: refused",
                    opcode, p->at - 1);
    }
}

static int run(struct pickle *p, struct failure *why) {
    while (p->at < p->size) {
        uint8_t opcode = p->bytes[p->at++];
        if (opcode == '.') { /* STOP */
            if (p->depth == 0)
                return broken(p, why);
            p->root = p->stack[p->depth - 1];
            return STATUS_OK;
        }
        int status = step(p, opcode, why);
        if (status != STATUS_OK)
            return status;
    }
    return ends_early(why);
}

struct pickle *pickle_read(const uint8_t *bytes, size_t size, struct failure *why) {
    struct pickle *p = calloc(1, sizeof *p);
    if (p != NULL) {
        size_t room = size + 1;
        *p = (struct pickle){.bytes = bytes, .size = size};
        p->values = malloc(room * sizeof *p->values);
        p->links = malloc((room + 1) * sizeof *p->links);
        p->stack = malloc(room * sizeof *p->stack);
        p->marks = malloc(room * sizeof *p->marks);
        p->memo = calloc(room, sizeof *p->memo);
    }
    if (p == NULL || p->values == NULL || p->links == NULL || p->stack == NULL ||
        p->marks == NULL || p->memo == NULL) {
        fail(why, STATUS_NO_MEMORY, "no memory to read a pickle of %zu bytes", size);
        pickle_free(p);
        return NULL;
    }
    if (run(p, why) != STATUS_OK) {
        pickle_free(p);
        return NULL;
    }
    return p;
}
