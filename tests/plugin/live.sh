#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Live runs from outside: whatever the order of arrival, the end is what one pass over the sorted reads
# gives; what a run that was killed has kept is not lost; what is refused.
#     tests/plugin/live.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/plugin/checks.sh"
inputs=$root/tests/data/calls/runs/inputs/ont
ref=$inputs/ref.fa
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
options="--no-version -q -p ont -m $root/tests/data/networks/trained.h5"
live() { "$build/runnel" live $options --aligned "$@"; }
# shuffled SEED IN.bam: its records in a random order.
shuffled() { samtools view -H "$2" && samtools view "$2" | shuf --random-source=<(yes "$1"); }
total() { "$build/runnel" run --report totals.json "$1" > /dev/null 2> printed && python3 -c "
import json, sys
print(sum(s['counts'].get(sys.argv[2], 0) for s in json.load(open('totals.json'))['lines'][0] if s['stage'] == sys.argv[1]))" "$2" "$3"; }

samtools view -b -o small.bam "$inputs/reads.bam" chr21 chr2
samtools index small.bam
printf 'chr21\t2000\t9000\nchr21\t8000\t12000\nchr2\t100\t300\nchr2\t5000\t6000\n' > targets.bed
"$build/runnel" call $options --one-pass -o whole.vcf "$ref" small.bam
"$build/runnel" call $options --one-pass -R targets.bed -o part.vcf "$ref" small.bam

# ---- the end equals the batch, whatever the order and the cuts
for seed in 1 2; do
    shuffled $seed small.bam > shuffled.sam
    live -o live.vcf "$ref" - < shuffled.sam || bad "a live run"
    same whole.vcf live.vcf
    live -t $seed --targets targets.bed -o live.vcf "$ref" shuffled.sam || bad "a live run with targets"
    same part.vcf live.vcf
done
# The header tells the command that was given, not that of the last calls.
"$build/runnel" live -q -p ont --aligned --pileup-only -o told.vcf "$ref" small.bam
grep -qxF "##cmdline=runnel live -q -p ont --aligned --pileup-only -o told.vcf $ref small.bam" told.vcf && good || bad "the header tells $(grep cmdline told.vcf)"
[ "$(grep -vc '^#' part.vcf)" -gt 20 ] && good || bad "few calls: $(grep -vc '^#' part.vcf)"
live --pileup-only -o live.vcf "$ref" shuffled.sam
"$build/runnel" call $options --pileup-only -o pileup.vcf "$ref" small.bam
same pileup.vcf live.vcf
[ -z "$(ls -d live.vcf.* 2> /dev/null)" ] && good || bad "left behind: $(ls -d live.vcf.*)"
# No reads at all.
samtools view -H small.bam | live -o live.vcf "$ref" - && [ "$(grep -vc '^#' live.vcf)" = 0 ] && good || bad "no reads"

# ---- duplicates count once, in whatever state the first one is
{ cat shuffled.sam; samtools view small.bam; } > twice.sam
live --pileup-only -o live.vcf "$ref" twice.sam; same pileup.vcf live.vcf
[ "$(total "reads twice.sam any ! keep kept ref=$ref" keep 'left out: came before')" = "$(samtools view -c small.bam)" ] && good || bad "duplicates are not counted: $(cat printed)"
rm -r kept
[ "$(total "reads shuffled.sam any ! keep kept ref=$ref bed=targets.bed" keep 'left out: far from the targets')" -gt 10 ] && good || bad "reads far from targets are not counted"
rm -r kept
# Reads of another reference are said and counted.
sed 's/LN:15000/LN:15001/' shuffled.sam > other.sam
[ "$(total "reads other.sam any ! keep kept ref=$ref" keep 'left out: of another reference')" = "$(samtools view -c small.bam chr2)" ] && grep -q "reads on contig 'chr2', which .* are left out" printed && good || bad "reads of another reference: $(cat printed)"
rm -r kept

# ---- killed in the middle, and resumed: with the rest, with all again, or with no more
mkfifo pipe
count=$(samtools view -c small.bam)
for more in rest all none; do
    rm -rf live.vcf*
    "$build/runnel" live $options --aligned --pileup-only -o live.vcf "$ref" - < pipe 2> printed & run=$!
    exec 3> pipe
    samtools view -H small.bam >&3
    grep -v '^@' shuffled.sam | sed -n "1,$((count / 2))p" >&3
    for _ in $(seq 200); do [ -s live.vcf.live/reads-000001.bam ] && [ "$(samtools view -c live.vcf.live/reads-000001.bam 2> /dev/null)" -gt 10 ] && break; sleep 0.1; done
    kill -9 $run
    wait $run 2> /dev/null
    exec 3>&-
    kept=$(samtools view live.vcf.live/reads-000001.bam 2> /dev/null | wc -l)
    [ "$kept" -gt 10 ] && good || bad "only $kept reads were kept"
    refuses 1 'holds the reads of a run before; --resume goes on' "$build/runnel" live $options --aligned -o live.vcf "$ref" shuffled.sam
    if [ $more = none ]; then
        samtools view -h live.vcf.live/reads-000001.bam 2> /dev/null | samtools sort -o part.bam -
        refuses 1 'kept for other targets' "$build/runnel" live $options --resume --targets targets.bed -o live.vcf "$ref"
        live --pileup-only --resume -o live.vcf "$ref" || bad "resumed without a source"
        "$build/runnel" call $options --pileup-only -o want.vcf "$ref" part.bam; same want.vcf live.vcf
        break
    elif [ $more = rest ]; then
        { samtools view -H small.bam; grep -v '^@' shuffled.sam | tail -n +$((kept - 4)); } > rest.sam
    else
        cp shuffled.sam rest.sam
    fi
    live --pileup-only --resume -o live.vcf "$ref" rest.sam || bad "resumed with $more"
    same pileup.vcf live.vcf
done

# ---- a disk that is full: said, and what was taken is not lost
rm -rf live.vcf*
refuses 1 'live.vcf.live: a read cannot be kept: File too large' bash -c "ulimit -f 200; '$build/runnel' live $options --aligned -o live.vcf '$ref' shuffled.sam"
[ -s live.vcf.live/reads-000001.bam ] && good || bad "nothing was kept"
live --pileup-only --resume -o live.vcf "$ref" shuffled.sam; same pileup.vcf live.vcf

# ---- told to end: by SIGINT, by a depth; what was taken until then is called
rm -f live.vcf
env --default-signal=INT "$build/runnel" live $options --aligned --every 1s --spool kept -o live.vcf "$ref" - < pipe & run=$!
exec 3> pipe
head -20 shuffled.sam >&3
for _ in $(seq 200); do [ -s kept/reads-000001.bam ] && break; sleep 0.1; done
refuses 1 'kept: another run keeps its reads there' "$build/runnel" live $options --aligned --spool kept -o x.vcf "$ref" small.bam
tail -n +21 shuffled.sam >&3
tentative() { [ -s live.vcf ] && [ "$(grep -c STATE=tentative live.vcf)" -gt 5 ]; }
for _ in $(seq 600); do tentative && break; sleep 0.1; done
tentative && good || bad "nothing is told while a source is silent"
kill -INT $run # the pipe stays open
wait $run && good || bad "SIGINT"
exec 3>&-
"$build/runnel" call $options --one-pass -o want.vcf "$ref" kept/sorted.bam; same want.vcf live.vcf
rm -r kept
for until in 12x 3s; do # the pipe stays open again
    timeout 100 "$build/runnel" live $options --aligned --pileup-only --until $until --spool kept -o live.vcf "$ref" - < pipe & run=$!
    exec 3> pipe
    cat shuffled.sam >&3
    wait $run && good || bad "until $until"
    exec 3>&-
    "$build/runnel" call $options --pileup-only -o want.vcf "$ref" kept/sorted.bam; same want.vcf live.vcf
    rm -r kept
done

# ---- the present state: what calls had become by the end of the reads, by both networks; how reads are
# cut into batches, and how many threads compute, does not matter to it
revised() { # revised BATCH THREADS VCF MORE
    local caller="caller model=$root/tests/data/networks/trained.h5 threads=$2"
    "$build/runnel" run "reads shuffled.sam any batch=$1 ! live ref=$ref bed=targets.bed platform=ont pass-reads ! $caller ! deepen ref=$ref ! $caller ! revise $3 bed=targets.bed every=0 no-version ${4:-}" || bad "a line of its own"
}
revised 3 1 now.vcf.gz '! json revisions.json'
revised 1 4 one.vcf; revised 1000 1 all.vcf; same one.vcf all.vcf
zcat now.vcf.gz > now.vcf; same one.vcf now.vcf
bcftools view -H now.vcf.gz > now && bcftools index -f now.vcf.gz && good || bad "the present state is no VCF"
[ "$(grep -c 'STATE=firm' now)" -gt 20 ] && [ "$(grep -c 'STATE=tentative' now)" -gt 2 ] && [ "$(grep -c '\bF;STATE' now)" -gt 20 ] && good || bad "states: $(cut -f8 now | cut -d\; -f1,2 | sort | uniq -c | tr '\n' ' ')"
# The last revision of each site is what the VCF says; revisions only grow.
python3 - revisions.json now << 'PY' && good || bad "revisions and the present state differ"
import json, sys
last = {}
for line in open(sys.argv[1]):
    call = json.loads(line)
    site = call['contig'], call['position']
    assert site not in last or call['revision'] >= last[site]['revision'], site
    last[site] = call
shown = {s: c for s, c in last.items() if c['state'] != 'withdrawn'}
now = {}
for line in open(sys.argv[2]):
    f = line.split('\t')
    info = dict(x.split('=') for x in f[7].split(';')[1:])
    now[f[0], int(f[1])] = (f[3], f[4], f[9].split(':')[0], info['STATE'], int(info['REV']))
assert len(shown) < len(last), 'nothing was withdrawn'
assert now == {s: (c['reference'], c['alternates'], c['genotype'], c['state'], c['revision']) for s, c in shown.items()}
PY

# SIGTERM: what the file has stays, and so do the reads.
"$build/runnel" live $options --aligned --every 0 -o live.vcf "$ref" - < pipe 2> said & run=$!
exec 3> pipe
cat shuffled.sam >&3
for _ in $(seq 600); do tentative && break; sleep 0.1; done
kill -TERM $run
wait $run; [ $? = 1 ] && [ "$(cat said)" = "runnel: told to stop" ] && tentative && [ -s live.vcf.live/reads-000001.bam ] && good || bad "SIGTERM: $(cat said)"
exec 3>&-
rm -r live.vcf.live

# ---- what is refused
refuses 2 'wants a file for its calls' "$build/runnel" live "$ref" small.bam
refuses 2 'wants REF.fa and a source' "$build/runnel" live -o x.vcf "$ref"
refuses 2 "until takes a time such as" "$build/runnel" live --until 30 -o x.vcf "$ref" small.bam
refuses 2 "every takes a time" "$build/runnel" live --every soon -o x.vcf "$ref" small.bam
refuses 1 'the targets have 144000 bases, whose columns take about 0.01843 GB .*, and 0.001 GB are allowed; allow more \(--memory\)' "$build/runnel" live $options --memory 0.001 --aligned -o x.vcf "$ref" small.bam
rm -rf x.vcf.live # it may have taken reads already
refuses 2 'live: --sample takes no tabs' "$build/runnel" live --sample $'a\tb' -o x.vcf "$ref" small.bam # before the work
refuses 1 'nosuch/report cannot be written' "$build/runnel" live --report nosuch/report -o x.vcf "$ref" small.bam
refuses 2 'small.bam would overwrite the input small.bam' "$build/runnel" live --report small.bam -o x.vcf "$ref" small.bam
refuses 2 'no use without --tap' "$build/runnel" live --snapshot ipc://x -o x.vcf "$ref" small.bam
refuses 2 'aligned and --align-preset exclude' "$build/runnel" live --aligned --align-preset map-hifi -o x.vcf "$ref" small.bam
refuses 2 'small.bam is none' "$build/runnel" live --idle 1m -o x.vcf "$ref" small.bam
mkdir -p from/in
refuses 2 'from/in/x.vcf.live, where reads would be kept, is in from,' "$build/runnel" live -o from/in/x.vcf "$ref" from
refuses 2 'from/in, where reads would be kept' "$build/runnel" live --spool from/in -o x.vcf "$ref" from
refuses 2 'memory takes more than 0' "$build/runnel" live --memory 0 -o x.vcf "$ref" small.bam
refuses 1 'x.vcf.live: no reads came' "$build/runnel" live --resume -o x.vcf "$ref"
refuses 1 'no\?\[31m\?\?red.bam: cannot open' "$build/runnel" live $options -o x.vcf "$ref" $'no\e[31m\xc2\x9bred.bam' # nothing for the terminal
mkdir ours # before; it stays
refuses 1 'none of the contigs' "$build/runnel" live $options --aligned --spool ours -o x.vcf "$root/examples/sample/ref.fa" small.bam
[ -d ours ] && good || bad "a folder of somebody was removed"
refuses 1 'none of the contigs' "$build/runnel" live $options --aligned -o x.vcf "$root/examples/sample/ref.fa" small.bam
printf 'chr21\t5\t5\n' > none.bed
refuses 1 'none.bed: holds no target' "$build/runnel" live $options --aligned --targets none.bed -o x.vcf "$ref" small.bam
[ -z "$(ls -d x.vcf* 2> /dev/null)" ] && good || bad "left behind: $(ls -d x.vcf*)"

checked
