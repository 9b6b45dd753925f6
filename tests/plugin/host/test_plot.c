/* SPDX-License-Identifier: MIT */
#include "adapters/windows_file.h"

#include "tests/plugin/host/window_commands.h"

static void make_windows(void) {
    make_scratch();
    const char *arguments[] = {"-p", "ont", "-o", in_scratch("w.h5"), FASTA, TINY_BAM, NULL};
    cr_assert_eq(run(command_windows, arguments), EXIT_WHOLE);
}

TestSuite(plot, .init = make_windows, .fini = remove_scratch);

Test(plot, full_is_drawn_before_pileup) {
    const char *first[] = {"-o", in_scratch("w.png"), in_scratch("w.h5"), NULL};
    const char *pileup[] = {"-k", "pileup", "-o", in_scratch("w.png"), in_scratch("w.h5"), NULL};
    unsigned width, height, width_of_pileup;
    cr_assert_eq(run(command_plot, first), EXIT_WHOLE);
    png_size(in_scratch("w.png"), &width, &height);
    cr_assert_eq(run(command_plot, pileup), EXIT_WHOLE);
    png_size(in_scratch("w.png"), &width_of_pileup, &height);
    cr_assert_gt(width, width_of_pileup);
}

Test(plot, place) {
    char *position, *end;
    struct windows_file *file = windows_file_open(in_scratch("w.h5"), NULL);
    static int32_t tensor[33 * 18];
    cr_assert_eq(windows_file_read(file, WINDOWS_PILEUP, 3, 1, tensor, &position, NULL, NULL, NULL),
                 STATUS_OK);
    windows_file_close(file);
    end = strrchr(position, ':');
    *end = '\0';
    const char *there[] = {"--at", position, "-o", in_scratch("w.png"), in_scratch("w.h5"), NULL};
    cr_assert_eq(run(command_plot, there), EXIT_WHOLE);
    remove(in_scratch("w.png"));
    end[-1] = '\0'; /* a beginning of the position is another one */
    strcat(position, "x");
    cr_assert_eq(run(command_plot, there), EXIT_FAILED);
    cr_assert_neq(access(in_scratch("w.png"), F_OK), 0);
    free(position);
}

Test(plot, wrong_usage) {
    cr_assert_eq(run(command_plot, (const char *[]){in_scratch("w.h5"), NULL}), EXIT_USAGE);
    cr_assert_eq(
        run(command_plot, (const char *[]){"-k", "both", "-o", "x.png", in_scratch("w.h5"), NULL}),
        EXIT_USAGE);
    cr_assert_eq(run(command_plot, (const char *[]){"-o", "x.png", FASTA, NULL}), EXIT_FAILED);
}
