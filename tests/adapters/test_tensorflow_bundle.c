/* SPDX-License-Identifier: MIT
 *
 * TensorFlow checkpoints of every form that the fixtures have, against the seeded weights they
 * were made from; and damaged ones. */
#include "adapters/tensorflow_bundle.h"

#include "tests/adapters/damaged.h"
#include "tests/core/networks/golden.h"

struct checkpoint {
    struct file_bytes index, data[8];
    struct shard shards[8];
    size_t count;
};

static struct checkpoint checkpoint_read(const char *name) {
    struct checkpoint c = {0};
    char path[512];
    snprintf(path, sizeof path, FIXTURES "%s.index", name);
    c.index = file_read(path);
    struct failure why = {0};
    cr_assert(tensorflow_bundle_shards(c.index.at, c.index.size, &c.count, &why) == STATUS_OK, "%s",
              why.text);
    cr_assert_leq(c.count, 8);
    for (size_t s = 0; s < c.count; s++) {
        snprintf(path, sizeof path, FIXTURES "%s.data-%05zu-of-%05zu", name, s, c.count);
        c.data[s] = file_read(path);
        c.shards[s] = (struct shard){c.data[s].at, c.data[s].size};
    }
    return c;
}

static void checkpoint_free(struct checkpoint *c) {
    free(c->index.at);
    for (size_t s = 0; s < c->count; s++)
        free(c->data[s].at);
}

/* Keras has one LSTM bias, which the fixtures' makers set to the sum of both. */
static struct weights *as_keras(struct weights *weights) {
    for (size_t t = 0; t < weights->count; t++) {
        struct tensor *hh = &weights->tensors[t];
        char *bias = strstr(hh->name, ".bias_hh_");
        if (bias == NULL)
            continue;
        char name[TENSOR_NAME_MAX];
        snprintf(name, sizeof name, "%.*s.bias_ih_%s", (int)(bias - hh->name), hh->name, bias + 9);
        const struct tensor *ih = weights_find(weights, name);
        for (size_t i = 0; i < hh->count; i++) {
            ih->values[i] += hh->values[i];
            hh->values[i] = 0;
        }
    }
    return weights;
}

Test(tensorflow_bundle, every_form_gives_the_exact_weights) {
    const char *const names[] = {"pileup.plain", "pileup.optimizer", "pileup.sharded-1",
                                 "full_alignment.plain", "full_alignment.sharded-1"};
    for (size_t n = 0; n < 5; n++) {
        struct checkpoint c = checkpoint_read(names[n]);
        struct failure why = {0};
        struct weights *read =
            tensorflow_bundle_read(c.index.at, c.index.size, c.shards, c.count, &why);
        cr_assert(read != NULL, "%s: %s", names[n], why.text);
        struct weights *made = as_keras(golden_weights(
            strncmp(names[n], "pileup", 6) == 0 ? "pileup_narrow" : "full_alignment_narrow"));
        const char *difference = "";
        cr_expect(weights_equal(read, made, &difference), "%s: %s", names[n], difference);
        cr_expect_eq(c.count, strstr(names[n], "sharded") != NULL ? 2 : 1);
        weights_free(read);
        weights_free(made);
        checkpoint_free(&c);
    }
}

static void refused(const struct checkpoint *c, const char *words) {
    struct failure why = {0};
    struct weights *read =
        tensorflow_bundle_read(c->index.at, c->index.size, c->shards, c->count, &why);
    cr_expect(read == NULL);
    cr_expect(strstr(why.text, words) != NULL, "'%s' without '%s'", why.text, words);
    weights_free(read);
}

Test(tensorflow_bundle, cut_tensors_are_named) {
    struct checkpoint c = checkpoint_read("pileup.sliced-2");
    cr_expect_eq(c.count, 6);
    refused(&c, "L4/kernel");
    checkpoint_free(&c);
}

Test(tensorflow_bundle, a_wrong_checksum_is_named) {
    struct checkpoint c = checkpoint_read("pileup.plain");
    c.data[0].at[c.data[0].size / 2] ^= 1;
    refused(&c, "CRC-32C");
    c.data[0].at[c.data[0].size / 2] ^= 1;
    c.index.at[100] ^= 1;
    refused(&c, "CRC-32C of a block");
    checkpoint_free(&c);
}

Test(tensorflow_bundle, shards_cut_off_or_missing) {
    struct checkpoint c = checkpoint_read("pileup.sharded-1");
    c.shards[1].size /= 2;
    refused(&c, "cut off");
    c.count = 1;
    refused(&c, "a shard that there is not");
    c.count = 2;
    checkpoint_free(&c);
}

Test(tensorflow_bundle, index_cut_off_anywhere) {
    struct checkpoint c = checkpoint_read("pileup.plain");
    struct file_bytes whole = c.index;
    for (size_t size = 0; size < whole.size; size += 3) {
        c.index = file_part(whole, size);
        refused(&c, "index");
        free(c.index.at);
    }
    /* The footer kept, the middle gone. */
    for (size_t size = 48; size < whole.size; size += 11) {
        c.index = (struct file_bytes){malloc(size), size};
        memcpy(c.index.at, whole.at + whole.size - size, size);
        refused(&c, "damaged");
        free(c.index.at);
    }
    c.index = whole;
    checkpoint_free(&c);
}

Test(tensorflow_bundle, index_damaged_anywhere) {
    struct checkpoint c = checkpoint_read("full_alignment.plain");
    struct weights *right =
        tensorflow_bundle_read(c.index.at, c.index.size, c.shards, c.count, NULL);
    struct file_bytes whole = c.index;
    size_t refusals = 0;
    for (size_t at = 0; at < whole.size; at++) {
        c.index = file_part(whole, whole.size);
        c.index.at[at] ^= 0x21;
        struct failure why = {0};
        struct weights *read =
            tensorflow_bundle_read(c.index.at, c.index.size, c.shards, c.count, &why);
        refusals += read == NULL;
        cr_expect(read == NULL || weights_equal(read, right, NULL), "byte %zu", at);
        cr_expect(read != NULL || why.text[0] != '\0');
        weights_free(read);
        free(c.index.at);
    }
    cr_expect(refusals > whole.size * 9 / 10, "%zu of %zu", refusals, whole.size);
    c.index = whole;
    weights_free(right);
    checkpoint_free(&c);
}
