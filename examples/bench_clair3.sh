#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `runnel call` beside Clair3 on the same reads, with the same weights and as many threads: CPU and
# wall time, peak memory of the largest process, and how many records are the same.
#     examples/bench_clair3.sh RUN_CLAIR3.SH MODEL_FOLDER REF.fa IN.bam PLATFORM [THREADS] [Clair3's further options]
#     PHASING=1    both phase the reads, each in its own way; else neither does
# RUN_CLAIR3.SH is Clair3's own entry script, installed with all it needs; MODEL_FOLDER has pileup.pt and
# full_alignment.pt.
set -euo pipefail
[ $# -ge 5 ] || { sed -n 's/^#     //p' "$0" >&2; exit 2; }
clair3=$1 model=$2 ref=$3 bam=$4 platform=$5 threads=${6:-1}
shift $(($# < 6 ? $# : 6))
phasing=(--no_phasing_for_fa)
[ -z "${PHASING:-}" ] || phasing=()
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
measure() { # NAME COMMAND ...
    local name=$1
    shift
    /usr/bin/time -o "$folder/$name" -f '%U %S %e %M' "$@" > "$folder/$name.log" 2>&1 || { tail -3 "$folder/$name.log" >&2; exit 1; }
}
measure clair3 "$clair3" --bam_fn="$bam" --ref_fn="$ref" --threads="$threads" --platform="$platform" --model_path="$model" \
    --output="$folder/out" --include_all_ctgs "${phasing[@]}" "$@"
measure runnel runnel call -t "$threads" --clair3-compat --include-all-ctgs "${phasing[@]}" -p "$platform" -m "$model" -o "$folder/runnel.vcf" "$ref" "$bam"
gzip -cd "$folder/out/merge_output.vcf.gz" | grep -v '^#' | sort > "$folder/theirs"
grep -v '^#' "$folder/runnel.vcf" | sort > "$folder/ours"
for part in 1-10 1-5,7-9; do
    comm -12 <(cut -f "$part" "$folder/theirs") <(cut -f "$part" "$folder/ours") | wc -l
done > "$folder/same"
awk 'FNR == 1 {n++} n == 1 {c = $1 + $2; w = $3; m = $4} n == 2 {C = $1 + $2; W = $3; M = $4} n == 3 {same[FNR] = $1} n == 4 {records++}
    END {printf "%-8s %9s %9s %9s\n%-8s %9.1f %9.1f %9.0f\n%-8s %9.1f %9.1f %9.0f\n%-8s %9.1f %9.1f %9.1f\n", "", "CPU s", "wall s", "MB",
        "Clair3", c, w, m / 1024, "Runnel", C, W, M / 1024, "times", c / C, w / W, m / M
        printf "%d records: %d the same, %d with the same site, alleles and filter\n", records, same[1], same[2]}' \
    "$folder/clair3" "$folder/runnel" "$folder/same" "$folder/ours"
