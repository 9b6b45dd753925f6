#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The training scripts from nothing to a model, in small: the same seed gives the same windows byte for
# byte, labels stand where windows are, simulated reads err as their profile says, the model calls.
# PYTHON needs numpy, h5py and torch; skipped without.   tests/plugin/training.sh BUILD
set -euo pipefail
build=$(cd "$1" && pwd)
train=$(cd "$(dirname "$0")/../../examples/train" && pwd)
export RUNNEL=$build/runnel PYTHON=${PYTHON:-$build/python/bin/python}
for need in minimap2 samtools "$PYTHON"; do
    command -v "$need" > /dev/null || { echo "training: skipped ($need is not there)"; exit 0; }
done
"$PYTHON" -c 'import h5py, numpy, torch' 2> /dev/null || { echo "training: skipped (PYTHON names none with numpy, h5py and torch)"; exit 0; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
failed=0
bad() { echo "FAILED: $*"; failed=1; }

# One seed, one result; another seed, another.
for name in one again other; do
    mkdir "$name"
    seed=5
    [ "$name" = other ] && seed=6
    "$train/sample.sh" ont "$name/s" "$seed" 15 --length 60000 --snp-every 500 --indel-every 2000
    for kind in pileup full_alignment; do PHASED=1 "$train/windows.sh" "$kind" "$name/s"; done
done
for file in s.pileup.h5 s.full_alignment.h5 s.labels.tsv s.truth.vcf; do
    cmp -s "one/$file" "again/$file" || bad "the same seed gave another $file"
    cmp -s "one/$file" "other/$file" && bad "another seed gave the same $file"
done

# Labels: nearly every variant has one of its kind, at a place that has a window.
"$PYTHON" - "$train" one/s <<'END' || bad "labels"
import sys, h5py
sys.path.insert(0, sys.argv[1])
from labels import read_labels
prefix = sys.argv[2]
labels = read_labels(prefix + ".labels.tsv")
truth = [line.split("\t") for line in open(prefix + ".truth.vcf") if line[0] != "#"]
told = sum((t[0], int(t[1])) in labels for t in truth)
# SNPs alone, as indels may be spelt otherwise: the letter of each haplotype.
snps = [t for t in truth if len(t[3]) == 1 and all(len(a) == 1 for a in t[4].split(","))]
right = sum([None if g == "0" else (t[3], t[4].split(",")[int(g) - 1]) for g in t[9].strip().split("|")] ==
            labels.get((t[0], int(t[1]))) for t in snps)
with h5py.File(prefix + ".pileup.h5") as file:
    places = {tuple(p.decode().split(":")[:2]) for p in file["pileup"]["position"][:]}
seen = sum((contig, str(at)) in places for contig, at in labels)
print(f"training: {told} of {len(truth)} variants labelled where the truth has them, {seen} of {len(labels)} labels in a window, {right} of {len(snps)} SNPs as in the truth")
sys.exit(not (right > 0.9 * len(snps) > 20 and told > 0.95 * len(truth) and len(labels) < 1.05 * len(truth) and seen > 0.95 * len(labels)))
END

# Windows at long homopolymers count three times.
"$PYTHON" - "$train" one/s <<'END' || bad "weights of windows"
import sys
sys.path.insert(0, sys.argv[1])
from train import load_sample, read_windows
prefix = sys.argv[2]
letters = [p.rsplit(":", 1)[1] for p in read_windows(prefix + ".full_alignment.h5", "full_alignment")[0]]
parts, _ = load_sample("full_alignment", prefix, None, True)
_, labels, weights = parts[89]
plain = [w for w, text, wanted in zip(weights, letters, labels) if text[17:27] != 10 * text[17] and wanted[1] == 0]
long = [w for w, text, wanted in zip(weights, letters, labels) if text[17:27] == 10 * text[17] and wanted[1] == 0]
sys.exit(not (plain and long and abs(min(long) - 3 * min(plain)) < 1e-5 and min(plain) == max(plain) and min(long) == max(long)))
END

# Full alignment is trained with haplotypes as calling finds them.
"$PYTHON" - "$train" one/s <<'END' || bad "haplotypes of windows"
import sys, numpy as np
sys.path.insert(0, sys.argv[1])
from train import read_windows
_, windows = read_windows(sys.argv[2] + ".full_alignment.h5", "full_alignment")
values, counts = np.unique(windows[..., 7], return_counts=True)
share = dict(zip(values.tolist(), counts / counts[values != 0].sum()))
sys.exit(not (share[30] > 0.3 and share[90] > 0.3))
END

# A place that errs for a reason of its own errs by one letter, and half of the reads are sure of it.
"$PYTHON" - "$train" <<'END' || bad "letters of bad places"
import json, sys, numpy as np
sys.path.insert(0, sys.argv[1])
from reads import Reader, Template, site_factors
random = np.random.default_rng(1)
profile = json.load(open(sys.argv[1] + "/profiles.json"))["ont_sup"]
letters = random.choice(np.frombuffer(b"ACGT", np.uint8), 60000)
factors = site_factors(random, len(letters), profile)
template = Template(letters, np.arange(len(letters)), 0, factors, profile)
bad = np.flatnonzero(~np.isnan(factors[0]["same"]))
plain = np.flatnonzero(np.isnan(factors[0]["same"]))[:len(bad)]
template.events = {name: 0 * x for name, x in template.events.items()}
template.run_rate = {side: 0 * x for side, x in template.run_rate.items()}
template.blur = 0 * template.blur
template.wrong[:] = 0
template.wrong[bad] = template.wrong[plain] = 0.5
template.lean = 0 * template.lean
seen, qualities = (np.array(x) for x in zip(*(Reader(profile).read(random, template, 0, len(letters)) for _ in range(60))))
kinds = lambda at: len(set(seen[:, at]) - {letters[at]})
sure = lambda places: qualities[:, places][seen[:, places] != letters[places]].mean()
print(f"training: wrong letters have qualities of {sure(plain):.1f}, at bad places of {sure(bad):.1f}, right ones of {qualities.mean():.1f}")
sys.exit(not (len(bad) > 10 and all(kinds(at) == 1 for at in bad) and np.mean([kinds(at) for at in plain]) > 1.5 and
              abs(sure(bad) - (sure(plain) + qualities.mean()) / 2) < 2.5))
END

# The simulated reads' errors, measured like those of real ones.
samtools faidx one/s.fa
cp "$train/profiles.json" profiles.json
"$PYTHON" "$train/error_profile.py" measure simulated one/s.fa one/s.bam sim:1-60000 --truth one/s.truth.vcf --out profiles.json
"$PYTHON" "$train/error_profile.py" compare profiles.json ont_sup simulated > table
for what in mismatch ins del; do
    awk -v what="$what" '$1 == what { ok = $3 > 0.75 * $2 && $3 < 1.65 * $2 } END { exit !ok }' table || bad "simulated $what: $(grep "^$what " table)"
done
awk '/^letters doubted/ { ok = $NF > 0.9 } END { exit !ok }' table || bad "simulated $(grep '^letters doubted' table)"

# Long homopolymers: they differ from the reference as often as their length says, and reads blur them as the profile says.
mkdir runs
"$PYTHON" - "$train" runs/ref.fa << 'END' || bad "homopolymers that differ"
import sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from variants import make_variants
random = np.random.default_rng(1)
pieces, starts, at = [], {6: [], 12: [], 16: []}, 0
for i in range(900):
    size, around = (6, 12, 16)[i % 3], random.choice(list(b"CGT"), 100)
    # Other letters beside the run, and no long run among them.
    around[1:][around[1:] == around[:-1]] = ord("A")
    around[[0, -1]] = ord("C")
    pieces += [around.astype(np.uint8), np.full(size, ord("A"), dtype=np.uint8)]
    starts[size].append(at + 100)
    at += 100 + size
letters = np.concatenate(pieces)
there = {at + 1 for at, *_ in make_variants(random, letters, 1e9, 1e9)}
shares = {size: sum(x in there for x in places) / len(places) for size, places in starts.items()}
if not (shares[6] < 0.03 and 0.08 < shares[12] < 0.28 and 0.35 < shares[16] < 0.55):
    sys.exit(str(shares))
open(sys.argv[2], "w").write(">runs\n" + letters[:80000].tobytes().decode() + "\n")
END
samtools faidx runs/ref.fa
"$train/sample.sh" ont runs/s 7 20 --profile ont_sup --reference runs/ref.fa --region runs:1-80000 --snp-every 5000 --indel-every 5000
samtools faidx runs/s.fa
"$PYTHON" "$train/error_profile.py" measure blurred runs/s.fa runs/s.bam "$(cut -f 1 runs/s.fa.fai):1-80000" --truth runs/s.truth.vcf --out profiles.json
"$PYTHON" - profiles.json << 'END' || bad "lengths of long homopolymers"
import json, sys
profiles = json.load(open(sys.argv[1]))
# Strands of sites lean as the profile says: rounding to letters must not be taken for it.
leans = [profiles[name]["long runs"]["lean"][1] for name in ("blurred", "ont_sup")]
if not 0.6 * leans[1] < leans[0] < 1.4 * leans[1]:
    sys.exit(f"strands of sites differ by {leans[0]} of the width for {leans[1]}")
# At 14 letters; samples differ from the profile by a quarter.
width, wanted = ((lambda at, more: at + 5 * more)(*profiles[name]["long runs"]["blur"]) for name in ("blurred", "ont_sup"))
if not 0.65 * wanted < width < 1.5 * wanted:
    sys.exit(f"{width:.2f} letters for {wanted:.2f}")
END

# How good a caller can be: of the same genome as simulate.py's, its posteriors keep what they promise, and without errors
# nothing is missed.
ceiling() { "$PYTHON" "$train/ceiling.py" --seed 5 --length 60000 --snp-every 500 --indel-every 2000 --profile "$@"; }
alleles=$(awk '!/^#/ { n = split($5, alts, ","); for (i = 1; i <= n; i++) indels += length(alts[i]) != length($4) } END { print indels }' one/s.truth.vcf)
ceiling ont_sup --depth 15 > least
grep -q " of $alleles outside" least || bad "$alleles alleles of indels, and ceiling.py: $(cat least)"
"$PYTHON" "$train/ceiling.py" --seed 1 --profile ont_hac --reference runs/ref.fa --region runs:1-80000 --indel-every 80000 > known
awk '{ gsub("[()]", ""); off = $3 - $5; exit !($3 > 60 && $7 > 20 && off * off < $7 + $9) }' known || bad "posteriors: $(cat known)"
ceiling hifi_sequel --depth 200 --haplotypes > most
awk '{ exit !($14 + 0 > 0.95) }' most || bad "ceiling of HiFi: $(cat most)"

# The whole script, both networks; a second run makes nothing again.
export DEPTHS="15 12 20" EPOCHS="2 1" FULL="1 0.5" SAMPLES=2 LENGTH=60000 PLATFORMS=ont
"$train/make_model.sh" models > log 2>&1 || { bad "make_model.sh"; tail -3 log; }
grep -q '^step .*: loss [0-9.]* (.*), held out: nothing' log || bad "make_model.sh shows no progress"
cp models/ont.h5 first.h5
find models -name '*.state' -delete # or training would go on at its end, without a word
"$train/make_model.sh" models > log 2>&1 || bad "make_model.sh once more"
grep -q '^step' log && bad "make_model.sh trained what was trained already"
cmp -s first.h5 models/ont.h5 || bad "the model changed without training"
"$RUNNEL" model info models/ont.h5 > info
grep -q '^pileup network: ' info && grep -q '^full-alignment network: .* 90 probabilities' info || bad "the model lacks a network"
"$RUNNEL" call -q -m models/ont.h5 -o calls.vcf one/s.fa one/s.bam || bad "calling with the model"
grep -q '^##runnel_networks=.*full' calls.vcf || bad "the model called without its full-alignment network"
"$PYTHON" "$train/train.py" full_alignment few.pt one/s --batch 100000 > log 2>&1 && bad "trained on less than a batch"
[ "$(tail -1 log)" = "train.py: one/s and others have fewer windows than one batch of 100000" ] || bad "less than a batch: $(tail -1 log)"
# A window cut to its reads is as good as a whole one.
"$PYTHON" - "$train" << 'END' || bad "cut windows"
import sys, torch
sys.path.insert(0, sys.argv[1])
from networks import FullAlignment
torch.manual_seed(1)
for rows, heights in ((89, (24, 40, 56, 72)), (55, (24, 40))):
    network = FullAlignment(rows).eval()
    for height in heights:
        at = network.cut_at(rows, height)
        whole = torch.zeros(2, rows, 33, 8)
        whole[:, at + 6:at + height - 6] = torch.randint(-100, 100, (2, height - 12, 33, 8)).float()
        with torch.no_grad():
            pairs = list(zip(network(whole), network(whole[:, at:at + height])))
        off = max(float((a - b).abs().max() / a.std()) for a, b in pairs)
        if off > 0.13:
            sys.exit(f"{height} of {rows} rows: off by {off:.2f} of the spread")
END
# Heads that are right independently stay; heads that are right together are sharpened, both kinds of them.
"$PYTHON" - "$train" > /dev/null << 'END' || bad "sharpened heads"
import copy, sys, torch
sys.path.insert(0, sys.argv[1])
from networks import HEADS, FullAlignment
from train import sharpen
torch.manual_seed(1)
network = FullAlignment(24).eval()
windows = torch.randint(-100, 100, (512, 24, 33, 8))
with torch.no_grad():
    for name, count in HEADS:
        getattr(network, name).weight *= 4.0 * count
    said = [x.softmax(1) for x in network(windows)]
draws = {"independent": torch.rand(512, 4), "together": torch.rand(512, 1).expand(-1, 4)}
factors = {}
for kind, draw in draws.items():
    labels = []
    for i, shares in enumerate(said):
        order = shares.argsort(1, descending=True)
        place = (shares.gather(1, order).cumsum(1) < draw[:, i:i + 1]).sum(1).clamp(max=shares.shape[1] - 1)
        labels.append(order.gather(1, place[:, None])[:, 0])
    after = copy.deepcopy(network)
    sharpen(after, [(windows, torch.stack(labels, 1), None)], "cpu")
    ratios = [getattr(after, name).weight / getattr(network, name).weight for name, _ in HEADS]
    if any(float(r.max() - r.min()) > 1e-4 for r in ratios):
        sys.exit("not one factor for a head")
    factors[kind] = [round(float(r.mean()), 2) for r in ratios]
if max(factors["independent"]) > 1.15 or min(factors["together"]) < 1.3:
    sys.exit(str(factors))
END
# More windows from those there are: labels follow the letters, reads that stay are centred and in order.
# The network from nothing: what it is given of letters differs for each, in the middle column only.
"$PYTHON" - "$train" << 'END' || bad "augmented windows, or where the network starts"
import sys, torch
sys.path.insert(0, sys.argv[1])
from augment import CODES, exchange_letters, leave_out_reads
from labels import GENOTYPES
from networks import FullAlignment
from start import layers, start_at_letters
random = torch.Generator().manual_seed(1)
codes = dict(zip("ACGT", CODES))
labels = torch.tensor([[number, 1, 16, 16] for number in range(10) for _ in range(50)])
windows = torch.zeros(len(labels), 40, 33, 8, dtype=torch.int8)
windows[:, 5:35, :, 2] = torch.arange(1, 31).view(-1, 1)
windows[:, 5:35, :, 7] = 50
windows[:, 5:35, :, 0] = windows[:, 5:35, :, 6] = codes["C"]
for window, (number, *_) in zip(windows, labels.tolist()):
    window[5:20, 16, 1], window[20:35, 16, 1] = (codes[letter] for letter in GENOTYPES[number])
changed, told = exchange_letters(windows, labels, random)
share = float((told[:, 0] != labels[:, 0]).float().mean())
for window, (number, *_) in zip(changed, told.tolist()):
    if int(window[5, 0, 0]) != int(window[5, 0, 6]):
        sys.exit("letters exchanged in one channel and not in the other")
    seen = {int(window[5, 16, 1]), int(window[34, 16, 1])}
    if seen != {codes[letter] for letter in GENOTYPES[number]}:
        sys.exit(f"{GENOTYPES[number]} for the letters {seen}")
others = [2, 3, 4, 5, 7]
moved = float((changed[:, 5, 0, 0] != codes["C"]).float().mean())
if not 0.25 < share < 0.55 or not 0.25 < moved < 0.5 or not torch.equal(changed[..., others], windows[..., others]):
    sys.exit(f"letters exchanged in {share:.2f} of the windows")
fewer = leave_out_reads(windows, 89, 40, random)
share = float((fewer.any(3).any(2).sum(1) < 30).float().mean())
if not 0.3 < share < 0.7:
    sys.exit(f"{share:.2f} of the windows lack reads")
fewer = leave_out_reads(windows, 89, 24, random)
for window in fewer[:, :, 0, 2]:
    rows = window.nonzero().flatten()
    begin = (89 - len(rows)) // 2 - FullAlignment.cut_at(89, 24)
    if not 15 <= len(rows) <= 24 or int(rows[0]) != begin or not bool((window[rows].diff() > 0).all()):
        sys.exit(f"{len(rows)} reads left, from row {int(rows[0])}")
network = FullAlignment(89)
letters = torch.zeros(4, 72, 33, 8)
letters[..., 0] = torch.tensor(CODES).view(4, 1, 1)
start_at_letters(network, letters)
with torch.no_grad():
    features = network.features(letters.permute(0, 3, 1, 2) / 100)[:, :len(layers()[1])]
middle = features[:, :4, 4, 2]
if bool(features[..., [0, 1, 3, 4]].any()) or sorted(middle.argmax(0).tolist()) != [0, 1, 2, 3] or sorted(middle.argmax(1).tolist()) != [0, 1, 2, 3]:
    sys.exit("letters look alike")
END
DEPTHS=20 "$train/figures.sh" ont figures models/ont.h5 > table || bad "figures.sh"
grep -qE '^simulated 20x +runnel +INDEL +genotype' table || bad "figures.sh has no row for indels"
awk '$3 == "below" && $6 == "INDEL" && $7 == "allele" { fewer = $8 + $9 } $2 == "20x" && $4 == "INDEL" && $5 == "allele" { all = $6 + $7 }
    END { exit !(fewer > 0 && fewer < all) }' table || bad "figures.sh leaves no long homopolymers out: $(grep 'INDEL  allele' table)"
[ $failed = 0 ] && echo "training: from nothing to a model"
exit $failed
