/* SPDX-License-Identifier: MIT
 *
 * Synthetic long reads for benchmarks, sorted, as SAM on standard output, and their reference.
 * Usage: bench_reads REF.fa LENGTH DEPTH [mv] | samtools view -b -o reads.bam
 *
 * One contig of random letters; reads of about 15,000 bases with the errors of ONT R10 (1.5 %
 * mismatches, 1 % deletions, 1 % insertions) and a SNP every 1000 bases in half of the reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_LENGTH = 15000, LINE = 60, PER_BASE = 6 };

static unsigned long long state = 1;

static unsigned roll(unsigned sides) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)((state >> 33) % sides);
}

static char *make_reference(const char *path, long length) {
    char *letters = malloc((size_t)length + 1);
    FILE *file = fopen(path, "wb");
    if (letters == NULL || file == NULL) {
        perror(path);
        exit(1);
    }
    for (long i = 0; i < length; i++)
        letters[i] = "ACGT"[roll(4)];
    letters[length] = '\0';
    fprintf(file, ">synthetic\n");
    for (long i = 0; i < length; i += LINE)
        fprintf(file, "%.*s\n", LINE, letters + i);
    fclose(file);
    return letters;
}

static char cigar[READ_LENGTH * 8], sequence[READ_LENGTH * 2], quality[READ_LENGTH * 2];
static int bases, run;

static void end_run(char **to) {
    if (run > 0)
        *to += sprintf(*to, "%dM", run);
    run = 0;
}

static void put(char letter, int errors) {
    sequence[bases] = letter;
    quality[bases++] = (char)('!' + (errors ? 3 + roll(15) : 15 + roll(35)));
}

/* One read of `length` reference bases from `begin` on; `other` reads have the SNPs. */
static void make_read(const char *reference, long begin, long length, int other) {
    char *to = cigar;
    bases = run = 0;
    for (long x = begin; x < begin + length;) {
        unsigned dice = roll(1000);
        unsigned n = 1 + (roll(4) == 0) * roll(4);
        if (dice < 10 && run > 0 && x + 10 < begin + length) {
            end_run(&to);
            to += sprintf(to, "%uD", n);
            x += n;
        } else if (dice < 20 && run > 0) {
            end_run(&to);
            to += sprintf(to, "%uI", n);
            for (unsigned i = 0; i < n; i++)
                put("ACGT"[roll(4)], 1);
        }
        char letter = reference[x];
        if (other && x % 1000 == 500)
            letter = letter == 'A' ? 'G' : 'A';
        if (dice >= 985)
            letter = "ACGT"[roll(4)];
        put(letter, dice >= 985);
        run++;
        x++;
    }
    end_run(&to);
    sequence[bases] = quality[bases] = '\0';
}

static void print_moves(void) {
    printf("\tmv:B:c,5");
    for (int i = 0; i < bases; i++) {
        printf(",1");
        for (unsigned k = 1 + roll(2 * PER_BASE); k > 0; k--)
            printf(",0");
    }
}

int main(int argc, char *argv[]) {
    if (argc < 4) {
        fprintf(stderr, "usage: bench_reads REF.fa LENGTH DEPTH [mv]\n");
        return 2;
    }
    long length = atol(argv[2]);
    double step = READ_LENGTH / atof(argv[3]);
    char *reference = make_reference(argv[1], length);
    printf("@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:synthetic\tLN:%ld\n", length);
    long number = 0;
    for (double at = 0; at + READ_LENGTH / 2 < (double)length; at += step, number++) {
        long begin = (long)at, span = READ_LENGTH / 2 + roll(READ_LENGTH);
        if (begin + span > length)
            span = length - begin;
        make_read(reference, begin, span, number % 2 == 1);
        printf("r%ld\t%d\tsynthetic\t%ld\t60\t%s\t*\t0\t0\t%s\t%s", number, roll(2) ? 16 : 0,
               begin + 1, cigar, sequence, quality);
        if (argc > 4)
            print_moves();
        printf("\n");
    }
    free(reference);
    return 0;
}
