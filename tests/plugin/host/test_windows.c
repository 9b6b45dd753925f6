/* SPDX-License-Identifier: MIT
 *
 * `runnel windows` against the golden windows. */
#include "adapters/windows_file.h"
#include "core/windows/shape.h"
#include "tests/core/windows/golden.h"
#include "tests/plugin/host/window_commands.h"

TestSuite(windows, .init = make_scratch, .fini = remove_scratch);

/* The tensors and texts of one kind equal those of a golden case. */
static void compare(const char *name, enum windows_kind kind, const char *group,
                    size_t value_size) {
    struct golden g = golden_open(name);
    struct failure why = {0};
    struct windows_shape shape;
    char path[64];
    snprintf(path, sizeof path, "%s/tensor", group);
    struct golden_array tensor =
        golden_array(&g, path, kind == WINDOWS_FULL ? H5T_NATIVE_INT8 : H5T_NATIVE_INT32);
    snprintf(path, sizeof path, "%s/alt_info", group);
    struct golden_array texts = golden_array(&g, path, -1);
    struct windows_file *file = windows_file_open(in_scratch("w.h5"), &why);
    cr_assert_not_null(file, "%s", why.text);
    cr_assert_eq(windows_file_shape(file, kind, &shape, &why), STATUS_OK);
    cr_assert_eq(shape.count, tensor.rows);
    size_t size = shape.count * value_size;
    char *got = golden_alloc(size);
    char **infos = golden_alloc(shape.count * sizeof *infos);
    cr_assert_eq(windows_file_read(file, kind, 0, shape.count, got, NULL, infos, NULL, &why),
                 STATUS_OK);
    cr_assert_eq(memcmp(got, tensor.data, size), 0, "%s", group);
    for (size_t i = 0; i < shape.count; i++) {
        cr_assert_str_eq(infos[i], golden_string(&texts, i));
        free(infos[i]);
    }
    windows_file_close(file);
}

Test(windows, pileup_at_candidates) {
    const char *arguments[] = {"-p", "ont", "-o", in_scratch("w.h5"), FASTA, DATA "bam/ont30.bam",
                               NULL};
    cr_assert_eq(run(command_windows, arguments), EXIT_WHOLE);
    compare("ont30", WINDOWS_PILEUP, "pileup", PILEUP_WINDOW_SIZE * sizeof(int32_t));
    struct windows_file *file = windows_file_open(in_scratch("w.h5"), NULL);
    struct windows_shape pileup, full;
    cr_assert_eq(windows_file_shape(file, WINDOWS_PILEUP, &pileup, NULL), STATUS_OK);
    cr_assert_eq(windows_file_shape(file, WINDOWS_FULL, &full, NULL), STATUS_OK);
    cr_assert_eq(full.count, pileup.count); /* one at every candidate */
    cr_assert(full.rows == FULL_ROWS_ONT && full.channels == FULL_CHANNELS);
    windows_file_close(file);
    golden_release();
}

/* The sites of a golden case as lines of contig and position. */
static void write_sites(const char *name) {
    char path[256], contig[64];
    snprintf(path, sizeof path, DATA "cases/%s/fa_regions.bed", name);
    FILE *in = fopen(path, "rb"), *out = fopen(in_scratch("sites"), "wb");
    long begin, end;
    while (fscanf(in, "%63s %ld %ld", contig, &begin, &end) == 3)
        fprintf(out, "%s\t%ld\n", contig, begin == 0 ? end - 17 : (begin + end) / 2);
    fclose(in);
    fclose(out);
}

Test(windows, full_at_given_sites_with_haplotypes_and_dwell) {
    write_sites("dwell");
    const char *arguments[] = {"-p",
                               "ont",
                               "--candidates",
                               in_scratch("sites"),
                               "--phased-vcf",
                               DATA "vcf/dwell_phased.vcf",
                               "--enable-dwell-time",
                               "-o",
                               in_scratch("w.h5"),
                               FASTA,
                               DATA "bam/dwell.bam",
                               NULL};
    cr_assert_eq(run(command_windows, arguments), EXIT_WHOLE);
    compare("dwell", WINDOWS_FULL, "full_alignment",
            FULL_ROWS_ONT * WINDOW_WIDTH * FULL_CHANNELS_DWELL);
    golden_release();
}

static void expect_usage(const char *const arguments[]) {
    cr_assert_eq(run(command_windows, arguments), EXIT_USAGE);
}

Test(windows, wrong_usage) {
    expect_usage((const char *[]){FASTA, TINY_BAM, NULL});
    expect_usage((const char *[]){"-o", "x.h5", FASTA, NULL});
    expect_usage((const char *[]){"-o", "x.h5", "-p", "abacus", FASTA, TINY_BAM, NULL});
    expect_usage((const char *[]){"-o", "x.h5", "--clair3-compat", FASTA, TINY_BAM, NULL});
    expect_usage((const char *[]){"-o", "x.h5", "--use-hp-tags", "--phased-vcf", "x", FASTA,
                                  TINY_BAM, NULL});
}

Test(windows, nothing_is_left_after_a_failure) {
    const char *arguments[] = {"-o", in_scratch("w.h5"), FASTA, "/nowhere/in.bam", NULL};
    cr_assert_eq(run(command_windows, arguments), EXIT_FAILED);
    cr_assert_neq(access(in_scratch("w.h5"), F_OK), 0);
}
