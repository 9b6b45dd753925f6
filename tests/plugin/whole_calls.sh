#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whole runs of both networks from outside: one pass and two give the same, and what is left behind
# when a run cannot end.
#     tests/plugin/whole_calls.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
inputs=$root/tests/data/calls/runs/inputs/ont
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export TMPDIR=$scratch/tmp
mkdir tmp
passed=0 failed=0

bad() { failed=$((failed + 1)); echo "FAILED: $*"; }
good() { passed=$((passed + 1)); }
same() { cmp -s "$1" "$2" && good || bad "$1 and $2 differ: $(diff "$1" "$2" | head -3)"; }
call() { "$build/runnel" call --no-version -q -p ont -m "$root/tests/data/networks/trained.h5" "$@"; }
# refuses CODE PATTERN COMMAND ...: one sentence and that exit code.
refuses() {
    local code=$1 pattern=$2 got
    shift 2
    timeout 120 "$@" > printed 2>&1
    got=$?
    [ $got = "$code" ] && [ "$(wc -l < printed)" = 1 ] && grep -qE -- "$pattern" printed && good || bad "$* ended with $got: $(head -3 printed)"
}

# ---- one pass: with the cut-offs of two passes, their bytes
call -t 2 --write-cutoffs cut -o two.vcf "$inputs/ref.fa" "$inputs/reads.bam"
[ "$(grep -c $'\tF\t' two.vcf)" -gt 300 ] && good || bad "too few calls of full alignment: $(grep -c $'\tF\t' two.vcf)"
for threads in 1 2 5; do call -t $threads --one-pass --cutoffs cut -o one.vcf "$inputs/ref.fa" "$inputs/reads.bam"; same two.vcf one.vcf; done
call --one-pass --cutoffs cut "$inputs/ref.fa" - < "$inputs/reads.bam" > one.vcf; same two.vcf one.vcf
samtools view -h "$inputs/reads.bam" | call --one-pass --cutoffs cut -o one.vcf "$inputs/ref.fa" -; same two.vcf one.vcf
call --haploid-af 0.65 --print-ref-calls --qual 20 --cutoffs cut -o two_more.vcf "$inputs/ref.fa" "$inputs/reads.bam"
call --haploid-af 0.65 --print-ref-calls --qual 20 --one-pass --cutoffs cut -o one.vcf "$inputs/ref.fa" "$inputs/reads.bam"; same two_more.vcf one.vcf
call -r chr20:20,001-60,000 --cutoffs cut -o two_part.vcf "$inputs/ref.fa" "$inputs/reads.bam"
call -r chr20:20,001-60,000 --one-pass --cutoffs cut -o one.vcf "$inputs/ref.fa" "$inputs/reads.bam"; same two_part.vcf one.vcf
# Without them the platform's fixed ones count, and the header says so.
call --one-pass -o fixed.vcf "$inputs/ref.fa" "$inputs/reads.bam"
grep -q '^##runnel_cutoffs=variants below QUAL 35.00, reference calls below QUAL 10.00 (fixed' fixed.vcf && good || bad "no fixed cut-offs in the header"
call --one-pass -t 5 "$inputs/ref.fa" - < "$inputs/reads.bam" > piped.vcf; same fixed.vcf piped.vcf
# A model of one network needs no second pass.
sample=$root/examples/sample
"$build/runnel" call --no-version -q -o two_small.vcf "$sample/ref.fa" "$sample/reads.bam"
"$build/runnel" call --no-version -q --one-pass -o one.vcf "$sample/ref.fa" "$sample/reads.bam"; same two_small.vcf one.vcf
refuses 2 'one-pass and --gvcf exclude each other' "$build/runnel" call --one-pass --gvcf g.vcf "$inputs/ref.fa" "$inputs/reads.bam"
refuses 2 'one-pass and --clair3-compat exclude' "$build/runnel" call --one-pass --clair3-compat "$inputs/ref.fa" "$inputs/reads.bam"
refuses 2 'only with --cutoffs' "$build/runnel" call --one-pass --var-pct-full 0.5 "$inputs/ref.fa" "$inputs/reads.bam"
refuses 1 'full needs a file of sites' "$build/runnel" run "reads $inputs/reads.bam ! full ref=$inputs/ref.fa platform=ont ! caller ! vcf x.vcf"
[ -z "$(ls tmp)" ] && good || bad "left in TMPDIR: $(ls tmp)"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
