#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From a fresh Debian 12 machine to called variants: installs packages, builds Runnel, calls the
# bundled simulated sample and compares the calls with its truth.
#     examples/quickstart.sh [FOLDER]        FOLDER takes the output [quickstart/ in the build folder]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$root/build}
out=${1:-$build/quickstart}
sample=$root/examples/sample

"$root/examples/packages.sh"
echo "Building Runnel ..."
cmake -S "$root" -B "$build" -G Ninja -DRUNNEL_TESTS=OFF > /dev/null
ninja -C "$build" > "$build/build.log" || { tail -20 "$build/build.log"; exit 1; }

mkdir -p "$out"
echo "Calling 100 kb of simulated nanopore reads at 30x ..."
"$build/runnel" call -o "$out/calls.vcf.gz" --report "$out/report.json" "$sample/ref.fa" "$sample/reads.bam"
"$build/runnel" compare "$sample/ref.fa" "$sample/truth.vcf.gz" "$out/calls.vcf.gz" | tee "$out/compare.txt"

variants=$(gzip -cd "$out/calls.vcf.gz" | grep -vc '^#')
echo
echo "$variants variants are in $out/calls.vcf.gz"
awk '$1 == "SNP" && $2 == "genotype" && ($7 < 0.90 || $8 < 0.90) { bad = 1 } END { exit bad }' "$out/compare.txt" ||
    { echo "quickstart: SNP precision or recall is below 0.90" >&2; exit 1; }
echo "On your own reads:"
echo "    $build/runnel call -o calls.vcf.gz REF.fa READS.bam"
