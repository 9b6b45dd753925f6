/* SPDX-License-Identifier: MIT */
#include "tests/adapters/vcf_folder.h"

#include <sys/stat.h>

TestSuite(vcf_reader, .init = make_folder, .fini = remove_folder);

Test(vcf_reader, every_kind_gives_the_same_sites) {
    static const char *const names[] = {"a.vcf", "a.vcf.gz", "a.bcf"};
    for (size_t i = 0; i < 3; i++) {
        struct failure why = {0};
        struct letters line;
        write_file(names[i], 1000);
        struct vcf_reader *reader = vcf_reader_open(path_of(names[i]), &why);
        cr_assert(reader != NULL, "%s", why.text);
        for (size_t k = 0; k < 3; k++) {
            static const char *const starts[] = {"c1\t5\t.\tA\tC\t", "c1\t8\t.\tAC\tA\t",
                                                 "c2\t3\t.\tG\t.\t"};
            cr_assert_eq(vcf_reader_next(reader, &line, &why), STATUS_OK, "%s", why.text);
            cr_assert_eq(memcmp(line.bytes, starts[k], strlen(starts[k])), 0, "%s", names[i]);
        }
        cr_assert_eq(vcf_reader_next(reader, &line, &why), STATUS_END);
        vcf_reader_free(reader);
    }
}

Test(vcf_reader, what_cannot_be_opened_is_said) {
    struct failure why = {0};
    cr_assert_null(vcf_reader_open(path_of("none.vcf"), &why));
    cr_assert_eq(why.code, STATUS_IO);
    cr_assert(strstr(why.text, "none.vcf: ") && strstr(why.text, "No such file"), "%s", why.text);
}

Test(vcf_reader, a_cut_off_file_is_refused) {
    write_file("a.vcf.gz", 1000);
    struct stat status;
    stat(path_of("a.vcf.gz"), &status);
    cr_assert_eq(truncate(path_of("a.vcf.gz"), status.st_size - 28), 0); /* the end mark */
    struct failure why = {0};
    cr_assert_null(vcf_reader_open(path_of("a.vcf.gz"), &why));
    cr_assert(strstr(why.text, "cut off") != NULL, "%s", why.text);
}

Test(vcf_reader, a_list_without_header_is_read) {
    FILE *file = fopen(path_of("list.vcf"), "w");
    fputs("c1\t5\t.\tA\tC\r\n\nc1\t6\t.\tA\tC", file);
    fclose(file);
    struct text got = read_file("list.vcf");
    cr_assert_str_eq(got.bytes, "c1\t5\t.\tA\tC\nc1\t6\t.\tA\tC\n");
    text_free(&got);
}

Test(vcf_reader, samples_are_those_of_the_last_line_of_the_header) {
    static const char *const lines[][2] = {{"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n", ""},
                                           {"", ""},
                                           {"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
                                            "\tone\tthe other\r\n",
                                            "one\tthe other"}};
    for (size_t i = 0; i < 3; i++) {
        struct failure why = {0};
        struct letters line;
        FILE *file = fopen(path_of("s.vcf"), "w");
        fprintf(file, "%sc1\t5\t.\tA\tC\n", lines[i][0]);
        fclose(file);
        struct vcf_reader *reader = vcf_reader_open(path_of("s.vcf"), &why);
        cr_assert_eq(vcf_reader_next(reader, &line, &why), STATUS_OK, "%s", why.text);
        struct letters samples = vcf_reader_samples(reader);
        cr_expect_eq(samples.length, strlen(lines[i][1]));
        if (samples.length > 0)
            cr_expect_arr_eq(samples.bytes, lines[i][1], samples.length);
        vcf_reader_free(reader);
    }
}

/* Damage in the middle: an error, and never an early end. */
Test(vcf_reader, damage_is_no_end) {
    struct failure why = {0};
    struct letters line;
    write_file("a.vcf.gz", 1000);
    FILE *file = fopen(path_of("a.vcf.gz"), "r+");
    fseek(file, 60, SEEK_SET); /* within the one compressed block */
    fputs("damage", file);
    fclose(file);
    struct vcf_reader *reader = vcf_reader_open(path_of("a.vcf.gz"), &why);
    int status = reader ? STATUS_OK : why.code;
    while (status == STATUS_OK)
        status = vcf_reader_next(reader, &line, &why);
    cr_assert_lt(status, 0);
    cr_assert(strstr(why.text, "a.vcf.gz"), "%s", why.text);
    vcf_reader_free(reader);
}
