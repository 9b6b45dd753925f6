/* SPDX-License-Identifier: MIT
 *
 * `runnel explain`: what it says of sites that the golden data know. */
#include "tests/plugin/host/window_commands.h"

TestSuite(explain, .init = make_scratch, .fini = remove_scratch);

/* Runs the command with its standard output in a file; gives the text. */
static const char *output_of(const char *const arguments[], int code) {
    static char text[1 << 16];
    cr_assert_not_null(freopen(in_scratch("text"), "wb", stdout));
    cr_assert_eq(run(command_explain, arguments), code);
    fflush(stdout);
    FILE *file = fopen(in_scratch("text"), "rb");
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void expect(const char *text, const char *piece) {
    cr_assert_not_null(strstr(text, piece), "no '%s' in:\n%s", piece, text);
}

Test(explain, a_candidate_with_pictures) {
    const char *arguments[] = {"-o",  in_scratch("out"),    "-p",          "ont",
                               FASTA, DATA "bam/ont30.bam", "chrS2:1,243", NULL};
    const char *text = output_of(arguments, EXIT_WHOLE);
    unsigned width, height;
    expect(text, "alleles 29-XC 1 XT 14 IGG 1 RG 12");
    expect(text, "depth 29; A 0+0 C 0+1 G 6+7 T 10+4 deleted 1+0");
    expect(text, "14 of 29 = 0.483, reaches 0.08");
    expect(text, "a candidate: it has a pileup window");
    expect(text, "pileup: 29 reads used, 2 left out (low_mapq)");
    png_size(in_scratch("out/pileup.png"), &width, &height);
    png_size(in_scratch("out/full.png"), &width, &height);
}

/* With the cut-offs of one pass; that the record is that of `runnel call` is tested in
 * tests/plugin/command_line.sh. */
Test(explain, both_networks_and_the_rule) {
    const char *text =
        output_of((const char *[]){"-p", "ont", "-m", TEST_DATA "/networks/trained.h5", FASTA,
                                   DATA "bam/ont30.bam", "chrS2:1243", NULL},
                  EXIT_WHOLE);
    expect(text, "networks of model trained");
    expect(text, "genotype    ");
    expect(text, "length 2    ");
    expect(text, "the pileup call is a ");
    expect(text, "below the cut-off 35.00 (fixed");
    text = output_of((const char *[]){"-p", "ont", "-m",
                                      TEST_DATA "/networks/fixtures/pileup_narrow.pt", FASTA,
                                      DATA "bam/ont30.bam", "chrS2:1243", NULL},
                     EXIT_WHOLE);
    expect(text, "no full-alignment network: the pileup call stands");
}

Test(explain, why_there_is_no_candidate) {
    const char *text = output_of(
        (const char *[]){"-p", "ont", FASTA, DATA "bam/edges.bam", "chrS3:61", NULL}, EXIT_WHOLE);
    expect(text, "1 of 25 = 0.040, below 0.08");
    expect(text, "no candidate: no share is reached");
    text = output_of((const char *[]){"-p", "ont", FASTA, DATA "bam/edges.bam", "chrS3:771", NULL},
                     EXIT_WHOLE);
    expect(text, "no candidate: depth 1 is below 2");
}

Test(explain, no_read_covers_the_site) {
    const char *text =
        output_of((const char *[]){"-p", "ont", FASTA, TINY_BAM, "chrS1:5000", NULL}, EXIT_WHOLE);
    expect(text, "no read covers the site");
    expect(text, "0 of 89 rows used");
}

Test(explain, bad_places) {
    static const char *const places[] = {"chrS3", "chrX:5", "chrS3:0", "chrS3:1501", "chrS3:x"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        cr_assert_eq(
            run(command_explain, (const char *[]){"-p", "ont", FASTA, TINY_BAM, places[i], NULL}),
            EXIT_FAILED, "%s", places[i]);
    cr_assert_eq(run(command_explain, (const char *[]){FASTA, TINY_BAM, NULL}), EXIT_USAGE);
}
