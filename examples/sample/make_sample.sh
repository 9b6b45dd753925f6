#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes a sample like the bundled one, in its place: a simulated diploid genome of 100 kb, nanopore-like reads
# of it at 30x, and the truth.  (The bundled one is older than simulate.py's profiles: its reads err more simply.)
# Needs numpy (PyPI), minimap2, samtools and bcftools.
set -euo pipefail
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
"${PYTHON:-python3}" ../train/simulate.py --platform ont --seed 20261125 --length 100000 --depth 30 --contig sim1 --snp-every 800 --indel-every 4000 "$scratch/s"
minimap2 -t 1 -ax map-ont -R '@RG\tID:sim\tSM:SIM\tPL:ONT' "$scratch/s.fa" "$scratch/s.fq" 2> /dev/null |
    grep -v '^@PG' |
    samtools sort --no-PG -o reads.bam
samtools index reads.bam
cp "$scratch/s.fa" ref.fa
samtools faidx ref.fa
bcftools view --no-version -Oz -o truth.vcf.gz "$scratch/s.truth.vcf"
bcftools index -t truth.vcf.gz
