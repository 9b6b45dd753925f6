#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The wire from outside: services and those who use them as whole processes.  What is compared is
# always an undisturbed run of this machine alone.   tests/plugin/wire.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/plugin/checks.sh"
sample=$root/examples/sample
runnel=$build/runnel
scratch=$(mktemp -d)
services=()

finish() {
    for pid in "${services[@]}"; do kill -CONT "$pid" && kill "$pid"; done 2> /dev/null
    wait
    rm -rf "$scratch"
}
trap finish EXIT
cd "$scratch"
export TMPDIR=$scratch/tmp
mkdir tmp
ref=$sample/ref.fa bam=$sample/reads.bam both=$root/tests/data/networks/trained.h5

# serve NAME ARGUMENTS: starts a service and waits for its address, which goes into the file NAME.
serve() {
    local name=$1
    shift
    : > "$name"
    "$runnel" serve -t 1 "$@" > "$name" 2> "$name.err" &
    services+=($!)
    echo $! > "$name.pid"
    for _ in $(seq 600); do [ -s "$name" ] && return; sleep 0.05; done
    bad "service $name did not start: $(cat "$name.err")"
}
stop() { kill "$(cat "$1.pid")"; wait "$(cat "$1.pid")" && good || bad "service $1 ended with $?: $(cat "$1.err")"; }
call() { timeout 300 "$runnel" call -q --no-version "$@"; }
# line VIA: windows of the sample to a VCF, by services; the rest are settings of pileup.
windows="reads $bam ! pileup ref=$ref"
line() { timeout 300 "$runnel" run -q "$windows $2 ! remote via=$1 $3 ! vcf no-version=true $4"; }

# ---- the same calls by one and by two services, in two passes and in one, with and without a gVCF
call -m "$both" --gvcf local.g.vcf -o local.vcf "$ref" "$bam"
serve one -m "$both" -v
serve two -m "$both"
call --via "$(cat one)" --gvcf one.g.vcf -o one.vcf "$ref" "$bam"
same local.vcf one.vcf "one service"
same local.g.vcf one.g.vcf "gVCF by one service"
call -m "$both" -o local.vcf "$ref" "$bam"
call --via "$(cat one),$(cat two)" -o two.vcf --report two.json "$ref" "$bam"
same local.vcf two.vcf "two services"
call --one-pass -m "$both" -o local1.vcf "$ref" "$bam"
call --one-pass --via "$(cat one),$(cat two)" -o one1.vcf "$ref" "$bam"
same local1.vcf one1.vcf "one pass"
grep -q '"stage": "remote"' two.json && good || bad "no remote stage in the books"
for batch in 1 7 1000; do
    line "$(cat one),$(cat two)" "batch=$batch" "" "batch$batch.vcf"
    [ -e single.vcf ] || timeout 100 "$runnel" run -q "$windows ! caller model=$both ! vcf no-version=true single.vcf"
    same single.vcf "batch$batch.vcf" "batches of $batch"
done
expect 0 '^takes +runnel.pileup/1 runnel.full/1' "$runnel" inspect remote
serve other -m ont
expect 1 'is not that of the others' "$runnel" run "$windows ! remote via=$(cat other),$(cat one) ! vcf x.vcf"

# ---- a mix of instruction sets
RUNNEL_KERNELS=scalar serve slow -m "$both"
expect 1 'computes with (scalar, the others with|[a-z0-9]+, the others with scalar)' \
    "$runnel" call --via "$(cat one),$(cat slow)" -o x.vcf "$ref" "$bam"
call --mixed --via "$(cat one),$(cat slow)" -o mixed.vcf "$ref" "$bam"
[ "$(grep -vc '^#' mixed.vcf)" = "$(grep -vc '^#' local.vcf)" ] && good || bad "--mixed"

# ---- what is wrong ends in one sentence
expect 2 'wants a model' "$runnel" serve
expect 1 "no model 'nosuch'" "$runnel" serve -m nosuch
expect 2 'streams takes 1 to 64' "$runnel" serve -m ont --streams 0
expect 1 'can be reached from other machines, and needs keys' "$runnel" serve -m ont --bind 'tcp://0.0.0.0:*'
expect 1 "'tcp:/x' is no address" "$runnel" serve -m ont --bind tcp:/x
expect 1 'cannot be bound: Address already in use' "$runnel" serve -m ont --bind "$(cat one)"
expect 1 '10.1.2.3:5 can be reached from other machines' "$runnel" call --via tcp://10.1.2.3:5 -o x.vcf "$ref" "$bam"
expect 1 'the service does not answer' "$runnel" run "$windows ! remote via=tcp://127.0.0.1:9 wait=1 ! vcf x.vcf"
expect 1 'is for ont|are hifi|model' "$runnel" run "$windows platform=hifi ! remote via=$(cat other) ! vcf x.vcf"
[ ! -e x.vcf ] && good || bad "a failed run left a file"

# ---- ipc: a folder of one's own
serve ipc -m ont --bind "ipc://$scratch/door/socket"
[ "$(stat -c %a door)" = 700 ] && good || bad "the ipc folder is $(stat -c %a door)"
call --via "$(cat ipc)" -o ipc.vcf "$ref" "$bam"
call -m ont -o ont.vcf "$ref" "$bam"
same ont.vcf ipc.vcf ipc
mkdir -m 755 open
expect 1 'must be yours alone' "$runnel" serve -m ont --bind "ipc://$scratch/open/socket"

# ---- keys: who has none, or one that is not on the list, is as good as not there
for name in server friend stranger; do "$runnel" keygen $name; done
[ "$(stat -c %a server.key)" = 600 ] && good || bad "server.key is $(stat -c %a server.key)"
expect 1 'server.key cannot be made: File exists' "$runnel" keygen server
serve guarded -m ont --bind 'tcp://0.0.0.0:*' --key server.key --allow friend.pub
address=tcp://127.0.0.1:$(sed 's/.*://' guarded)
call --via "$address" --key friend.key --server-key server.pub -o keys.vcf "$ref" "$bam"
same ont.vcf keys.vcf CURVE
for keys in '' 'key=stranger.key server-key=server.pub' 'key=friend.key server-key=stranger.pub'; do
    expect 1 'the service does not answer' "$runnel" run "$windows ! remote via=$address $keys wait=1 beat=100 ! vcf x.vcf"
done
chmod 644 friend.key
expect 1 'friend.key can be read by others' "$runnel" call --via "$address" --key friend.key --server-key server.pub -o x.vcf "$ref" "$bam"

# ---- reads over the wire: what a pipeline makes of them is what it makes of the file
"$runnel" publish --bind "ipc://$scratch/door/reads" "$bam" > reads 2> reads.err &
services+=($!)
for _ in $(seq 600); do [ -s reads ] && break; sleep 0.05; done
call -m "$both" -o stream.vcf "$ref" "$(cat reads)"
same local.vcf stream.vcf "reads over the wire, two passes"
timeout 100 "$runnel" run -q "reads $(cat reads) ! pileup ref=$ref ! remote via=$(cat one) ! vcf no-version=true stream.vcf"
same single.vcf stream.vcf "reads and windows over the wire"
expect 1 'regions and copies need a file' "$runnel" call -r sim1:1-100 -o x.vcf "$ref" "$(cat reads)"
expect 1 'the source does not answer' "$runnel" run "reads tcp://127.0.0.1:9 wait=1 ! pileup ref=$ref ! caller ! vcf x.vcf"
expect 1 'this is a service' "$runnel" run "reads $(cat one) ! pileup ref=$ref ! caller ! vcf x.vcf"
expect 1 'this is a source' "$runnel" run "$windows ! remote via=$(cat reads) ! vcf x.vcf"
expect 2 'wants an address with a port' "$runnel" publish "$bam"
expect 2 'wants one file' "$runnel" publish
expect 1 'nosuch.bam' "$runnel" publish --once nosuch.bam
# Half of the bases a second.
bases=$(samtools view "$bam" | awk '{sum += length($10)} END {print sum}')
"$runnel" publish --once --rate $((bases / 2)) "$bam" > slow.reads &
pid=$!
for _ in $(seq 600); do [ -s slow.reads ] && break; sleep 0.05; done
timeout 100 "$runnel" run -q "reads $(cat slow.reads) ! pileup ref=$ref ! caller model=$both ! vcf no-version=true stream.vcf"
wait $pid && good || bad "publish --once ended with $?"
same single.vcf stream.vcf "reads at a rate"

# ---- a service that stands still does not hold up the others
kill -STOP "$(cat two.pid)"
line "$(cat one),$(cat two)" "" "beat=100" stalled.vcf
kill -CONT "$(cat two.pid)"
same single.vcf stalled.vcf "a service that stands still"

# ---- nobody takes what is there: the reader stands still, and goes on when somebody does
"$runnel" run -q "reads $bam batch=1 ! publish ipc://$scratch/door/held tell=true" > held &
pid=$!
for _ in $(seq 600); do [ -s held ] && break; sleep 0.05; done
position() { for f in /proc/$pid/fd/*; do [ "$(readlink "$f")" = "$bam" ] && awk '/^pos/ {print $2}' "/proc/$pid/fdinfo/${f##*/}"; done; }
memory() { awk '/^VmRSS/ {print $2}' /proc/$pid/status; }
sleep 1; first=$(position); held=$(memory); sleep 1
[ -n "$first" ] && [ "$first" = "$(position)" ] && [ "$first" -lt $(($(stat -c %s "$bam") * 2 / 3)) ] && good ||
    bad "the reader has gone on to $(position) of $(stat -c %s "$bam"), from $first"
[ "$(memory)" -le $((held + 256)) ] && good || bad "a held reader grew from $held to $(memory) KiB"
timeout 100 "$runnel" run -q "reads $(cat held) ! pileup ref=$ref ! caller model=$both ! vcf no-version=true held.vcf"
wait $pid && good || bad "the held source ended with $?"
same single.vcf held.vcf "reads that were held"

for name in one two other slow ipc guarded; do stop $name; done
grep -qE '^runnel: [0-9]+ sessions, .* 0 fell silent' one.err && good || bad "counts: $(cat one.err)"
checked
