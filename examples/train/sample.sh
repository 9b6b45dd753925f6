#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One simulated sample, from nothing to aligned reads: sample.sh PLATFORM PREFIX SEED DEPTH [simulate.py options]
# Leaves PREFIX.fa, PREFIX.truth.vcf, PREFIX.labels.tsv and PREFIX.bam, in which a part of the reads has
# haplotype tags and some have a low mapping quality.  Needs minimap2, samtools.
set -euo pipefail
platform=$1 prefix=$2 seed=$3 depth=$4
shift 4
here=$(cd "$(dirname "$0")" && pwd)
case $platform in ont) preset=map-ont machine=ONT ;; hifi) preset=map-hifi machine=PACBIO ;; esac
[ -e "$prefix.bam.bai" ] && exit 0
"${PYTHON:-python3}" "$here/simulate.py" --platform "$platform" --seed "$seed" --depth "$depth" "$@" "$prefix"
align() { minimap2 -t "${THREADS:-2}" -ax "$preset" -R "@RG\tID:sim\tSM:SIM\tPL:$machine" "$prefix.fa" "$1" 2> /dev/null; }
align "$prefix.haplotypes.fa" | "${PYTHON:-python3}" "$here/labels.py" "$prefix.fa" > "$prefix.labels.tsv"
# A read's name is readNUMBER_HAPLOTYPE_MAPQ; nine of ten reads can be told to a haplotype.
align "$prefix.fq" | awk 'BEGIN { FS = OFS = "\t" } /^@/ { print; next } {
        split($1, name, "_"); number = substr(name[1], 5)
        if ($5 > name[3]) $5 = name[3]
        if (number % 10) $0 = $0 OFS "HP:i:" name[2]
        print }' | samtools sort -o "$prefix.bam"
samtools index "$prefix.bam"
rm "$prefix.fq" "$prefix.haplotypes.fa"
