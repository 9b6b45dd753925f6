#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `runnel compare` from outside: figures of hand-made files, regions, JSON, sentences.
#     tests/plugin/compare.sh BUILD
set -uo pipefail
runnel=$(cd "$1" && pwd)/runnel
sample=$(cd "$(dirname "$0")/../.." && pwd)/examples/sample
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
cd "$scratch"
passed=0 failed=0

# expect CODE PATTERN COMMAND ...: the exit code, and a pattern in what is printed.
expect() {
    local code=$1 pattern=$2 got
    shift 2
    "$@" > printed 2>&1
    got=$?
    if [ "$got" = "$code" ] && tr -s ' ' < printed | grep -E -- "$pattern" > /dev/null; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $* ended with $got, not $code, or has no '$pattern':"
        cat printed
    fi
}
compare() { "$runnel" compare "$@"; }
vcf() { { printf '##fileformat=VCFv4.2\n##contig=<ID=c,length=40>\n'
          printf '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n'
          cat; } | tr ' ' '\t'; }

#     1234567890123456789012345678901234567890
echo -e '>c\nGATCACGTTTTTAGCATCGGACTGCATGCAGATCACGAAC' > ref.fa
vcf > truth.vcf << END
c 2 . A G 50 PASS . GT 0/1
c 7 . GT G 50 PASS . GT 1/1
c 13 . A T 50 PASS . GT 1/1
c 30 . A C 50 PASS . GT 0/1
END
vcf > calls.vcf << END
c 2 . A G 30 PASS . GT 0/1
c 11 . TT T 30 . . GT 0/1
c 13 . A T 30 LowQual . GT 1/1
c 20 . G C 5 PASS . GT 0/1
c 30 . A C 30 PASS . GT 1/1
END

expect 0 '^SNP allele 2 1 2 1 0.6667 0.6667 0.6667' compare ref.fa truth.vcf calls.vcf
expect 0 '^SNP genotype 1 2 1 2 0.3333 0.3333 0.3333' compare ref.fa truth.vcf calls.vcf
expect 0 '^INDEL allele 1 0 1 0 1.0000 1.0000 1.0000' compare ref.fa truth.vcf calls.vcf
expect 0 '^INDEL genotype 0 1 0 1 0.0000 0.0000 -' compare ref.fa truth.vcf calls.vcf
expect 0 '^SNP allele 2 1 2 0 1.0000' compare -q 20 ref.fa truth.vcf calls.vcf
expect 0 '^SNP allele 1 1 1 1 ' compare -r c:1-20 ref.fa truth.vcf calls.vcf
printf 'c\t0\t2\nc\t29\t30\n' > regions.bed
expect 0 '^SNP allele 2 0 2 0 ' compare -R regions.bed ref.fa truth.vcf calls.vcf
expect 0 '^SNP allele 1 0 1 0 ' compare -R regions.bed -r c:20-40 ref.fa truth.vcf calls.vcf
expect 0 '"SNP": \{"allele": \{"found": 2, "missed": 1, "right": 2, "wrong": 1, "precision": 0.666667' \
    compare -O j ref.fa truth.vcf calls.vcf
expect 0 '"f1": null.*"calls_left_out": 1' compare -O j ref.fa truth.vcf calls.vcf
cp printed json
if command -v python3 > /dev/null; then
    expect 0 '^1$' python3 -c "import json; print(json.load(open('json'))['calls_left_out'])"
fi

# a file against itself is whole, whatever it holds
truth=$sample/truth.vcf.gz
expect 0 '^SNP genotype [1-9][0-9]* 0 [1-9][0-9]* 0 1.0000 1.0000 1.0000' \
    compare "$sample/ref.fa" "$truth" "$truth"
expect 0 '^INDEL genotype [1-9][0-9]* 0 [1-9][0-9]* 0 1.0000' compare "$sample/ref.fa" "$truth" "$truth"

expect 0 'Usage: runnel compare' compare --help
expect 2 'wants REF.fa' compare ref.fa truth.vcf
expect 2 "not 'x'" compare -O x ref.fa truth.vcf calls.vcf
expect 1 'none.vcf' compare ref.fa truth.vcf none.vcf
sed 's/^c\t2\t.\tA/c\t2\t.\tC/' calls.vcf > wrong.vcf
expect 1 'wrong.vcf: c:2: REF is C, but the reference has A' compare ref.fa truth.vcf wrong.vcf
sed 's/^c\t/d\t/' calls.vcf > other.vcf
expect 1 "other.vcf: the reference has no contig 'd'" compare ref.fa truth.vcf other.vcf

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
