#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The default models on slices of real reads, where RUNNEL_REAL_DATA names their folder (GIAB HG002:
# ref/chr20.fa.gz, bam/*.bam, truth/hg002_v4.2.1.*), as examples/train/figures.sh scores them, beside other
# callers on the same reads; and odd files.      tests/plugin/real_data.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
if [ -z "${RUNNEL_REAL_DATA:-}" ]; then
    echo "real reads: skipped (RUNNEL_REAL_DATA is not set)"
    exit 0
fi
data=$RUNNEL_REAL_DATA
figures=$(cd "$(dirname "$0")/../../examples/train" && pwd)/figures.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

for platform in ont hifi; do
    RUNNEL=$build/runnel DEPTHS="" "$figures" $platform "$scratch/$platform" | tee -a "$scratch/table" || { echo "FAILED: figures.sh $platform"; failed=1; }
    for vcf in "$scratch/$platform"/*.vcf.gz; do
        bcftools stats "$vcf" > "$scratch/stats" || { echo "FAILED: bcftools on $vcf"; failed=1; }
    done
done
# A model that finds fewer SNPs than this is broken, not merely worse.
for name in hg002_ont_r10 hg002_hifi_revio hg002_hifi_sequel2; do
    awk -v name=$name '$1 == name && $2 == "runnel" && $3 == "SNP" && $4 == "allele" { good = $9 >= 0.8 } END { exit !good }' \
        "$scratch/table" || { echo "FAILED: $name finds fewer than 0.8 of the SNPs"; failed=1; }
done

# Odd and damaged files: a clear error or a clean skip, never a crash or a hang.
for file in "$data"/odd/*.bam "$data"/odd/*.sam "$data"/odd/*.cram; do
    reference=$data/ref/chr20.fa.gz
    case $(basename "$file") in
    c1#*) reference=$data/odd/c1.fa ;; xx#*) reference=$data/odd/xx.fa ;; md#*) reference=$data/odd/md.fa ;; auxf*) reference=$data/odd/auxf.fa ;;
    esac
    cp "$reference" "$scratch/ref${reference#"${reference%%.fa*}"}" 2> /dev/null
    timeout 60 "$build/runnel" call -q -p ont -o "$scratch/odd.vcf" "$scratch/ref${reference#"${reference%%.fa*}"}" "$file" > "$scratch/said" 2>&1
    code=$?
    if [ $code -gt 1 ] || { [ $code = 1 ] && [ "$(wc -l < "$scratch/said")" != 1 ]; }; then
        echo "FAILED: $(basename "$file") ended with $code: $(head -3 "$scratch/said")"
        failed=1
    fi
    rm -f "$scratch"/ref.* "$scratch/odd.vcf"
done
echo "odd files: $(ls "$data"/odd/*.bam "$data"/odd/*.sam "$data"/odd/*.cram | wc -l) looked at"
exit $failed
