/* SPDX-License-Identifier: MIT
 *
 * PyTorch's .pt: spec networks, 5.  Sizes, checksums and offsets come from the archive's
 * central directory, since local headers may leave them empty; members must be stored, not
 * compressed, so that nothing can be larger than the file. */
#include "adapters/torch_zip.h"

#include "adapters/pickle.h"
#include "core/networks/elements.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    END_RECORD = 22,
    COMMENT_MAX = 65535,
    ENTRY_HEADER = 46,
    LOCAL_HEADER = 30,
    PICKLE_MAX = 4 << 20
};

struct archive {
    const uint8_t *bytes;
    size_t size;
    size_t directory, entries;
};

struct member {
    const char *name; /* into the archive */
    size_t name_length;
    const uint8_t *bytes;
    size_t size;
};

static uint32_t number(const uint8_t *bytes, size_t size) {
    uint32_t value = 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static bool begins(const uint8_t *bytes, const char *magic) {
    return memcmp(bytes, magic, strlen(magic)) == 0;
}

static const uint8_t old_form[] = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c,
                                   0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

static bool is_old_form(const uint8_t *bytes, size_t size) {
    return size >= sizeof old_form && memcmp(bytes, old_form, sizeof old_form) == 0;
}

bool torch_zip_sniff(const uint8_t *bytes, size_t size) {
    return (size >= 4 && begins(bytes, "PK\3\4")) || is_old_form(bytes, size);
}

/* ---- archive ------------------------------------------------------------------------------- */

static int find_directory(struct archive *a, struct failure *why) {
    size_t furthest = a->size < END_RECORD + COMMENT_MAX ? a->size : END_RECORD + COMMENT_MAX;
    for (size_t back = END_RECORD; back <= furthest; back++) {
        const uint8_t *end = a->bytes + a->size - back;
        if (!begins(end, "PK\5\6") || number(end + 20, 2) != back - END_RECORD)
            continue;
        a->entries = number(end + 10, 2);
        a->directory = number(end + 16, 4);
        if (a->entries == 0xffff || a->directory == UINT32_MAX)
            return fail(why, STATUS_UNSUPPORTED, "the archive is of the kind for over 4 GB");
        if (a->directory > a->size)
            return fail(why, STATUS_BAD_INPUT, "the archive's directory lies behind its end");
        return STATUS_OK;
    }
    return fail(why, STATUS_BAD_INPUT, "the archive has no end record: cut off?");
}

/* Where the payload begins, from the local header's own lengths. */
static int locate(const struct archive *a, const uint8_t *entry, struct member *member,
                  struct failure *why) {
    int shown = member->name_length > 100 ? 100 : (int)member->name_length;
    uint64_t at = number(entry + 42, 4), size = number(entry + 24, 4);
    if (number(entry + 10, 2) != 0 || number(entry + 20, 4) != size)
        return fail(why, STATUS_UNSUPPORTED, "member %.*s is compressed; PyTorch stores plainly",
                    shown, member->name);
    if (at + LOCAL_HEADER > a->size || !begins(a->bytes + at, "PK\3\4"))
        return fail(why, STATUS_BAD_INPUT, "member %.*s has no header", shown, member->name);
    at += (uint64_t)LOCAL_HEADER + number(a->bytes + at + 26, 2) + number(a->bytes + at + 28, 2);
    if (at > a->size || size > a->size - at)
        return fail(why, STATUS_BAD_INPUT, "member %.*s is cut off", shown, member->name);
    member->bytes = a->bytes + at;
    member->size = (size_t)size;
    if (crc32(0, member->bytes, (uInt)size) != number(entry + 16, 4))
        return fail(why, STATUS_BAD_INPUT, "member %.*s is damaged (CRC-32)", shown, member->name);
    return STATUS_OK;
}

/* Finds the member called root/leaf, or where `root` is NULL, the first that ends in /leaf. */
static int find_member(const struct archive *a, const char *root, size_t root_length,
                       const char *leaf, struct member *member, struct failure *why) {
    size_t at = a->directory, leaf_length = strlen(leaf);
    for (size_t e = 0; e < a->entries; e++) {
        const uint8_t *entry = a->bytes + at;
        if (a->size - at < ENTRY_HEADER || !begins(entry, "PK\1\2"))
            return fail(why, STATUS_BAD_INPUT, "the archive's directory is damaged at entry %zu",
                        e);
        size_t name_length = number(entry + 28, 2);
        size_t length = ENTRY_HEADER + name_length + number(entry + 30, 2) + number(entry + 32, 2);
        if (a->size - at < length)
            return fail(why, STATUS_BAD_INPUT, "the archive's directory is cut off");
        const char *name = (const char *)entry + ENTRY_HEADER;
        if (name_length > leaf_length && name[name_length - leaf_length - 1] == '/' &&
            memcmp(name + name_length - leaf_length, leaf, leaf_length) == 0 &&
            (root == NULL || (name_length == root_length + 1 + leaf_length &&
                              memcmp(name, root, root_length) == 0))) {
            *member = (struct member){.name = name, .name_length = name_length};
            return locate(a, entry, member, why);
        }
        at += length;
    }
    return fail(why, STATUS_BAD_INPUT, "the archive has no member %s", leaf);
}

/* ---- tensors ------------------------------------------------------------------------------- */

struct reader {
    struct archive archive;
    const char *root;
    size_t root_length;
    const struct pickle *pickle;
    struct weights *weights;
};

/* A tensor as written: a storage, and how to walk through it. */
struct view {
    enum element element;
    struct member storage;
    size_t rank, offset;
    size_t shape[TENSOR_RANK_MAX], stride[TENSOR_RANK_MAX];
};

static int odd(const char *name, const char *what, struct failure *why) {
    return fail(why, STATUS_BAD_INPUT, "tensor %s: %s", name, what);
}

static int read_sizes(const struct reader *r, const struct value *list, size_t sizes[],
                      size_t *rank, const char *name, struct failure *why) {
    if (list == NULL || list->kind != VALUE_SEQUENCE || list->children > TENSOR_RANK_MAX)
        return odd(name, "its shape is not a list of at most four sizes", why);
    *rank = 0;
    const struct value *child;
    for (size_t cursor = list->first; (child = pickle_next(r->pickle, &cursor)) != NULL;) {
        if (child->kind != VALUE_INTEGER || child->integer < 0 || child->integer > INT32_MAX)
            return odd(name, "its shape or stride has an impossible size", why);
        sizes[(*rank)++] = (size_t)child->integer;
    }
    return STATUS_OK;
}

/* ("storage", type, key, location, element count) */
static int read_storage(const struct reader *r, const struct value *persistent, struct view *view,
                        const char *name, struct failure *why) {
    static const struct {
        const char *global;
        enum element element;
    } types[] = {
        {"torch\nFloatStorage", ELEMENT_FLOAT32}, {"torch\nDoubleStorage", ELEMENT_FLOAT64},
        {"torch\nHalfStorage", ELEMENT_FLOAT16},  {"torch\nBFloat16Storage", ELEMENT_BFLOAT16},
        {"torch\nLongStorage", ELEMENT_INT64},
    };
    const struct value *id = persistent != NULL && persistent->kind == VALUE_PERSISTENT
                                 ? pickle_child(r->pickle, persistent, 0)
                                 : NULL;
    if (id == NULL || id->kind != VALUE_SEQUENCE || id->children != 5 ||
        !value_is(pickle_child(r->pickle, id, 0), VALUE_TEXT, "storage"))
        return odd(name, "its storage is not described as PyTorch does", why);
    const struct value *type = pickle_child(r->pickle, id, 1);
    const struct value *key = pickle_child(r->pickle, id, 2);
    const struct value *count = pickle_child(r->pickle, id, 4);
    size_t t = 0;
    while (t < sizeof types / sizeof types[0] && !value_is(type, VALUE_GLOBAL, types[t].global))
        t++;
    if (t == sizeof types / sizeof types[0])
        return odd(name, "its numbers are of a type that is not read", why);
    if (key->kind != VALUE_TEXT || key->length == 0 || key->length > 20 ||
        count->kind != VALUE_INTEGER || count->integer < 0)
        return odd(name, "its storage has no sensible key or size", why);
    char leaf[32];
    snprintf(leaf, sizeof leaf, "data/%.*s", (int)key->length, key->text);
    view->element = types[t].element;
    int status = find_member(&r->archive, r->root, r->root_length, leaf, &view->storage, why);
    if (status != STATUS_OK)
        return fail_at(why, "tensor %s", name);
    if ((uint64_t)count->integer > view->storage.size / element_size(view->element))
        return odd(name, "its storage is shorter than it says", why);
    return STATUS_OK;
}

/* _rebuild_tensor_v2 (storage, offset, shape, stride, ...), maybe inside _rebuild_parameter. */
static int read_view(const struct reader *r, const struct value *value, struct view *view,
                     const char *name, struct failure *why) {
    const struct pickle *p = r->pickle;
    const struct value *callee = NULL, *arguments = NULL;
    for (int depth = 0; depth < 2 && value != NULL && value->kind == VALUE_APPLIED; depth++) {
        callee = pickle_child(p, value, 0);
        arguments = pickle_child(p, value, 1);
        if (!value_is(callee, VALUE_GLOBAL, "torch._utils\n_rebuild_parameter") ||
            arguments->kind != VALUE_SEQUENCE)
            break;
        value = pickle_child(p, arguments, 0);
    }
    if (!value_is(callee, VALUE_GLOBAL, "torch._utils\n_rebuild_tensor_v2") ||
        arguments->kind != VALUE_SEQUENCE || arguments->children < 4)
        return odd(name, "it is not a plain tensor: refused", why);
    size_t strides;
    const struct value *offset = pickle_child(p, arguments, 1);
    int status = read_storage(r, pickle_child(p, arguments, 0), view, name, why);
    if (status == STATUS_OK)
        status = read_sizes(r, pickle_child(p, arguments, 2), view->shape, &view->rank, name, why);
    if (status == STATUS_OK)
        status = read_sizes(r, pickle_child(p, arguments, 3), view->stride, &strides, name, why);
    if (status != STATUS_OK)
        return status;
    if (offset->kind != VALUE_INTEGER || offset->integer < 0 || strides != view->rank)
        return odd(name, "its offset or strides make no sense", why);
    view->offset = (size_t)offset->integer;
    uint64_t last = view->offset, room = view->storage.size / element_size(view->element);
    uint64_t count = 1;
    for (size_t axis = 0; axis < view->rank && last < room && count <= room; axis++) {
        if (view->shape[axis] == 0)
            return odd(name, "it is empty", why);
        last += (uint64_t)(view->shape[axis] - 1) * view->stride[axis];
        count *= view->shape[axis];
    }
    return last < room && count <= room
               ? STATUS_OK
               : odd(name, "it reaches behind the end of its storage", why);
}

static int copy_view(struct weights *weights, const struct view *view, const char *name,
                     struct failure *why) {
    struct tensor *tensor;
    int status = weights_add(weights, name, view->rank, view->shape, &tensor, why);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < tensor->count; i++) {
        size_t place = view->offset, rest = i;
        for (size_t axis = view->rank; axis-- > 0; rest /= view->shape[axis])
            place += rest % view->shape[axis] * view->stride[axis];
        tensor->values[i] =
            element_read(view->element, view->storage.bytes + place * element_size(view->element));
    }
    return STATUS_OK;
}

static bool ends_in(const char *name, const char *end) {
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

static int read_entry(struct reader *r, const struct value *key, const struct value *value,
                      struct failure *why) {
    static const char prefix[] = "module.";
    char name[TENSOR_NAME_MAX];
    if (key->kind != VALUE_TEXT || key->length == 0 || key->length >= sizeof name)
        return fail(why, STATUS_BAD_INPUT, "an entry of the state dictionary has no sensible name");
    memcpy(name, key->text, key->length);
    name[key->length] = '\0';
    for (size_t i = 0; i < key->length; i++)
        if (name[i] < ' ' || name[i] > '~')
            return fail(why, STATUS_BAD_INPUT, "a tensor's name is not plain text");
    if (strncmp(name, prefix, strlen(prefix)) == 0)
        memmove(name, name + strlen(prefix), strlen(name + strlen(prefix)) + 1);
    if (ends_in(name, ".num_batches_tracked"))
        return STATUS_OK;
    struct view view;
    int status = read_view(r, value, &view, name, why);
    return status == STATUS_OK ? copy_view(r->weights, &view, name, why) : status;
}

/* The state dictionary: what the pickle holds, or what stands there under "state_dict". */
static const struct value *find_state(const struct pickle *pickle) {
    const struct value *root = pickle_root(pickle);
    if (root->kind != VALUE_DICTIONARY)
        return NULL;
    const struct value *key, *value;
    for (size_t cursor = root->first; (key = pickle_next(pickle, &cursor)) != NULL;) {
        value = pickle_next(pickle, &cursor);
        if (value_is(key, VALUE_TEXT, "state_dict") && value->kind == VALUE_DICTIONARY)
            return value;
    }
    return root;
}

static int read_state(struct reader *r, struct failure *why) {
    const struct value *state = find_state(r->pickle), *key;
    if (state == NULL)
        return fail(why, STATUS_BAD_INPUT, "the file holds no dictionary of tensors");
    for (size_t cursor = state->first; (key = pickle_next(r->pickle, &cursor)) != NULL;) {
        int status = read_entry(r, key, pickle_next(r->pickle, &cursor), why);
        if (status != STATUS_OK)
            return status;
    }
    return r->weights->count > 0 ? STATUS_OK
                                 : fail(why, STATUS_BAD_INPUT, "the file holds no tensors");
}

static int check_byte_order(const struct reader *r, struct failure *why) {
    struct member order;
    struct failure absent = {0};
    if (find_member(&r->archive, r->root, r->root_length, "byteorder", &order, &absent) ==
            STATUS_OK &&
        (order.size < 6 || memcmp(order.bytes, "little", 6) != 0))
        return fail(why, STATUS_UNSUPPORTED, "the numbers are not little-endian");
    return STATUS_OK;
}

struct weights *torch_zip_read(const uint8_t *bytes, size_t size, struct failure *why) {
    if (is_old_form(bytes, size)) {
        fail(why, STATUS_UNSUPPORTED,
             "this is the form that PyTorch wrote before 1.6; load and save it again with a "
             "newer PyTorch");
        return NULL;
    }
    static const char leaf[] = "data.pkl";
    struct reader r = {.archive = {.bytes = bytes, .size = size}};
    struct member pickled;
    int status = size < END_RECORD ? fail(why, STATUS_BAD_INPUT, "this is no archive")
                                   : find_directory(&r.archive, why);
    if (status == STATUS_OK)
        status = find_member(&r.archive, NULL, 0, leaf, &pickled, why);
    if (status == STATUS_OK && pickled.size > PICKLE_MAX)
        status =
            fail(why, STATUS_UNSUPPORTED, "its dictionary is larger than %d bytes", PICKLE_MAX);
    if (status != STATUS_OK)
        return NULL;
    r.root = pickled.name;
    r.root_length = pickled.name_length - strlen(leaf) - 1;
    struct pickle *pickle = pickle_read(pickled.bytes, pickled.size, why);
    r.pickle = pickle;
    r.weights = pickle == NULL ? NULL : weights_new(why);
    if (r.weights == NULL || check_byte_order(&r, why) != STATUS_OK ||
        read_state(&r, why) != STATUS_OK) {
        weights_free(r.weights);
        r.weights = NULL;
    }
    pickle_free(pickle);
    return r.weights;
}
