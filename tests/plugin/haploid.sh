#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the haploid options do for a bacterium: a simulated one with mixed and het-looking places
# (bacterium.py), called with each, compared with its truth.  Prints the table of DESIGN.md.
#     tests/plugin/haploid.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
failed=0
python3 "$here/bacterium.py" 1 100000 40 b || exit 1

printf '| options | found | missed | wrong | precision | recall | F1 |\n|---|---|---|---|---|---|---|\n'
# row NAME OPTIONS: a line of the table, figures to the file NAME, the variants found to NAME.found
row() {
    local name=$1
    shift
    "$build/runnel" call -q "$@" -o "$name.vcf" b.fa b.sam && "$build/runnel" compare b.fa b.truth.vcf "$name.vcf" > "$name.table" || { echo "FAILED: $name"; failed=1; }
    awk -v options="${*:-none}" '$2 == "allele" { found += $3; missed += $4; right += $5; wrong += $6 }
        END { p = right / (right + wrong); r = found / (found + missed)
              printf "| `%s` | %d | %d | %d | %.3f | %.3f | %.3f |\n", options, found, missed, wrong, p, r, 2 * p * r / (p + r)
              print found, wrong, 2 * p * r / (p + r) > "'"$name"'" }' "$name.table"
}
row none
row precise --haploid-precise
row sensitive --haploid-sensitive
row fraction --haploid-af 0.65

# expect WHAT CONDITION: over found, wrong and F1 of the four
expect() {
    cat none precise sensitive fraction | tr '\n' ' ' |
        awk "{ nf = \$1; nw = \$2; pf = \$4; pw = \$5; p1 = \$6; sf = \$7; sw = \$8; s1 = \$9; af = \$10; aw = \$11; a1 = \$12; exit !($2) }" || { echo "FAILED: $1"; failed=1; }
}
expect "the sensitive mode finds most, all but sites of two alternatives" 'sf > af && sf >= 0.98 * nf'
expect "a share of 0.65 finds more than the precise mode, and less is wrong than in the sensitive one" 'af > pf && aw < sw'
expect "nothing that the precise mode writes is wrong" 'pw == 0'
expect "a share of 0.65 is best" 'a1 > p1 && a1 > s1 && a1 > 0.95'
for name in precise sensitive fraction; do
    grep -v '^#' $name.vcf | cut -f10 | grep -E '^[0-9][/|]' > /dev/null && { echo "FAILED: $name writes diploid genotypes"; failed=1; }
done
exit $failed
