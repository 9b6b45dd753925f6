#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How good a model is: figures.sh PLATFORM FOLDER [MODEL]      (MODEL: else the platform's own)
#     REFERENCE="chr20.fa chr11.fa" REGIONS="chr20:9100001-9900000 chr11:200001-1200000"   human sequence for the
#         simulated genomes, one file each; synthetic sequence of LENGTH (1000000) without
#     DEPTHS="10 20 30 50 60 100"  GENOMES=2   so many, of the two profiles and of the regions in turn
#     RUNNEL_REAL_DATA=FOLDER    also slices of real reads, beside bcftools and freebayes (QUAL >= 20)
# Simulated genomes that no training saw, at several depths: each is simulated once, at the largest depth,
# and thinned.  What is in FOLDER already is not made again, but for the calls of the slices.  Rows: found, missed, wrong, precision, recall, F1;
# of each depth also without homopolymers of 12 letters and more, as GIAB's strata have them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
platform=$1 folder=$2 model=${3:-}
runnel=${RUNNEL:-runnel}
read -r -a references <<< "${REFERENCE:-}"
read -r -a regions <<< "${REGIONS:-chr20:9100001-9900000 chr11:200001-1200000}"
read -r -a depths <<< "${DEPTHS-10 20 30 50 60 100}"
case $platform in ont) profiles=(ont_sup ont_hac) preset=ont ;; hifi) profiles=(hifi_revio hifi_sequel) preset=pacbio-ccs ;; esac
most=0
[ ${#depths[@]} = 0 ] || most=${depths[-1]}
mkdir -p "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# score NAME CALLER REF TRUTH CALLS [compare options]: adds to the sums of NAME and CALLER
score() {
    local name=$1 caller=$2 ref=$3 truth=$4 calls=$5
    shift 5
    "$runnel" compare "$@" "$ref" "$truth" "$calls" |
        awk -v OFS='\t' -v name="$name" -v caller="$caller" 'NR > 1 { print name, caller, $1, $2, $3, $4, $6 }' >> "$scratch/sums"
}
show() {
    awk -F '\t' '{ key = $1 FS $2 FS $3 FS $4; if (!(key in found)) order[++n] = key
            found[key] += $5; missed[key] += $6; wrong[key] += $7 }
        END { for (i = 1; i <= n; i++) { k = order[i]; split(k, part, FS)
            p = found[k] + wrong[k] ? found[k] / (found[k] + wrong[k]) : 0
            r = found[k] + missed[k] ? found[k] / (found[k] + missed[k]) : 0
            printf "%-22s %-9s %-6s %-8s %5d %5d %5d  %.4f %.4f %.4f\n", part[1], part[2], part[3], part[4],
                found[k], missed[k], wrong[k], p, r, p + r ? 2 * p * r / (p + r) : 0 } }' "$scratch/sums"
    : > "$scratch/sums"
}

printf '%-22s %-9s %-6s %-8s %5s %5s %5s  %-6s %-6s %-6s\n' reads caller type "match by" found missed wrong prec. recall F1
for depth in "${depths[@]}"; do
    for i in $(seq 0 $((${GENOMES:-2} - 1))); do
        sample=$folder/${platform}_h$i
        source=(--length "${LENGTH:-1000000}")
        [ -n "${REFERENCE:-}" ] && source=(--reference "${references[$((i % ${#references[@]}))]}" --region "${regions[$((i % ${#regions[@]}))]}")
        "$here/sample.sh" "$platform" "$sample" "$((900 + i))" "$most" --profile "${profiles[$((i % 2))]}" "${source[@]}" --indel-every 10000
        shorter=$scratch/$i.bed
        [ -e "$shorter" ] || "${PYTHON:-python3}" "$here/sequence.py" "$sample.fa" > "$shorter"
        samtools view -s "$(awk -v a="$depth" -v b="$most" 'BEGIN { printf "%.4f", 11 + a / b - (a == b ? 1e-4 : 0) }')" -u "$sample.bam" |
            "$runnel" call -q ${model:+-m "$model"} -p "$platform" -t "${THREADS:-2}" -o "$scratch/calls.vcf.gz" "$sample.fa" -
        score "simulated ${depth}x" runnel "$sample.fa" "$sample.truth.vcf" "$scratch/calls.vcf.gz"
        score "${depth}x, runs below 12" runnel "$sample.fa" "$sample.truth.vcf" "$scratch/calls.vcf.gz" -R "$shorter"
    done
    show
done

# slice NAME REGION [nofreebayes]: real reads (freebayes takes minutes on the errors of R9.4)
slice() {
    local data=$RUNNEL_REAL_DATA bam=$RUNNEL_REAL_DATA/bam/$1.bam fa=$scratch/chr20.fa
    local truth=("$fa" "$data/truth/hg002_v4.2.1.vcf.gz") only=(-R "$data/truth/hg002_v4.2.1.confident.bed" -r "$2")
    [ -e "$fa" ] || { gzip -dc "$data/ref/chr20.fa.gz" > "$fa" && samtools faidx "$fa"; }
    "$runnel" call -q ${model:+-m "$model"} -p "$platform" -t "${THREADS:-2}" -o "$folder/$1.vcf.gz" "$fa" "$bam"
    score "$1" runnel "${truth[@]}" "$folder/$1.vcf.gz" "${only[@]}"
    bcftools mpileup -X "$preset" -a AD,DP -r "$2" -f "$fa" "$bam" 2> /dev/null | bcftools call --ploidy 2 -mv -Oz -o "$scratch/peer.vcf.gz"
    score "$1" bcftools "${truth[@]}" "$scratch/peer.vcf.gz" "${only[@]}" -q 20
    if [ -z "${3:-}" ] && command -v freebayes > /dev/null; then
        freebayes --min-alternate-fraction 0.2 -r "$2" -f "$fa" "$bam" | bcftools view -Oz -o "$scratch/peer.vcf.gz"
        score "$1" freebayes "${truth[@]}" "$scratch/peer.vcf.gz" "${only[@]}" -q 20
    fi
    show
}
[ -n "${RUNNEL_REAL_DATA:-}" ] || exit 0
case $platform in
ont)
    slice hg002_ont_r10 chr20:5020000-5060000
    slice hg002_ont_r10_hac5_mv chr20:5000000-5010000
    slice hg002_ont_r9 chr20:59000000-59050000 nofreebayes
    ;;
hifi)
    slice hg002_hifi_revio chr20:8990000-9050000
    slice hg002_hifi_sequel2 chr20:60000-160000
    ;;
esac
