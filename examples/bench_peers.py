#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`runnel bench` beside PyTorch, onnxruntime and OpenBLAS (through numpy) on the same networks, in
one run, on the same number of threads and with the same vector width.  Needs numpy and torch;
onnxruntime and onnx are used where they are installed.

    examples/bench_peers.py [-t THREADS] [-m MODEL] [--runnel build/runnel]

Prints windows per second and how many times as many Runnel does.  Peers do all rows of a window,
whatever is in use, so they stand beside each figure of `used`."""
import argparse
import os
import subprocess
import sys
import time

BATCHES = (1, 8, 64, 256)
HERE = os.path.dirname(os.path.abspath(__file__))


def windows_per_second(run, batch, threads):
    """The tenth percentile of short runs, as `runnel bench` takes it: CPU time of one thread."""
    clock, times = time.process_time if threads == 1 else time.perf_counter, []
    run()
    begin = clock()
    while len(times) < 5 or clock() - begin < 1.0:
        start = clock()
        run()
        times.append(clock() - start)
    return batch / sorted(times)[len(times) // 10]


def networks():
    """(name, rows, network, input of one window's shape)."""
    import torch
    sys.path.insert(0, os.path.join(HERE, "train"))
    from networks import FullAlignment, Pileup
    torch.manual_seed(1)
    yield "pileup", "-", Pileup().eval(), (33, 18)
    yield "full_alignment", "89", FullAlignment().eval(), (89, 33, 8)
    yield "full_alignment", "55", FullAlignment(55).eval(), (55, 33, 8)


def peer_torch(threads):
    import torch
    torch.set_num_threads(threads)
    for name, rows, network, shape in networks():
        for batch in BATCHES:
            x = torch.randint(0, 100, (batch, *shape), dtype=torch.float32)
            with torch.inference_mode():
                yield name, rows, batch, windows_per_second(lambda: network(x), batch, threads)


def peer_onnxruntime(threads):
    import io
    import warnings
    import onnxruntime
    import torch
    warnings.filterwarnings("ignore")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    for name, rows, network, shape in networks():
        for batch in BATCHES:
            x = torch.randint(0, 100, (batch, *shape), dtype=torch.float32)
            file = io.BytesIO()
            torch.onnx.export(network, x, file, input_names=["x"], dynamo=False)
            session = onnxruntime.InferenceSession(file.getvalue(), options, ["CPUExecutionProvider"])
            feed = {"x": x.numpy()}
            yield name, rows, batch, windows_per_second(lambda: session.run(None, feed), batch, threads)


def peer_openblas(threads):
    """The same layers as matrix products of numpy's OpenBLAS."""
    import numpy as np

    def selu(x):
        return 1.0507 * np.where(x > 0, x, 1.6733 * np.expm1(np.minimum(x, 0)))

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def direction(x, w, u, b):
        h = c = np.zeros((x.shape[1], u.shape[0]), np.float32)
        start, out = x @ w + b, []
        for step in start:
            i, f, g, o = np.split(step + h @ u, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            out.append(h)
        return np.stack(out)

    def lstm(x, layer):
        sides = [(getattr(layer, n).detach().numpy() for n in
                  (f"weight_ih_l0{s}", f"weight_hh_l0{s}", f"bias_ih_l0{s}")) for s in ("", "_reverse")]
        (w, u, b), (wr, ur, br) = [[np.ascontiguousarray(t.T) for t in side] for side in sides]
        return np.concatenate([direction(x, w, u, b), direction(x[::-1], wr, ur, br)[::-1]], axis=2)

    def dense(x, layer):
        return x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()

    def convolve(x, layer, stride):
        weight = layer.weight.detach().numpy()
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        pieces = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::stride, ::stride]
        columns = pieces.reshape(-1, weight[0].size)
        shape = (x.shape[0], (x.shape[1] - 1) // stride + 1, (x.shape[2] - 1) // stride + 1, -1)
        return (columns @ weight.reshape(len(weight), -1).T).reshape(shape)

    def pyramid(x):
        parts = []
        for level in (3, 2, 1):
            rows, columns = np.array_split(x, level, axis=1), range(level)
            parts += [np.array_split(r, level, axis=2)[c].max(axis=(1, 2)) for r in rows for c in columns]
        return np.concatenate(parts, axis=1)

    def heads(x, network):
        x = selu(dense(x, network.L4))
        return [selu(dense(selu(dense(x, branch)), head)) for branch, head in
                ((network.L5_1, network.Y_gt21_logits), (network.L5_2, network.Y_genotype_logits))]

    def pileup(x, network):
        x = lstm(lstm(x.transpose(1, 0, 2), network.LSTM1), network.LSTM2)
        return heads(x.transpose(1, 0, 2).reshape(x.shape[1], -1), network)

    def full(x, network):
        for unit, blocks in ((network.conv1, network.res_block1), (network.conv3, network.res_block2),
                             (network.conv5, network.res_block3)):
            x = np.maximum(convolve(x, unit.conv, 2), 0)
            y = np.maximum(convolve(x, blocks[0].conv1, 1), 0)
            x = np.maximum(convolve(y, blocks[0].conv2, 1) + x, 0)
        return heads(pyramid(x), network)

    for name, rows, network, shape in networks():
        for batch in BATCHES:
            x = np.random.default_rng(1).integers(0, 100, (batch, *shape)).astype(np.float32)
            run = pileup if name == "pileup" else full
            yield name, rows, batch, windows_per_second(lambda: run(x, network), batch, threads)


PEERS = {"torch": peer_torch, "onnxruntime": peer_onnxruntime, "openblas": peer_openblas}


def run_peer(peer, threads):
    """In a process of its own, since thread counts and vector widths are read at its start."""
    environment = dict(os.environ, OPENBLAS_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads))
    if os.environ.get("RUNNEL_KERNELS") == "avx2":
        environment.update(ATEN_CPU_CAPABILITY="avx2", ONEDNN_MAX_CPU_ISA="AVX2", OPENBLAS_CORETYPE="Haswell")
    done = subprocess.run([sys.executable, __file__, "--peer", peer, "-t", str(threads)], env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        print(f"# {peer}: not run: {done.stderr.strip().splitlines()[-1]}")
        return {}
    return {tuple(line.split()[:3]): float(line.split()[3]) for line in done.stdout.splitlines()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-t", "--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("-m", "--model", default="ont")
    parser.add_argument("--runnel", default="runnel")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        for name, rows, batch, speed in PEERS[options.peer](options.threads):
            print(name, rows, batch, speed, flush=True)
        return
    ours = subprocess.run([options.runnel, "bench", "-m", options.model, "-t", str(options.threads)],
                          stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    print("\n".join(line for line in ours if line.startswith("# ")))
    peers = {(peer, n): run_peer(peer, n) for peer in PEERS for n in sorted({1, options.threads})}
    print(f"{'network':14} rows used batch threads {'runnel':>8} {'share%':>6}"
          + "".join(f" {peer:>11} {'ratio':>5}" for peer in PEERS))
    for line in ours:
        if line.startswith("#"):
            continue
        name, rows, used, batch, threads, speed, _, _, share = line.split()
        text = f"{name:14} {rows:>4} {used:>4} {batch:>5} {threads:>7} {speed:>8} {share:>6}"
        for peer in PEERS:
            theirs = peers[peer, int(threads)].get((name, rows, batch))
            text += f" {theirs:11.0f} {float(speed) / theirs:5.2f}" if theirs else f" {'-':>11} {'-':>5}"
        print(text)


if __name__ == "__main__":
    main()
