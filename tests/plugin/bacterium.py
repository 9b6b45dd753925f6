#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A haploid genome and nanopore-like reads of it, with the truth: REF.fa, TRUTH.vcf, READS.sam.

Every 400th base or so is a place of one of four kinds:
    variant   all reads show a SNP or an indel of one to three bases
    mixed     the same, but 20 to 32 % of the reads (of a strain beside it, misplaced) do not
    het       30 to 55 % of the reads show a SNP that the genome does not have
    nothing   no more than errors anywhere: 1 % substitutions, 0.5 % insertions, 0.5 % deletions

    bacterium.py SEED LENGTH DEPTH PREFIX
"""
import random
import sys

seed, length, depth, prefix = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
random.seed(seed)
reference = "".join(random.choices("ACGT", (3, 2, 2, 3), k=length))


QUALITIES = [chr(33 + q) for q in range(20, 45)]


def other(base):
    return random.choice([x for x in "ACGT" if x != base])


places, truth = {}, []  # position (0-based) -> bases taken away, bases put in, share of reads
at = 300
while at < length - 300:
    kind = random.choices(("variant", "mixed", "het", "nothing"), (5, 2, 2, 1))[0]
    share = {"variant": 1, "mixed": random.uniform(0.68, 0.8), "het": random.uniform(0.3, 0.55), "nothing": 0}[kind]
    size = random.choice((0, 0, 0, 1, -1, 2, -3)) if kind in ("variant", "mixed") else 0
    taken = reference[at] if size >= 0 else reference[at:at - size + 1]
    put = (other(taken) if size == 0 else taken + "".join(random.choices("ACGT", k=size)) if size > 0 else taken[0])
    if share > 0:
        places[at] = (len(taken), put, share)
    if share >= 0.68:
        truth.append((at + 1, taken, put))
    at += random.randint(250, 550)

with open(prefix + ".fa", "w") as out:
    print(">chromosome", *(reference[i:i + 60] for i in range(0, length, 60)), sep="\n", file=out)
with open(prefix + ".truth.vcf", "w") as out:
    print("##fileformat=VCFv4.2", f"##contig=<ID=chromosome,length={length}>", '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">', sep="\n", file=out)
    print("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "S", sep="\t", file=out)
    for position, ref, alt in truth:
        print("chromosome", position, ".", ref, alt, ".", "PASS", ".", "GT", "1", sep="\t", file=out)


def read(begin, end):
    """CIGAR, sequence and qualities of one read."""
    cigar, letters = [], []

    def step(operation, count):
        if cigar and cigar[-1][1] == operation:
            cigar[-1][0] += count
        else:
            cigar.append([count, operation])

    x = begin
    while x < end:
        dice, place = random.random(), places.get(x)
        if place and x + place[0] < end - 5 and x > begin + 5 and random.random() < place[2]:
            taken, text, _ = place
            letters.append(text)
            step("M", 1)
            if len(text) > 1:
                step("I", len(text) - 1)
            if taken > 1:
                step("D", taken - 1)
            x += taken
            continue
        letters.append(other(reference[x]) if dice < 0.01 else reference[x])
        step("M", 1)
        x += 1
        if 0.01 <= dice < 0.015 and x < end - 5:
            letters.append(random.choice("ACGT"))
            step("I", 1)
        elif 0.015 <= dice < 0.02 and x < end - 5 and x not in places:
            step("D", 1)
            x += 1
    sequence = "".join(letters)
    quality = "".join(random.choices(QUALITIES, k=len(sequence)))
    return "".join(f"{count}{operation}" for count, operation in cigar), sequence, quality


with open(prefix + ".sam", "w") as out:
    print("@HD\tVN:1.6\tSO:coordinate", f"@SQ\tSN:chromosome\tLN:{length}", "@RG\tID:1\tSM:SIM\tPL:ONT", sep="\n", file=out)
    begins = sorted(max(0, random.randint(-4000, length - 2000)) for _ in range(int(length * depth / 8000)))
    for number, begin in enumerate(begins):
        end = min(length, begin + random.randint(4000, 12000))
        if end - begin > 100:
            cigar, sequence, quality = read(begin, end)
            print(f"r{number}", random.choice((0, 16)), "chromosome", begin + 1, 60, cigar, "*", 0, 0, sequence, quality, "RG:Z:1", sep="\t", file=out)
