/* SPDX-License-Identifier: MIT
 *
 * PyTorch files of every form that the fixtures have, against the seeded weights they were
 * made from; and files that are damaged, or that ask for more than tensors. */
#include "adapters/torch_zip.h"

#include "core/networks/elements.h"
#include "tests/adapters/damaged.h"
#include "tests/core/networks/golden.h"

#include <zlib.h>

static struct weights *read_path(const char *path, struct failure *why) {
    struct file_bytes bytes = file_read(path);
    cr_assert(torch_zip_sniff(bytes.at, bytes.size));
    struct weights *weights = torch_zip_read(bytes.at, bytes.size, why);
    free(bytes.at);
    return weights;
}

static void check_exact(const char *name) {
    char path[512];
    snprintf(path, sizeof path, FIXTURES "%s", name);
    struct failure why = {0};
    struct weights *read = read_path(path, &why);
    cr_assert(read != NULL, "%s: %s", name, why.text);
    char golden[64];
    snprintf(golden, sizeof golden, "%s_narrow%s",
             strncmp(name, "pileup", 6) == 0 ? "pileup" : "full_alignment",
             strstr(name, "dwell") != NULL ? "_dwell" : "");
    struct weights *made = golden_weights(golden);
    const char *difference = "";
    cr_expect(weights_equal(read, made, &difference), "%s: tensor %s differs", name, difference);
    weights_free(read);
    weights_free(made);
}

Test(torch_zip, every_form_gives_the_exact_weights) {
    const char *const names[] = {
        "pileup_narrow.pt",
        "full_alignment_narrow.pt",
        "full_alignment_dwell_narrow.pt",
        "pileup.bare.pt",
        "full_alignment.metadata.pt",
        "pileup.wrapped.pt",
        "full_alignment.wrapped.pt",
        "pileup.noncontiguous.pt",
        "full_alignment.noncontiguous.pt",
        "pileup.parameters.pt",
        "pileup.module_prefix.pt",
        "pileup.f64.pt",
    };
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        check_exact(names[n]);
}

/* Half-precision files hold the nearest values: off by half a unit in the last place. */
Test(torch_zip, rounded_types_are_within_their_rounding) {
    const struct {
        const char *name, *made;
        double unit;
    } files[] = {{"pileup.f16.pt", "pileup_narrow", 0x1p-11},
                 {"full_alignment.f16.pt", "full_alignment_narrow", 0x1p-11},
                 {"pileup.bf16.pt", "pileup_narrow", 0x1p-8},
                 {"full_alignment.bf16.pt", "full_alignment_narrow", 0x1p-8}};
    for (size_t f = 0; f < 4; f++) {
        char path[512];
        snprintf(path, sizeof path, FIXTURES "%s", files[f].name);
        struct failure why = {0};
        struct weights *read = read_path(path, &why), *made = golden_weights(files[f].made);
        cr_assert(read != NULL, "%s", why.text);
        cr_assert_eq(read->count, made->count);
        bool exact = true;
        for (size_t t = 0; t < made->count; t++) {
            const struct tensor *a = &made->tensors[t], *b = weights_find(read, a->name);
            cr_assert(b != NULL && b->count == a->count);
            for (size_t i = 0; i < a->count; i++) {
                double v = (double)a->values[i], off = fabs((double)b->values[i] - v);
                cr_assert(off <= fabs(v) * files[f].unit + 0x1p-25, "%s %s[%zu]", files[f].name,
                          a->name, i);
                exact = exact && off == 0;
            }
        }
        cr_expect(!exact);
        weights_free(read);
        weights_free(made);
    }
}

static void refused(struct file_bytes bytes, const char *words) {
    struct failure why = {0};
    struct weights *weights = torch_zip_read(bytes.at, bytes.size, &why);
    cr_expect(weights == NULL);
    cr_expect(strstr(why.text, words) != NULL, "'%s' without '%s'", why.text, words);
    weights_free(weights);
}

Test(torch_zip, the_old_form_is_named) {
    struct file_bytes old = file_read(FIXTURES "pileup.legacy.pt");
    refused(old, "before 1.6");
    free(old.at);
}

/* Cut anywhere, a file fails with a sentence and without a step beyond its end. */
Test(torch_zip, cut_off_anywhere) {
    struct file_bytes whole = file_read(FIXTURES "pileup_narrow.pt");
    for (size_t size = 0; size < whole.size;
         size += size < 200 || size > whole.size - 3000 ? 7 : 997) {
        struct file_bytes part = file_part(whole, size);
        refused(part, "");
        free(part.at);
    }
    free(whole.at);
}

/* Any byte changed: refused, or it did not matter to the tensors. */
Test(torch_zip, damaged_anywhere) {
    struct file_bytes whole = file_read(FIXTURES "pileup.bare.pt");
    struct weights *right = torch_zip_read(whole.at, whole.size, NULL);
    size_t refusals = 0, tries = 0;
    for (size_t at = 0; at < whole.size; at += at % 5 == 0 ? 13 : 211) {
        struct file_bytes copy = file_part(whole, whole.size);
        copy.at[at] ^= 0x40;
        struct failure why = {0};
        struct weights *read = torch_zip_read(copy.at, copy.size, &why);
        tries++;
        if (read == NULL) {
            cr_expect(why.text[0] != '\0');
            refusals++;
        } else {
            cr_expect(weights_equal(read, right, NULL), "byte %zu changes the weights", at);
        }
        weights_free(read);
        free(copy.at);
    }
    cr_expect(refusals > tries / 2, "%zu of %zu", refusals, tries);
    weights_free(right);
    free(whole.at);
}

/* ---- archives made here ---------------------------------------------------------------------- */

struct made {
    uint8_t bytes[1 << 16], directory[4096];
    size_t size, directory_size, count;
};

static void put(uint8_t *to, uint32_t value, size_t size) {
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static void add_member(struct made *m, const char *name, const void *payload, size_t size,
                       uint32_t method, uint32_t unpacked) {
    size_t length = strlen(name);
    uint8_t *local = m->bytes + m->size, *entry = m->directory + m->directory_size;
    memcpy(local, "PK\3\4", 4);
    put(local + 26, (uint32_t)length, 2);
    memcpy(local + 30, name, length);
    memcpy(local + 30 + length, payload, size);
    memcpy(entry, "PK\1\2", 4);
    put(entry + 10, method, 2);
    put(entry + 16, (uint32_t)crc32(0, payload, (uInt)size), 4);
    put(entry + 20, (uint32_t)size, 4);
    put(entry + 24, unpacked, 4);
    put(entry + 28, (uint32_t)length, 2);
    put(entry + 42, (uint32_t)m->size, 4);
    memcpy(entry + 46, name, length);
    m->size += 30 + length + size;
    m->directory_size += 46 + length;
    m->count++;
}

static struct file_bytes finish(struct made *m) {
    uint8_t *end = m->bytes + m->size + m->directory_size;
    memcpy(m->bytes + m->size, m->directory, m->directory_size);
    memcpy(end, "PK\5\6", 4);
    put(end + 8, (uint32_t)m->count, 2);
    put(end + 10, (uint32_t)m->count, 2);
    put(end + 12, (uint32_t)m->directory_size, 4);
    put(end + 16, (uint32_t)m->size, 4);
    struct file_bytes whole = {m->bytes, m->size + m->directory_size + 22};
    return file_part(whole, whole.size);
}

/* An archive of one pickle and one storage of four floats. */
static void check_pickle(const char *pickle, size_t size, const char *words) {
    static const float four[4] = {1, 2, 3, 4};
    struct made *m = calloc(1, sizeof *m);
    add_member(m, "r/data.pkl", pickle, size, 0, (uint32_t)size);
    add_member(m, "r/data/0", four, sizeof four, 0, sizeof four);
    struct file_bytes bytes = finish(m);
    struct failure why = {0};
    struct weights *weights = torch_zip_read(bytes.at, bytes.size, &why);
    if (words == NULL) {
        cr_assert(weights != NULL, "%s", why.text);
        const struct tensor *w = weights_find(weights, "w");
        cr_assert(w != NULL && w->count == 4 && w->values[3] == 4.0F);
    } else {
        cr_expect(weights == NULL);
        cr_expect(strstr(why.text, words) != NULL, "'%s' without '%s'", why.text, words);
    }
    weights_free(weights);
    free(bytes.at);
    free(m);
}

#define PICKLE(text, words) check_pickle(text, sizeof(text) - 1, words)
#define TEXT(length, text)  "X" length "\0\0\0" text
#define BEGIN               "\x80\x02}" TEXT("\x01", "w")
#define STORAGE(count)                                                                             \
    "(" TEXT("\x07", "storage") "ctorch\nFloatStorage\n" TEXT("\x01", "0")                         \
        TEXT("\x03", "cpu") "K" count "tQ"
#define TENSOR(count, rest) "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE(count) rest
#define PLAIN               "K\x00K\x04\x85K\x01\x85\x89}tR"

Test(torch_zip, a_small_pickle_by_hand) {
    PICKLE(BEGIN TENSOR("\x04", PLAIN) "s.", NULL);
}

Test(torch_zip, calls_nothing) {
    PICKLE(BEGIN "cos\nsystem\n" TEXT("\x04", "true") "\x85Rs.", "tensor w");
    PICKLE(BEGIN "cbuiltins\neval\n" TEXT("\x01", "1") "\x85Rs.", "tensor w");
    PICKLE("\x80\x02"
           "cos\nsystem\n" TEXT("\x04", "true") "\x85R.",
           "no dictionary");
    PICKLE(BEGIN TEXT("\x02", "os") TEXT("\x06", "system") "\x93s.", "opcode 0x93");
    PICKLE("\x80\x02"
           "ios\nsystem\n.",
           "opcode 0x69");
    PICKLE(BEGIN "(cos\nsystem\n"
                 "os.",
           "opcode 0x6f");
    /* Elsewhere, in what is not looked at, unknown names are only skipped. */
    PICKLE("\x80\x02}(" TEXT("\x05", "other") "cos\nsystem\n" TEXT("\x04", "true") "\x85R" TEXT(
               "\x0a", "state_dict") "}" TEXT("\x01", "w") TENSOR("\x04", PLAIN) "su.",
           NULL);
}

Test(torch_zip, tensors_that_lie) {
    PICKLE(BEGIN TENSOR("\x05", PLAIN) "s.", "tensor w: its storage is shorter");
    PICKLE(BEGIN TENSOR("\x04", "K\x01K\x04\x85K\x01\x85\x89}tR") "s.", "behind the end");
    PICKLE(BEGIN TENSOR("\x04", "K\x00K\x04\x85K\x02\x85\x89}tR") "s.", "behind the end");
    PICKLE(BEGIN TENSOR("\x04", "K\x00K\xff\x85K\x00\x85\x89}tR") "s.", "behind the end");
    PICKLE(BEGIN TENSOR("\x04", "K\x00J\xff\xff\xff\xff\x85K\x01\x85\x89}tR") "s.", "impossible");
    PICKLE(BEGIN TENSOR("\x04", "J\xff\xff\xff\xffK\x04\x85K\x01\x85\x89}tR") "s.", "offset");
    PICKLE(BEGIN TENSOR("\x04", "K\x00K\x04\x85K\x01K\x01\x86\x89}tR") "s.", "strides");
    PICKLE(BEGIN "K\x01s.", "not a plain tensor");
    PICKLE(BEGIN TENSOR("\x04", PLAIN) "s" TEXT("\x01", "w") TENSOR("\x04", PLAIN) "s.", "twice");
    PICKLE("\x80\x02}.", "no tensors");
    PICKLE("\x80\x02}", "ends early");
    PICKLE("\x80\x02s.", "no sense");
    PICKLE("\x80\x02t.", "no sense");
    PICKLE("\x80\x02h\x05.", "no sense");
    PICKLE("\x80\x02}(K\x01u.", "no sense");
}

/* What is compressed might be a bomb; PyTorch compresses nothing. */
Test(torch_zip, compressed_members_are_refused) {
    struct made *m = calloc(1, sizeof *m);
    add_member(m, "r/data.pkl", "xxxx", 4, 8, 1U << 31);
    struct file_bytes bomb = finish(m);
    refused(bomb, "compressed");
    memset(m, 0, sizeof *m);
    add_member(m, "r/other", "xxxx", 4, 0, 4);
    struct file_bytes other = finish(m);
    refused(other, "data.pkl");
    free(bomb.at);
    free(other.at);
    free(m);
}

Test(torch_zip, sniffing) {
    cr_expect(!torch_zip_sniff((const uint8_t *)"PK\3", 3));
    cr_expect(torch_zip_sniff((const uint8_t *)"PK\3\4", 4));
    cr_expect(!torch_zip_sniff((const uint8_t *)"\x89HDF\r\n\x1a\n", 8));
}
