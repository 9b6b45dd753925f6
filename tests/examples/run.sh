#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The examples do what they say, and so do the README's commands:  tests/examples/run.sh BUILD
set -euo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

BUILD=$scratch/quick "$root/examples/quickstart.sh" "$scratch/out" > quickstart.log || { cat quickstart.log; exit 1; }
grep -q 'variants are in' quickstart.log
tail -12 quickstart.log | sed -n 1,8p
echo "quickstart: works"

[ "$(wc -l < "$root/examples/stage_template.c")" -lt 80 ]
cc -std=c11 -Wall -Wextra -Werror -I"$root/plugin" -o host_minimal "$root/examples/host_minimal.c" -ldl
./host_minimal "$build/plugins/runnel_caller.so" "$root/plugin/models/ont.h5" > host.log
grep -q '^chr1:1000 A>G 1/1 ' host.log
echo "minimal host: works"

# The simulator: the same by the same seed, every read once whatever it is written as, and a live run of it.
play() { python3 "$root/examples/flow_cell.py" --speed 0 "$@" "$root/examples/sample/reads.bam"; }
play > one.fq
play | cmp - one.fq
! play --seed 2 | cmp -s - one.fq
sorted() { samtools view -F 0x900 "$@" | cut -f 1,10,11 | sort; }
samtools fastq -n "$root/examples/sample/reads.bam" 2> /dev/null | samtools import -0 - 2> /dev/null | sorted - > reads
for form in fastq fastq.gz bam; do
    play --to "played.$form" --as "$form" --per-file 50
    play --to "grown.$form" --as "$form" --per-file 50 --grow
    for file in "played.$form"/* "grown.$form"/*; do case $form in bam) samtools view "$file" ;; *) samtools import -0 "$file" -T '*' 2> /dev/null | samtools view ;; esac; done > all
    [ "$(grep -c 'st:Z:2026-01-01T.*ch:i:[1-9]' all)" = "$(($(wc -l < reads) * 2))" ]
    { printf '@HD\tVN:1.6\n'; cat all; } | sorted - | uniq -d | cmp - reads
done
play --aligned --as bam | samtools view | cut -f 1-11 | sort | cmp - <(samtools view "$root/examples/sample/reads.bam" | cut -f 1-11 | sort)
echo "flow_cell.py: every read, in every form"
RUNNEL=$build/runnel SPEED=0 "$root/examples/live.sh" "$scratch/live" > live.log
grep -q 'another order, from a pipe, give the same' live.log
grep -A 3 '^type' live.log
echo "live run: works"

"$root/tests/examples/readme.sh" "$build"
