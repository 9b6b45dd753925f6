#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The default models on slices of real reads, where RUNNEL_REAL_DATA names their folder (GIAB HG002:
# ref/chr20.fa.gz, bam/*.bam, truth/hg002_v4.2.1.*), beside bcftools and, where it is installed,
# freebayes on the same reads, all compared by `runnel compare`.
#     tests/plugin/real_data.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
if [ -z "${RUNNEL_REAL_DATA:-}" ]; then
    echo "real reads: skipped (RUNNEL_REAL_DATA is not set)"
    exit 0
fi
data=$RUNNEL_REAL_DATA
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

gzip -cd "$data/ref/chr20.fa.gz" > "$scratch/chr20.fa" && samtools faidx "$scratch/chr20.fa" || exit 1
printf '%-21s %-9s %-6s %5s %6s %5s %9s %7s %7s %11s\n' slice caller type found missed wrong precision recall F1 genotype-F1

# score SLICE CALLER REGION VCF: its rows of the table; the recall of SNPs goes to the file recall.
score() {
    "$build/runnel" compare -R "$data/truth/hg002_v4.2.1.confident.bed" -r "$3" \
        "$data/ref/chr20.fa.gz" "$data/truth/hg002_v4.2.1.vcf.gz" "$4" > "$scratch/table" || { echo "FAILED: compare $1, $2"; failed=1; return; }
    awk -v slice="$1" -v caller="$2" -v recall="$scratch/recall" '
        $2 == "allele" { row = sprintf("%-21s %-9s %-6s %5d %6d %5d %9s %7s %7s", slice, caller, $1, $3, $4, $6, $7, $8, $9); if ($1 == "SNP") print $8 > recall }
        $2 == "genotype" { printf "%s %11s\n", row, $9 }' "$scratch/table"
}
# others NAME PLATFORM REGION: the same reads by other callers, QUAL of at least 20.
others() {
    local kind=ont bam=$data/bam/$1.bam
    [ "$2" = hifi ] && kind=pacbio-ccs
    bcftools mpileup -X $kind -f "$scratch/chr20.fa" -a AD,DP -r "$3" "$bam" 2> "$scratch/said" | bcftools call --ploidy 2 -mv 2>> "$scratch/said" | bcftools view -i 'QUAL>=20' > "$scratch/other.vcf"
    score "$1" bcftools "$3" "$scratch/other.vcf"
    command -v freebayes > "$scratch/said" || return 0
    timeout 60 freebayes -f "$scratch/chr20.fa" --min-alternate-fraction 0.2 -r "$3" "$bam" 2> "$scratch/said" | bcftools view -i 'QUAL>=20' > "$scratch/other.vcf"
    if [ "${PIPESTATUS[0]}" = 0 ]; then score "$1" freebayes "$3" "$scratch/other.vcf"; else echo "$1: freebayes was not done in a minute"; fi
}

# slice NAME PLATFORM REGION LEAST: recall of SNPs below LEAST fails.
slice() {
    local vcf=$scratch/$1.vcf.gz
    "$build/runnel" call -q -p "$2" -o "$vcf" "$data/ref/chr20.fa.gz" "$data/bam/$1.bam" || { echo "FAILED: $1"; failed=1; return; }
    bcftools view -H "$vcf" > /dev/null && bcftools stats "$vcf" > "$scratch/stats" || { echo "FAILED: bcftools on $1"; failed=1; }
    score "$1" runnel "$3" "$vcf"
    awk -v least="$4" '{ exit $1 < least }' "$scratch/recall" || { echo "FAILED: $1 finds fewer than $4 of the SNPs"; failed=1; }
    others "$1" "$2" "$3"
}
slice hg002_hifi_revio hifi chr20:8990000-9050000 0.80
slice hg002_hifi_sequel2 hifi chr20:60000-160000 0.80
slice hg002_ont_r10 ont chr20:5020000-5060000 0.80
slice hg002_ont_r10_hac5_mv ont chr20:5000000-5010000 0
slice hg002_ont_r9 ont chr20:59000000-59050000 0

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
