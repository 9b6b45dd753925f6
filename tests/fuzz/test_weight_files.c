/* SPDX-License-Identifier: MIT
 *
 * The corpus of the fuzz targets of weight files, one input after the other.  Inputs stand in
 * tests/data/networks/fuzz/TARGET. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define LLVMFuzzerTestOneInput torch_zip_input
#define put                    torch_zip_put
#define read_all               torch_zip_read_all
#include "tests/fuzz/fuzz_torch_zip.c"
#undef LLVMFuzzerTestOneInput
#undef put
#undef read_all
#define LLVMFuzzerTestOneInput tensorflow_bundle_input
#include "tests/fuzz/fuzz_tensorflow_bundle.c"

static void replay(const char *folder, int (*run)(const uint8_t *data, size_t size)) {
    DIR *inputs = opendir(folder);
    cr_assert(inputs != NULL, "%s cannot be opened", folder);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(inputs)) != NULL;) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (file == NULL)
            continue;
        fseek(file, 0, SEEK_END);
        size_t size = (size_t)ftell(file);
        rewind(file);
        uint8_t *bytes = malloc(size + 1);
        cr_assert_eq(fread(bytes, 1, size, file), size);
        fclose(file);
        run(bytes, size);
        free(bytes);
        count++;
    }
    closedir(inputs);
    cr_expect(count >= 10, "only %zu inputs in %s", count, folder);
}

Test(weight_files, torch_zip_corpus) {
    replay(TEST_DATA "/networks/fuzz/torch_zip", torch_zip_input);
}

Test(weight_files, tensorflow_bundle_corpus) {
    replay(TEST_DATA "/networks/fuzz/tensorflow_bundle", tensorflow_bundle_input);
}
