#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Reads as a sequencer gives them: not aligned, on a pipe or in a folder that fills, and what `reads` and
# `align` make of them.   tests/plugin/live_sources.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
source "$root/tests/plugin/checks.sh"
sample=$root/examples/sample
runnel=$build/runnel sam=$build/test_plugins/sam.so
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
cd "$scratch"
ref=$sample/ref.fa
# columns FILE: records without the tags that aligners add.
columns() { samtools view "$@" | awk -F '\t' -v OFS='\t' '{n = split($0, f); $0 = ""; for (i = 1; i <= 11; i++) $i = f[i]
    for (t = 1; t <= 3; t++) for (i = 12; i <= n; i++) if (index(f[i], substr("st:ch:mv:", 3 * t - 2, 3)) == 1) $(NF + 1) = f[i]; print}'; }
line() { timeout 120 "$runnel" run -q "$@"; }

# The sample's reads as a basecaller gives them, with channel, start time and move table; one of nowhere.
samtools fastq -n "$sample/reads.bam" 2> /dev/null | awk 'NR % 4 == 1 {n++; $0 = sprintf("%s\tst:Z:2024-05-01T10:%02d:00Z\tch:i:%d\tmv:B:c,5,1,0,1,%d", $0, n % 60, n, n % 2)} 1' > reads.fq
awk 'BEGIN {srand(3); s = q = ""; while (length(s) < 3000) {s = s substr("ACGT", 1 + int(4 * rand()), 1); q = q "5"}; print "@nowhere\n" s "\n+\n" q}' >> reads.fq
gzip -k reads.fq
samtools import -0 reads.fq -T '*' -o reads.bam 2> /dev/null
total=$(($(wc -l < reads.fq) / 4))

# ---- align: as the command does, whatever the reads stand in
if command -v minimap2 > /dev/null; then
    minimap2 -a -y -x map-ont "$ref" reads.fq 2> /dev/null > theirs.sam
    columns -F 4 theirs.sam > theirs
    for input in reads.fq reads.fq.gz reads.bam; do
        line "reads $input any=true unaligned=true moves=true ! align $ref threads=2 ! $sam ours.sam" --report books.json
        columns ours.sam > ours
        same theirs ours "$input"
    done
    line "reads - any=true unaligned=true moves=true ! align $ref ! $sam ours.sam" < reads.fq.gz
    columns ours.sam > ours
    same theirs ours "standard input, one thread"
    minimap2 -x map-ont -d ref.mmi "$ref" 2> /dev/null
    line "reads reads.fq any=true unaligned=true moves=true batch=1 ! align ref.mmi threads=3 ! $sam ours.sam"
    columns ours.sam > ours
    same theirs ours "an index, read by read"
else
    echo "minimap2 is not there: alignments are not compared with the command's"
    line "reads reads.fq any=true unaligned=true ! align $ref ! $sam ours.sam" --report books.json
fi
holds grep -q '"left out: not in the reference": 1' books.json
holds grep -q "\"in\": $total" books.json
samtools view -H ours.sam | grep $'^@SQ\tSN:sim1\tLN:100000' > /dev/null && good || bad "contigs of the reference: $(samtools view -H ours.sam)"
holds grep -q '^@CO.order arrival' ours.sam

# ---- aligned ones are passed on as they are, those of another reference not
columns "$sample/reads.bam" > theirs
line "reads $sample/reads.bam any=true unaligned=true ! align $ref ! $sam ours.sam"
columns ours.sam > ours
same theirs ours "aligned reads"
{ samtools view -h "$sample/reads.bam" | sed 's/^@SQ.*/&\n@SQ\tSN:alien\tLN:5000/'
  samtools view "$sample/reads.bam" | sed -n 1,3p | awk -v OFS='\t' '{$3 = "alien"; print}'; } > alien.sam
expect 0 "is aligned to alien, which .*ref.fa does not have" "$runnel" run "reads alien.sam any=true ! align $ref ! $sam ours.sam" --report books.json
[ "$(grep -c alien printed)" = 1 ] && good || bad "said $(grep -c alien printed) times"
holds grep -q '"left out: aligned to another reference": 3' books.json
columns ours.sam > ours
same theirs ours "beside reads of another reference"
samtools view -h "$sample/reads.bam" | sed 's/^@SQ.*/@SQ\tSN:sim1\tLN:200000/' > longer.sam
expect 1 'contig sim1 has 100000 bases, in the .* header 200000' "$runnel" run "reads longer.sam any=true ! align $ref ! $sam ours.sam"
expect 1 "no preset 'map-moon'" "$runnel" run "reads reads.fq unaligned=true ! align $ref preset=map-moon ! $sam ours.sam"
expect 1 'nosuch.fa: cannot open' "$runnel" run "reads reads.fq unaligned=true ! align nosuch.fa ! $sam ours.sam"
expect 1 'lists no contigs' "$runnel" run "reads reads.bam any=true ! align $ref ! $sam ours.sam"
expect 1 'not a BAM, CRAM or SAM file' "$runnel" run "reads reads.fq any=true ! align $ref ! $sam ours.sam"

# ---- a folder that fills: files under other names, growing, cut, of no reads; the first SIGINT ends it
mkdir run
split -l 40 -d --additional-suffix=.fq reads.fq part
waits_for() { for _ in $(seq 600); do [ "$(grep -vc '^@' "$1" 2> /dev/null)" -ge "$2" ] && return; sleep 0.05; done; bad "$1 has $(grep -vc '^@' "$1") of $2 reads"; }
gzip -c part00.fq > run/part00.fq.gz
# begin ARGUMENTS: a line in the background, which hears SIGINT nevertheless.
begin() { env --default-signal=INT "$runnel" run "$@" <&0 2> said & line=$!; }
# interrupt WHAT: ends well, within a minute.
interrupt() {
    kill -INT $line
    (sleep 60; kill -9 $line) > /dev/null 2>&1 5>&- & local guard=$!
    wait $line && good || bad "$1 ended with $?: $(cat said)"
    kill $guard
}
begin "reads run any=true unaligned=true moves=true ! $sam ours.sam" --report books.json
waits_for ours.sam 10
mkdir -p run/bam_fail run/pass/barcode01 # folders in the folder
cp part00.fq run/bam_fail/part00.fq
cp part04.fq run/pass/barcode01/part04.fq
waits_for ours.sam 20
cp part01.fq run/part01.fastq.part && mv run/part01.fastq.part run/part01.fastq
samtools import -0 part02.fq -T '*' -o run/part02.bam 2> /dev/null
waits_for ours.sam 40
exec 5> run/part03.fq # grows: nine reads and a half, and the rest when they have been seen
head -c "$(($(head -36 part03.fq | wc -c) + 500))" part03.fq >&5
waits_for ours.sam 49
mv run/part03.fq run/renamed.fq
tail -c "+$(($(head -36 part03.fq | wc -c) + 501))" part03.fq >&5
exec 5>&-
waits_for ours.sam 50
cp part01.fq run/copy.tmp && mv run/copy.tmp run/part01.fastq # the same again
samtools view -h run/part02.bam | sed -n 1,1p > run/empty.sam
head -c 60000 run/part02.bam > run/cut.bam
: | gzip > run/none.fq.gz
for part in part*.fq; do case $part in part0[0-4].fq) ;; *) cp "$part" run ;; esac; done
waits_for ours.sam "$total"
interrupt "the folder's line"
samtools import -0 reads.fq -T '*' 2> /dev/null | columns - | sort > theirs
samtools import -0 part02.fq -T '*' 2> /dev/null | columns - | sort > part02
columns ours.sam | sort > ours
# The cut file's whole records came twice, and nothing else did.
sort -u ours | cmp -s - theirs && uniq -d ours | comm -23 - part02 | wc -l | grep -x 0 > /dev/null && good || bad "the folder's reads are not those of its files"
holds grep -q 'cut.bam: .*truncated.*; the records before that are used' said
holds grep -q 'none.fq.gz: .* nor FASTQ; it is left out' said
[ "$(wc -l < said)" = 2 ] || [ "$(grep -c empty.sam said)" = 1 ] && good || bad "said: $(cat said)"
holds grep -q '"files with faults": [23]' books.json

# ---- a pipe whose writer stalls: what is whole is there at once; and SIGINT ends it, too
mkfifo fifo
exec 5<> fifo
begin "reads - any=true unaligned=true ! $sam ours.sam" < fifo
head -40 reads.fq >&5
waits_for ours.sam 10
interrupt "the pipe's line"
exec 5>&-

# ---- over the wire: a pipe given away here, aligned there
mkdir -m 700 door
"$runnel" publish --live --once --enable-dwell-time --bind "ipc://$scratch/door/reads" - < reads.fq.gz > address 2> said & line=$!
for _ in $(seq 600); do [ -s address ] && break; sleep 0.05; done
timeout 60 "$runnel" run -q "reads ipc://$scratch/door/reads any=true ! align $ref ! $sam ours.sam" || bad "the wire's line ended with $?"
wait $line && good || bad "publish ended with $?: $(cat said)"
line "reads reads.fq unaligned=true any=true moves=true ! align $ref ! $sam alone.sam"
same alone.sam ours.sam "over the wire"

# ---- what is refused
expect 1 'is a folder; its reads can be taken in any order only' "$runnel" run "reads run ! $sam ours.sam"
expect 1 'regions and copies need a file' "$runnel" run "reads run any=true region=sim1:1-100 ! $sam ours.sam"
mkdir none
expect 1 'none: no file of reads that can be used came' "$runnel" run "reads none any=true idle=1 ! $sam ours.sam"

checked
