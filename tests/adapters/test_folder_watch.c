/* SPDX-License-Identifier: MIT
 *
 * What a folder that fills is told of: every file once, whatever its name does, and when its writer
 * is done with it. */
#include "adapters/folder_watch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct folder_watch *watch;

static const char *in_folder(const char *name) {
    static char paths[2][128];
    static int at;
    at = !at;
    snprintf(paths[at], sizeof paths[at], "%s/%s", folder, name);
    return paths[at];
}

/* Begins a file (or goes on with it); the descriptor. */
static int write_some(const char *name, const char *text) {
    int file = open(in_folder(name), O_WRONLY | O_CREAT | O_APPEND, 0644);
    cr_assert(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    return file;
}

static void write_whole(const char *name, const char *text) {
    close(write_some(name, text));
}

static void setup(void) {
    strcpy(folder, "/tmp/runnel-folder-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void begin(void) {
    struct failure why = {0};
    cr_assert_eq(folder_watch_open(&watch, folder, &why), STATUS_OK, "%s", why.text);
}

static void teardown(void) {
    char command[128];
    folder_watch_close(watch);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(folder_watch, .init = setup, .fini = teardown);

/* The list after a look as text: name, + where it is complete, * where it is not. */
static const char *listed(void) {
    static char text[1024];
    struct failure why = {0};
    cr_assert_eq(folder_watch_look(watch, &why), STATUS_OK, "%s", why.text);
    text[0] = '\0';
    for (size_t i = 0; i < folder_watch_count(watch); i++) {
        const struct folder_file *file = folder_watch_file(watch, i);
        size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, "%s%s%s", i ? " " : "",
                 strrchr(file->path, '/') + 1, file->complete ? "+" : "*");
        length = strlen(text);
        if (file->begin > 0)
            snprintf(text + length, sizeof text - length, "%d", (int)file->begin);
    }
    return text;
}

Test(folder_watch, what_is_there_and_what_comes) {
    write_whole("b.bam", "one");
    write_whole("a.fastq.gz", "two");
    write_whole("a.bam.bai", "an index");
    write_whole(".hidden.fq", "of somebody else");
    cr_assert_eq(mkdir(in_folder("sub.fastq"), 0755), 0);
    const struct timespec early[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    utimensat(AT_FDCWD, in_folder("b.bam"), early, 0);
    begin();
    cr_expect_str_eq(listed(), "b.bam+ a.fastq.gz+");
    write_whole("c.fq", "three");
    cr_expect_str_eq(listed(), "b.bam+ a.fastq.gz+ c.fq+");
    cr_expect_str_eq(listed(), "b.bam+ a.fastq.gz+ c.fq+");
    remove(in_folder("sub.fastq"));
}

Test(folder_watch, a_file_is_complete_when_nobody_writes) {
    int before = write_some("a.fq", "begun before");
    begin();
    cr_expect_str_eq(listed(), "a.fq*");
    int file = write_some("b.bam", "begun");
    cr_expect_str_eq(listed(), "a.fq* b.bam*");
    int second = write_some("b.bam", "by another");
    close(file);
    cr_expect_str_eq(listed(), "a.fq* b.bam*");
    close(second);
    cr_expect_str_eq(listed(), "a.fq* b.bam+");
    close(before);
    cr_expect_str_eq(listed(), "a.fq+ b.bam+");
}

Test(folder_watch, names_change) {
    begin();
    write_whole("a.fastq.part", "written under another name");
    cr_expect_str_eq(listed(), "");
    rename(in_folder("a.fastq.part"), in_folder("a.fastq"));
    cr_expect_str_eq(listed(), "a.fastq+");
    rename(in_folder("a.fastq"), in_folder("b.fastq"));
    cr_expect_str_eq(listed(), "b.fastq+", "the same file");
    int file = write_some("c.bam", "open while it gets its name");
    listed();
    rename(in_folder("c.bam"), in_folder("d.bam"));
    cr_expect_str_eq(listed(), "b.fastq+ d.bam*");
    close(file);
    cr_expect_str_eq(listed(), "b.fastq+ d.bam+");
}

Test(folder_watch, a_copy_of_the_same_name_and_size_is_not_new) {
    begin();
    write_whole("a.fq", "1234");
    cr_expect_str_eq(listed(), "a.fq+");
    write_whole("x.tmp", "1234");
    rename(in_folder("x.tmp"), in_folder("a.fq"));
    cr_expect_str_eq(listed(), "a.fq+");
    write_whole("x.tmp", "12345");
    rename(in_folder("x.tmp"), in_folder("a.fq"));
    cr_expect_str_eq(listed(), "a.fq+ a.fq+", "of another size: other reads");
}

Test(folder_watch, a_new_file_in_the_place_of_one_that_was_deleted) {
    begin();
    write_whole("a.fq", "12345");
    cr_expect_str_eq(listed(), "a.fq+");
    remove(in_folder("a.fq"));
    write_whole("b.fq", "12345"); /* most file systems give it the same inode */
    cr_expect_str_eq(listed(), "a.fq+ b.fq+");
}

Test(folder_watch, a_complete_file_that_is_added_to) {
    begin();
    write_whole("a.fq", "1234");
    write_whole("b.bam", "1234");
    cr_expect_str_eq(listed(), "a.fq+ b.bam+");
    write_whole("a.fq", "567");
    write_whole("b.bam", "567");
    cr_expect_str_eq(listed(), "a.fq+ b.bam+ a.fq+4");
    write_whole("a.fq", "8");
    cr_expect_str_eq(listed(), "a.fq+ b.bam+ a.fq+4 a.fq+7");
    cr_expect_eq(folder_watch_lost(watch), 3);
    cr_assert_eq(truncate(in_folder("a.fq"), 0), 0);
    cr_expect_str_eq(listed(), "a.fq+ b.bam+ a.fq+4 a.fq+7 a.fq+", "begun anew");
}

static void make_folder(const char *name) {
    cr_assert_eq(mkdir(in_folder(name), 0755), 0);
}

Test(folder_watch, folders_in_the_folder) {
    make_folder("pass");
    make_folder("pass/one");
    make_folder("bam_fail");
    make_folder(".hidden");
    write_whole("pass/one/a.fq", "there before");
    write_whole("bam_fail/f.bam", "put aside");
    write_whole(".hidden/h.fq", "being made");
    cr_assert_eq(symlink("..", in_folder("pass/circle")), 0);
    begin();
    cr_expect_str_eq(listed(), "a.fq+");
    make_folder("pass/two");
    write_whole("pass/two/a.fq", "there before"); /* of one name and size, and yet another */
    cr_expect_str_eq(listed(), "a.fq+ a.fq+");
    make_folder("pass/deep");
    cr_expect_str_eq(listed(), "a.fq+ a.fq+");
    make_folder("pass/deep/er");
    cr_expect_str_eq(listed(), "a.fq+ a.fq+");
    int file = write_some("pass/deep/er/d.bam", "grows");
    cr_expect_str_eq(listed(), "a.fq+ a.fq+ d.bam*");
    close(file);
    cr_expect_str_eq(listed(), "a.fq+ a.fq+ d.bam+");
}

Test(folder_watch, folders_that_move) {
    make_folder("pass");
    make_folder("pass/one");
    write_whole("pass/one/a.fq", "1");
    begin();
    cr_expect_str_eq(listed(), "a.fq+");
    rename(in_folder("pass"), in_folder("passed")); /* with what is in it */
    cr_expect_str_eq(listed(), "a.fq+");
    write_whole("passed/one/b.fq", "2");
    cr_expect_str_eq(listed(), "a.fq+ b.fq+");
    cr_expect_not_null(strstr(folder_watch_file(watch, 0)->path, "/passed/one/a.fq"));
    make_folder(".made"); /* aside, and then it comes */
    make_folder(".made/in");
    write_whole(".made/in/c.fq", "3");
    cr_expect_str_eq(listed(), "a.fq+ b.fq+");
    rename(in_folder(".made"), in_folder("made"));
    write_whole("made/in/d.fq", "4");
    cr_expect_str_eq(listed(), "a.fq+ b.fq+ c.fq+ d.fq+");
    rename(in_folder("made"), in_folder(".gone"));
    write_whole(".gone/in/e.fq", "5");
    cr_assert_eq(mkdir(in_folder("made"), 0755), 0); /* another one of that name */
    write_whole("made/f.fq", "6");
    cr_expect_str_eq(listed(), "a.fq+ b.fq+ c.fq+ d.fq+ f.fq+");
    remove(in_folder("made/f.fq"));
    rmdir(in_folder("made"));
    cr_expect_str_eq(listed(), "a.fq+ b.fq+ c.fq+ d.fq+ f.fq+", "a folder in it may go");
}

Test(folder_watch, many_files_at_once) {
    begin();
    char name[32];
    for (int i = 0; i < 20000; i++) { /* more than the queue of events holds (16384 by default) */
        snprintf(name, sizeof name, "%05d.fq", i);
        close(open(in_folder(name), O_WRONLY | O_CREAT, 0644));
    }
    struct failure why = {0};
    cr_assert_eq(folder_watch_look(watch, &why), STATUS_OK, "%s", why.text);
    cr_assert_eq(folder_watch_count(watch), 20000);
}

Test(folder_watch, folders_that_are_none) {
    struct failure why = {0};
    struct folder_watch *none;
    write_whole("a.fq", "1");
    cr_expect_lt(folder_watch_open(&none, in_folder("nosuch"), &why), 0);
    cr_expect_not_null(strstr(why.text, "nosuch: cannot be watched"), "%s", why.text);
    cr_expect_lt(folder_watch_open(&none, in_folder("a.fq"), NULL), 0);
    begin();
    cr_assert_eq(mkdir(in_folder("sub"), 0755), 0);
    struct folder_watch *inner;
    cr_assert_eq(folder_watch_open(&inner, in_folder("sub"), NULL), STATUS_OK);
    rmdir(in_folder("sub"));
    memset(&why, 0, sizeof why);
    cr_expect_lt(folder_watch_look(inner, &why), 0);
    cr_expect_not_null(strstr(why.text, "the folder has gone"), "%s", why.text);
    folder_watch_close(inner);
}
