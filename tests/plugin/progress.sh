#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a person sees while a call runs, on a terminal and elsewhere; and how many threads it takes.
#     tests/plugin/progress.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
sample=$root/examples/sample
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
failed=0
check() { if "${@:2}"; then echo "ok: $1"; else echo "FAILED: $1"; failed=1; fi; }

# The reads arrive over some seconds, so that there is time for progress.
slowly() { samtools view -h "$sample/reads.bam" | awk '/^@/ {print; next} {print} ++n % 60 == 0 {fflush(); system("sleep 1")}'; }
mkfifo reads
call="$build/runnel call --pileup-only -o out.vcf $sample/ref.fa reads"

slowly > reads &
timeout 60 script -qfec "$call" terminal > /dev/null < /dev/null
wait
check "a line that is rewritten on a terminal" grep -q $'\r'"sim1:[0-9]* .*reads/s .*windows/s .*calls .*%.*left" terminal
slowly > reads &
timeout 60 $call 2> quiet
wait
check "nothing where stderr is no terminal" test ! -s quiet

slowly > reads &
timeout 60 script -qfec "$build/runnel call -v -o both.vcf $sample/ref.fa - < reads" terminal > /dev/null < /dev/null
wait
check "which of the passes runs" grep -q $'\r''pass 1 of 2, pileup  sim1:.* left of the pass' terminal
check "how many SNPs are phased, with -v" grep -q 'phase: 52 SNPs are phased, in 1 set' terminal
slowly > reads &
timeout 60 script -qfec "$build/runnel live --aligned --pileup-only -o live.vcf $sample/ref.fa - < reads" terminal > /dev/null < /dev/null
wait
check "a live run's table is rewritten on a terminal" grep -Pzq '(?s)reads +Mb +median depth +firm +tentative +calls.*\x1b\[2A +reads.* [1-9][0-9]* +[0-9.]+ +[1-9]' terminal
slowly | sed -u 's/^@SQ.*/&\n@SQ\tSN:alien\tLN:500/; 150s/sim1\t[0-9]*/alien\t1/' > reads &
timeout 60 script -qfec "$build/runnel live --aligned --pileup-only -o live.vcf $sample/ref.fa - < reads" terminal > /dev/null < /dev/null
wait
check "what is said takes the table's place" grep -Pzq '(?s)calls.*\x1b\[2A.*\r\x1b\[Jrunnel: keep: reads on contig .alien.*reads +Mb' terminal
slowly > reads &
timeout 60 "$build/runnel" live --aligned --pileup-only -o live.vcf "$sample/ref.fa" - < reads 2> quiet
wait
check "no table where stderr is no terminal" test ! -s quiet

# One CPU allowed: one worker thread, unless told otherwise.  The workers are there once the reads
# have been announced, and the reads keep coming while we count.
threads_of() {
    slowly > reads &
    "$@" 2> /dev/null &
    local process=$!
    sleep 2
    awk '/^Threads/ {print $2}' "/proc/$process/status"
    wait
}
one=$(threads_of taskset -c 0 $call)
three=$(threads_of taskset -c 0 $call -t 3)
check "one CPU allowed gives one worker ($one threads, $three with -t 3)" test $((three - one)) = 2
exit $failed
