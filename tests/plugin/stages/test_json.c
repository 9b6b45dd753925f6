/* SPDX-License-Identifier: MIT
 *
 * JSON lines against the VCF of the same calls. */
#include "tests/plugin/stages/calls.h"

#include "plugin/streams.h"

#include <jansson.h>
#include <math.h>

static const char *text_of(json_t *call, const char *key) {
    const char *text = json_string_value(json_object_get(call, key));
    cr_assert_not_null(text, "%s", key);
    return text;
}

static bool same(const struct letters *letters, const char *text) {
    return letters->length == strlen(text) && memcmp(letters->bytes, text, letters->length) == 0;
}

static void check_call(json_t *call, const struct site *site) {
    for (size_t i = 0; i < CALLS_STREAM.count; i++)
        cr_expect_not_null(json_object_get(call, CALLS_STREAM.fields[i].name), "%s",
                           CALLS_STREAM.fields[i].name);
    cr_expect_eq(json_object_size(call), CALLS_STREAM.count);
    cr_expect(same(&site->contig, text_of(call, "contig")));
    cr_expect(same(&site->ref, text_of(call, "reference")));
    cr_expect(same(&site->alt, text_of(call, "alternates")));
    cr_expect(same(&site->filter, text_of(call, "filter")));
    cr_expect_eq(json_integer_value(json_object_get(call, "position")), site->position);
    cr_expect(fabs(json_real_value(json_object_get(call, "qual")) - site->qual) < 0.001 ||
              json_integer_value(json_object_get(call, "qual")) == (json_int_t)site->qual);
    cr_expect_eq(strlen(text_of(call, "genotype")), 3);
    size_t alternates = 1 + (memchr(site->alt.bytes, ',', site->alt.length) != NULL);
    cr_expect_leq(json_array_size(json_object_get(call, "ad")), 1 + alternates);
    cr_expect_gt(json_array_size(json_object_get(call, "ad")), 0);
    cr_expect(json_is_null(json_object_get(call, "phase_set")));
    size_t probabilities = json_array_size(json_object_get(call, "probabilities"));
    cr_expect_eq(probabilities, strcmp(text_of(call, "source"), "F") == 0 ? 90 : 24);
    double sum = 0; /* of the 21 genotypes */
    for (size_t i = 0; i < 21 && i < probabilities; i++)
        sum += json_number_value(json_array_get(json_object_get(call, "probabilities"), i));
    cr_expect(fabs(sum - 1) < 1e-5, "%f", sum);
}

static size_t compare_files(const struct scratch *scratch) {
    char path[96], line[16384];
    struct vcf_reader *reader = open_vcf(scratch, "out.vcf");
    struct site site;
    struct letters record;
    size_t count = 0;
    snprintf(path, sizeof path, "%s/out.json", scratch->folder);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    for (; fgets(line, sizeof line, file); count++) {
        json_t *call = json_loads(line, 0, NULL);
        cr_assert(call != NULL && next_site(reader, &site, &record), "%s", line);
        check_call(call, &site);
        json_decref(call);
    }
    cr_expect(!next_site(reader, &site, &record));
    vcf_reader_free(reader);
    fclose(file);
    return count;
}

Test(json_stage, says_what_the_vcf_says) {
    struct scratch scratch = scratch_new();
    run_call(&scratch, "-r chr20:10,001-60,000 -o out.vcf");
    run_call(&scratch, "-r chr20:10,001-60,000 -O j -o out.json");
    cr_expect_gt(compare_files(&scratch), 200);
    scratch_free(&scratch);
}

/* To the bit: in one pass they do not go through a spool. */
Test(json_stage, probabilities_survive_the_spool) {
    struct scratch scratch = scratch_new();
    char command[128];
    run_call(&scratch, "-O j -o two.json --write-cutoffs cut --no-phasing");
    run_call(&scratch, "-O j -o one.json --one-pass --cutoffs cut");
    snprintf(command, sizeof command, "cmp %s/one.json %s/two.json", scratch.folder,
             scratch.folder);
    cr_expect_eq(system(command), 0);
    scratch_free(&scratch);
}
