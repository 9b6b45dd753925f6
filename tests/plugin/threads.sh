#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The host and the stages under ThreadSanitizer, as whole commands (Criterion cannot run under it).
#     tests/plugin/threads.sh BUILD      a build with -DRUNNEL_SANITIZE=thread
set -uo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
sample=$root/examples/sample
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
n=$build/test_plugins/numbers.so
export TSAN_OPTIONS="halt_on_error=0 exitcode=66"

clean() { # clean CODE COMMAND ...: ends with CODE and without a report
    local want=$1 code
    shift
    timeout 300 "$@" > "$scratch/said" 2>&1
    code=$?
    if [ $code != "$want" ] || grep -q 'WARNING: ThreadSanitizer' "$scratch/said"; then
        echo "FAILED ($code): $*"
        grep -A12 'WARNING: ThreadSanitizer' "$scratch/said" | sed -n 1,40p
        failed=1
    else
        echo "clean: ${*:2}" | cut -c1-100
    fi
}
line() { clean "$1" "$build/runnel" run "$2"; }
line 0 "$n:count ! $n:sink"
line 0 "$n:count ! $n:late ! $n:watch ! $n:sink"
line 0 "$n:count batches=40 ! $n:late refuse-above=2 ! $n:many ! $n:late ! $n:sink"
line 1 "$n:count batches=1000 ! $n:late ! $build/test_plugins/wrong.so how=process"
line 1 "$n:count ! $n:late ! $build/test_plugins/wrong.so how=complete-twice"
clean 0 "$build/runnel" call -q -t 3 -m "$root/plugin/models/ont.h5" -o "$scratch/out.vcf" "$sample/ref.fa" "$sample/reads.bam"
inputs=$root/tests/data/calls/runs/inputs/ont
clean 0 "$build/runnel" call -q -t 3 -p ont --one-pass -m "$root/tests/data/networks/trained.h5" -r chr21:1-10,000 -o "$scratch/out.vcf" "$inputs/ref.fa" "$inputs/reads.bam"
"$build/bench_reads" "$scratch/long.fa" 510000 4 > "$scratch/long.sam" && samtools view -b -o "$scratch/long.bam" "$scratch/long.sam" && samtools index "$scratch/long.bam"
clean 0 "$build/runnel" call -q -t 4 -p ont --pileup-only --snp-min-af 0.45 --indel-min-af 0.45 -o "$scratch/out.vcf" "$scratch/long.fa" "$scratch/long.bam"
# A live run of a folder: a thread for each of its files, aligners, and the calls that come of it.
mkdir "$scratch/run"
samtools fastq -n "$sample/reads.bam" 2> /dev/null | sed -n 1,240p | (cd "$scratch/run" && split -l 40 -d --additional-suffix=.fq - part)
line 0 "reads $scratch/run any=true unaligned=true idle=2 batch=3 ! align $sample/ref.fa threads=2 ! $build/test_plugins/sam.so $scratch/out.sam"
printf 'sim1\t40000\t45000\n' > "$scratch/few.bed"
clean 0 "$build/runnel" live -q -t 2 -p ont --targets "$scratch/few.bed" --idle 2s --every 1s -o "$scratch/live.vcf" "$sample/ref.fa" "$scratch/run"

# ---- a service, those who use it, a source of reads and a tap.  ZeroMQ's own threads are not built for
# the sanitizer, which cannot see how they hand messages over.
printf 'race:libzmq.so\ncalled_from_lib:libzmq.so\n' > "$scratch/suppressions"
TSAN_OPTIONS="$TSAN_OPTIONS suppressions=$scratch/suppressions"
export TMPDIR=$scratch
"$build/runnel" serve -t 2 -m "$root/plugin/models/ont.h5" > "$scratch/address" 2> "$scratch/service.said" &
service=$!
for _ in $(seq 1200); do [ -s "$scratch/address" ] && break; sleep 0.05; done
wire="pileup ref=$sample/ref.fa batch=9 ! remote $(cat "$scratch/address")"
line 0 "reads $sample/reads.bam ! $wire ! tap tcp://127.0.0.1:* snapshot=tcp://127.0.0.1:* ! vcf $scratch/out.vcf"
"$build/runnel" publish --once --bind "ipc://$scratch/door/reads" "$sample/reads.bam" > "$scratch/reads" 2> "$scratch/source.said" &
source=$!
line 0 "reads ipc://$scratch/door/reads ! $wire ! vcf $scratch/out.vcf"
wait $source || { echo "FAILED ($?): publish"; failed=1; }
kill $service
wait $service || { echo "FAILED ($?): serve"; failed=1; }
grep -h -A12 'WARNING: ThreadSanitizer' "$scratch/service.said" "$scratch/source.said" | sed -n 1,40p | grep . && failed=1
exit $failed
