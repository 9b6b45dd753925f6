#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A live run to watch, of about a minute: a simulated flow cell fills a folder with the bundled sample's reads,
# `runnel live` calls while they come, and what it has at the end is compared with the truth and with
# another order of arrival.  Needs python3, samtools and runnel (RUNNEL: its path).   live.sh [FOLDER]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
runnel=${RUNNEL:-runnel} sample=$here/sample
out=${1:-$(mktemp -d)}
mkdir -p "$out"
rm -rf "$out/run"

speed=${SPEED:-5} # times that of a real flow cell
echo "A flow cell of 64 channels fills $out/run, $speed times as fast as a real one; calls are in $out/calls.vcf"
python3 "$here/flow_cell.py" --channels 64 --speed "$speed" --as fastq.gz --per-file 10 --to "$out/run" "$sample/reads.bam" &
flow_cell=$!
trap 'kill $flow_cell 2> /dev/null || true' EXIT
while [ ! -d "$out/run" ]; do sleep 0.1; done
# A folder has no end of its own: when the flow cell has stopped, the run is ended as by Ctrl-C.
(
    while kill -0 $flow_cell 2> /dev/null; do sleep 0.2; done
    sleep 5
    kill -INT "$(cat "$out/live.pid")"
) &
# (A script in the background has its children ignore Ctrl-C: env undoes that.)
env --default-signal=INT bash -c 'echo $$ > "$0"; exec "$@"' "$out/live.pid" \
    "$runnel" live -p ont --every 2s -o "$out/calls.vcf" "$sample/ref.fa" "$out/run"

echo
echo "The end, compared with the truth of the simulation:"
"$runnel" compare "$sample/ref.fa" "$sample/truth.vcf.gz" "$out/calls.vcf"
echo
python3 "$here/flow_cell.py" --speed 0 --seed 2 "$sample/reads.bam" |
    "$runnel" live -q -p ont --no-version -o "$out/again.vcf" "$sample/ref.fa" -
if diff -q <(grep -v '^##' "$out/calls.vcf") <(grep -v '^##' "$out/again.vcf") > /dev/null; then
    echo "The same reads in another order, from a pipe, give the same $(grep -vc '^#' "$out/calls.vcf") records."
else
    echo "The same reads in another order give other records"
    exit 1
fi
