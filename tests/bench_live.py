#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Figures of live runs: how long a call takes, how much is borne, and what depth gives.  Needs pyzmq, samtools,
and numpy for curves of simulated reads.  Prints; nothing depends on it.

    bench_live.py BUILD latency [--megabases 5 --minutes 6]    a MinION (512 channels of 400 bases a second)
    bench_live.py BUILD rate [--megabases 1,30 --depth 30,4]   flat out on one core, and the memory it takes
    bench_live.py BUILD memory [--megabases 1 --depth 5,10,20,40,60,100]    memory and disk as depth grows
    bench_live.py BUILD curve [--seed 1 --svg FILE] [REF.fa READS.bam TRUTH.vcf.gz REGIONS.bed]

Latency: a call that became firm, when it was heard, less the moment at which the last read over it that had been
given by then was written.  Rate: bases per second of CPU until all looks are done, without the last calls.  Memory:
what is resident when aligned reads of so much depth have come and nothing is left to do.
"""
import argparse, glob, json, math, os, signal, stat, struct, subprocess, sys, tempfile, threading, time
import zmq

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KIND = struct.Struct("<4sHH")  # of a message's header (plugin/WIRE.md)
END = 8


class Live:
    """A live run, with a thread that hears what it publishes: (second, message as JSON)."""

    def __init__(self, build, folder, ref, source, *options, stdin=None, cpu=None):
        self.heard, self.over = [], threading.Event()
        os.makedirs(f"{folder}/door", mode=0o700, exist_ok=True)
        address = f"ipc://{folder}/door/tap{time.monotonic_ns()}"
        out = f"{folder}/live{time.monotonic_ns()}.vcf"
        self.spool = f"{out}.live"
        command = [f"{build}/runnel", "live", "-q", "-p", "ont", "--tap", address, *options, "-o", out, ref, source]
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.connect(address)
        for topic in ("json", "end"):
            self.socket.subscribe(topic)
        self.process = subprocess.Popen((["taskset", "-c", str(cpu)] if cpu is not None else []) + command, stdin=stdin)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while not self.over.is_set():
            topic, header, payload = self.socket.recv_multipart()
            if topic == b"end":
                self.over.set()
            else:
                now = time.time()
                self.heard += [(now, json.loads(line)) for line in payload.splitlines()]

    def wait(self):
        """Until all that was read is told."""
        while not self.over.wait(1):
            if self.process.poll() is not None:
                sys.exit(f"bench_live.py: runnel live ended with {self.process.returncode}")

    def cost(self):
        """Seconds of CPU and the peak of memory in MB so far."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        peak = next(line for line in open(f"/proc/{self.process.pid}/status") if line.startswith("VmHWM"))
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) / 1024

    def settle(self):
        """Waits until nothing is left to do; then the cost."""
        before, cost = None, self.cost()
        while before is None or cost[0] > before[0] + 0.02:
            time.sleep(2)
            before, cost = cost, self.cost()
        return cost

    def resident(self):
        """MB of memory at this moment."""
        return int(next(line for line in open(f"/proc/{self.process.pid}/status") if line.startswith("VmRSS")).split()[1]) / 1024

    def disk(self):
        """MB of the reads that are kept: files of the spool, and those that have no name any more."""
        held = {(s.st_dev, s.st_ino): s.st_size for s in map(os.stat, self.open_files()) if stat.S_ISREG(s.st_mode)}
        held.update(((s.st_dev, s.st_ino), s.st_size) for s in map(os.stat, glob.glob(f"{self.spool}/*")))
        return sum(held.values()) / 1e6

    def open_files(self):
        """Those of the process that are in the spool."""
        files = glob.glob(f"/proc/{self.process.pid}/fd/*")
        return [name for name in files if os.readlink(name).startswith(self.spool)]

    def stop(self):
        self.process.send_signal(signal.SIGKILL)  # the last calls are another command's figures
        self.process.wait()


def synthetic(build, folder, megabases, depth):
    """ref.fa, reads.bam of bench_reads, and how many bases they have."""
    for index in glob.glob(f"{folder}/ref.fa.fai"):  # of other ones before
        os.remove(index)
    with open(f"{folder}/reads.sam", "w") as sam:
        subprocess.run([f"{build}/bench_reads", f"{folder}/ref.fa", str(int(megabases * 1e6)), str(depth)], check=True, stdout=sam)
    subprocess.run(["samtools", "view", "-b", "-o", f"{folder}/reads.bam", f"{folder}/reads.sam"], check=True)
    return sum(len(line.split("\t")[9]) for line in open(f"{folder}/reads.sam") if line[0] != "@")


def flow_cell(folder, *options):
    return [sys.executable, f"{ROOT}/examples/flow_cell.py", *options, f"{folder}/reads.bam"]


def tell_load():
    print(f"(load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def latency(options, folder):
    megabases = options.megabases[0]
    synthetic(options.build, folder, megabases, options.minutes * 60 * 512 * 400 / megabases / 1e6 + 5)
    spans = {}
    for line in open(f"{folder}/reads.sam"):
        if line[0] != "@":
            fields = line.split("\t", 6)
            number, length = "", 0
            for letter in fields[5]:
                number, length = (number + letter, length) if letter.isdigit() else ("", length + int(number) * (letter in "MD"))
            spans[fields[0]] = int(fields[3]), int(fields[3]) + length
    cell = subprocess.Popen(flow_cell(folder, "--log", f"{folder}/log"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    run = Live(options.build, folder, f"{folder}/ref.fa", "-", "-t", "2", *options.pass_on, stdin=cell.stdout)
    time.sleep(options.minutes * 60)
    cpu, memory = run.cost()
    heard = list(run.heard)
    cell.kill()
    run.stop()
    written = sorted((float(at), *spans[name]) for name, at in (line.split("\t") for line in open(f"{folder}/log")))
    bases = sum(end - begin for _, begin, end in written)
    waits, states = [], {}
    for now, call in heard:
        place = call["contig"], call.get("position")
        became = call.get("state") == "firm" and states.get(place) != "firm"
        states[place] = call.get("state")
        if became:
            over = [at for at, begin, end in written if begin <= call["position"] < end and at <= now]
            waits += [now - over[-1]] if over else []
    print(f"{megabases:g} Mb of targets, {options.minutes:g} minutes: {len(written)} reads, {bases / 1e6:.1f} Mb, {bases / megabases / 1e6:.1f}x;",
          f"{cpu / options.minutes / 60:.2f} cores, {memory:.0f} MB; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{len(waits)} calls that became firm: seconds p50 {percentile(waits, 0.5):.2f}, p90 {percentile(waits, 0.9):.2f}, p99 {percentile(waits, 0.99):.2f}, most {max(waits, default=0):.2f}")


def in_order_of_arrival(folder, *source):
    """A file of the reads as a flow cell gives them."""
    with open(f"{folder}/in.sam", "wb") as file:
        subprocess.run(flow_cell(folder, "--speed", "0", "--as", "sam", *source), check=True, stdout=file)
    return f"{folder}/in.sam"


def rate(options, folder):
    print("| targets | reads | as they come | CPU s | Mb/s of CPU | memory MB |\n|---|---|---|---|---|---|", flush=True)
    for megabases, depth in zip(options.megabases, options.depth):
        bases = synthetic(options.build, folder, megabases, depth)
        for name, source in ("unaligned", []), ("aligned", ["--aligned"]):
            reads = in_order_of_arrival(folder, *source)
            run = Live(options.build, folder, f"{folder}/ref.fa", reads, "-t", "1", *source, *options.pass_on, cpu=0)
            run.wait()
            cpu, memory = run.cost()
            run.stop()
            print(f"| {megabases:g} Mb | {bases / 1e6:.0f} Mb, {depth:g}x | {name} | {cpu:.1f} | {bases / cpu / 1e6:.2f} | {memory:.0f} |", flush=True)
    tell_load()


def memory(options, folder):
    megabases, depths, bases = options.megabases[0], sorted(options.depth), 0
    synthetic(options.build, folder, megabases, depths[-1] * 1.02)
    run = Live(options.build, folder, f"{folder}/ref.fa", "-", "-t", "1", "--aligned", *options.pass_on, stdin=subprocess.PIPE, cpu=0)
    print(f"targets of {megabases:g} Mb\n\n| depth | resident MB | at most MB | on disk MB | CPU s |\n|---|---|---|---|---|", flush=True)
    for line in open(in_order_of_arrival(folder, "--aligned"), "rb"):
        run.process.stdin.write(line)
        bases += len(line.split(b"\t")[9]) if line[:1] != b"@" else 0
        if bases >= depths[0] * megabases * 1e6:
            run.process.stdin.flush()
            cpu, peak = run.settle()
            print(f"| {depths.pop(0):g}x | {run.resident():.0f} | {peak:.0f} | {run.disk():.0f} | {cpu:.1f} |", flush=True)
            if not depths:
                break
    run.stop()
    tell_load()


def score(folder, ref, truth, bed, calls):
    """Alleles found, missed and wrong by runnel compare."""
    with open(f"{folder}/state.vcf", "w") as file:
        names = [line[1:].split()[0] for line in open(ref) if line[0] == ">"]
        file.write("##fileformat=VCFv4.2\n" + "".join(f"##contig=<ID={name}>\n" for name in names))
        file.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n')
        for call in sorted(calls, key=lambda call: (names.index(call["contig"]), call["position"])):
            file.write("\t".join(map(str, (call["contig"], call["position"], ".", call["reference"], call["alternates"], call["qual"], call["filter"], ".", "GT", call["genotype"]))) + "\n")
    command = [f"{options.build}/runnel", "compare", *(["-R", bed] if bed else []), ref, truth, f"{folder}/state.vcf"]
    rows = [line.split() for line in subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()]
    rows = [row for row in rows if row[1] == "allele"]
    return [sum(int(row[i]) for row in rows) for i in (2, 3, 5)]


def curve(options, folder):
    if options.inputs:
        ref, reads, truth, bed = options.inputs
    else:
        subprocess.run([sys.executable, f"{ROOT}/examples/train/simulate.py", "--platform", "ont", "--seed", str(options.seed), "--length", "200000", "--depth", "105", "--contig", "sim", f"{folder}/s"], check=True, stderr=subprocess.DEVNULL)
        ref, truth, bed = f"{folder}/s.fa", f"{folder}/s.truth.vcf", None
        reads = f"{folder}/s.fq"
    command = [sys.executable, f"{ROOT}/examples/flow_cell.py", "--speed", str(options.speed), "--channels", "64", reads]
    cell = subprocess.Popen(command, stdout=subprocess.PIPE)
    more = ["--targets", bed] if bed else []
    run = Live(options.build, folder, ref, "-", "--every", "0.2s", *more, *options.pass_on, stdin=cell.stdout)
    run.wait()
    run.stop()
    state, depth, points, next_depth, targets = {}, 0, [], 2, {}
    def point():
        told = [call for call in state.values() if call["state"] != "withdrawn" and call["filter"] == "PASS"]
        row = [depth]
        for calls in ([call for call in told if call["state"] == "firm"], told):
            found, missed, wrong = score(folder, ref, truth, bed, calls)
            row += [found / max(1, found + missed), found / (found + wrong) if found + wrong else math.nan]
        points.append(row)
        print("%6.1fx   firm: recall %.4f precision %.4f   all: recall %.4f precision %.4f" % tuple(row), flush=True)
    for _, message in run.heard:
        if "expected_gain" in message:
            targets[message["contig"], message["begin"]] = message
            bases = sum(t["depth"] * (t["end"] - t["begin"] + 1) for t in targets.values())
            depth = bases / sum(t["end"] - t["begin"] + 1 for t in targets.values())
            if depth >= next_depth:
                point()
                next_depth = max(depth + 1, depth * 1.12)
        else:
            state[message["contig"], message["position"]] = message
    point()
    if options.svg:
        draw(options.svg, points)


def draw(path, points):
    """Recall and precision, firm and all, by depth (of which the logarithm)."""
    width, height, left, top = 640, 400, 50, 30
    x = lambda depth: left + (width - left - 20) * math.log(max(depth, 2) / 2) / math.log(60)
    y = lambda share: top + (height - top - 40) * (1 - share)
    lines = [("all: recall", 3, "#1f77b4", ""), ("all: precision", 4, "#d62728", ""), ("firm: recall", 1, "#1f77b4", "5,3"), ("firm: precision", 2, "#d62728", "5,3")]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="11">', f'<rect width="{width}" height="{height}" fill="white"/>']
    for share in (0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0):
        out.append(f'<path d="M{left} {y(share):.0f}H{width - 20}" stroke="#ddd"/><text x="{left - 28}" y="{y(share) + 4:.0f}">{share:.1f}</text>')
    for depth in (2, 5, 10, 20, 50, 100):
        out.append(f'<path d="M{x(depth):.0f} {top}V{y(0):.0f}" stroke="#ddd"/><text x="{x(depth) - 8:.0f}" y="{height - 22}">{depth}x</text>')
    for number, (name, column, colour, dash) in enumerate(lines):
        way = " ".join(f"{x(p[0]):.1f},{y(p[column]):.1f}" for p in points if not math.isnan(p[column]))
        out.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dash}"/>')
        out.append(f'<path d="M{left + 140 * number} 14h24" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dash}"/><text x="{left + 30 + 140 * number}" y="18">{name}</text>')
    with open(path, "w") as file:
        file.write("\n".join(out) + "\n</svg>\n")


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("build")
parser.add_argument("what", choices=["latency", "rate", "memory", "curve"])
parser.add_argument("inputs", nargs="*")
numbers = lambda text: [float(number) for number in text.split(",")]
parser.add_argument("--megabases", type=numbers, help="of targets")
parser.add_argument("--minutes", type=float, default=6)
parser.add_argument("--depth", type=numbers, help="of the reads: for rate one for each size of targets, for memory where to look")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--speed", type=float, default=16, help="of the flow cell, for curves")
parser.add_argument("--svg", help="draw the curve")
parser.add_argument("--pass-on", action="append", default=[], help="an option of runnel live")
options = parser.parse_intermixed_args()
defaults = {"latency": ([5], None), "rate": ([1, 30], [30, 4]), "memory": ([1], [5, 10, 20, 40, 60, 100]), "curve": (None, None)}[options.what]
options.megabases, options.depth = options.megabases or defaults[0], options.depth or defaults[1]
if options.what == "rate" and len(options.megabases) != len(options.depth):
    parser.error("rate: as many depths as sizes of targets")
with tempfile.TemporaryDirectory() as folder:
    {"latency": latency, "rate": rate, "memory": memory, "curve": curve}[options.what](options, folder)
