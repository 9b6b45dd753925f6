#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Peak memory of `runnel call` on reads from a pipe, 60x over 1, 10 and 100 Mb of synthetic nanopore
# alignments (bench_reads), which never stand on disk.  Prints, per length and way of calling, peak
# memory, CPU time of runnel, and records.  (Two passes would put the reads of a pipe on disk.)
#     tests/bench_memory.sh BUILD [LENGTH in Mb ...]
set -euo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
shift
[ $# -gt 0 ] || set -- 1 10 100
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '%6s %-14s %9s %8s %9s\n' Mb mode 'peak MB' 'CPU s' records
for length in "$@"; do
    rm -f "$scratch"/* # an index of another length too
    "$build/bench_reads" "$scratch/ref.fa" "${length}000000" 0.0001 > "$scratch/none" # the reference
    for mode in --pileup-only --one-pass; do
        "$build/bench_reads" "$scratch/same.fa" "${length}000000" 60 |
            python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[3:], check=True)
use = resource.getrusage(resource.RUSAGE_CHILDREN)
records = sum(not line.startswith("#") for line in open(sys.argv[-3]))
print("%6s %-14s %9.0f %8.1f %9d" % (sys.argv[1], sys.argv[2], use.ru_maxrss / 1024, use.ru_utime + use.ru_stime, records))' \
                "$length" "$mode" "$build/runnel" call -q -t 1 -p ont -m "$root/tests/data/networks/trained.h5" "$mode" -o "$scratch/out.vcf" "$scratch/ref.fa" -
    done
done
