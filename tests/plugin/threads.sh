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
        grep -A12 'WARNING: ThreadSanitizer' "$scratch/said" | head -40
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
exit $failed
