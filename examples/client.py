# SPDX-License-Identifier: MIT
"""Windows of your own to calls: sends pileup and full-alignment windows to a service, and gets the calls
back as tables.  Needs pyzmq, pyarrow, numpy and (for its input, which `runnel windows` writes) h5py.

    runnel serve -m MODEL --bind tcp://127.0.0.1:5555 &
    python3 client.py tcp://127.0.0.1:5555 windows.h5 ref.fa.fai ont
"""
import random, struct, sys
import h5py, numpy as np, pyarrow as pa, zmq

HEADER = struct.Struct("<4sHHQQqqQI4xQ")  # plugin/WIRE.md has the fields, and the rules
HELLO, WELCOME, OPEN, DATA, RESULT, CREDIT, BEAT, END, FAULT = range(1, 10)
KEYS = [("contig", pa.utf8()), ("position", pa.int64()), ("reference", pa.utf8()), ("alt_info", pa.utf8()),
        ("depth", pa.int32())]
PILEUP = pa.schema(KEYS + [("window", pa.list_(pa.int32(), 33 * 18))])
FULL = pa.schema(KEYS + [("first_row", pa.int32()), ("used_rows", pa.int32()), ("window", pa.list_(pa.int8()))])


def call(address, schema, batches):
    """Yields the calls of each batch, in the order of the batches."""
    socket, session = zmq.Context.instance().socket(zmq.DEALER), random.getrandbits(64)
    socket.connect(address)

    def send(kind, sequence=0, count=0, payload=b""):
        header = HEADER.pack(b"RNLW", 1, kind, session, sequence, -1, -1, count, 0, len(payload))
        socket.send_multipart([header, payload])

    def receive():
        kind = BEAT
        while kind == BEAT:
            header, payload = socket.recv_multipart()
            _, _, kind, _, sequence, _, _, count, _, _ = HEADER.unpack(header)
        if kind == FAULT:
            raise RuntimeError(payload.decode())
        return sequence, count, payload

    send(HELLO, payload=b"role service\nbeat 60000\n")  # we need not be heard for five minutes
    credit = receive()[1]
    send(OPEN, payload=schema.serialize().to_pybytes())
    calls = pa.ipc.read_schema(pa.py_buffer(receive()[2]))
    answers, sent, given, batches = {}, 0, 0, iter(batches)
    batch = next(batches, None)
    while batch is not None or given < sent:
        if batch is not None and sent - given - len(answers) < credit:
            sent += 1
            send(DATA, sequence=sent, payload=batch.serialize().to_pybytes())
            batch = next(batches, None)
        else:
            sequence, _, payload = receive()
            answers[sequence] = payload
        while given + 1 in answers:
            given += 1
            yield pa.ipc.read_record_batch(pa.py_buffer(answers.pop(given)), calls)
    send(END, count=1 + sent)
    receive()


def windows(group, schema, size=50):
    """Batches of the windows that stand in a file."""
    for at in range(0, len(group["position"]), size):
        tensor = group["tensor"][at:at + size]
        names = [text.decode().split(":") for text in group["position"][at:at + size]]
        infos = [text.decode() for text in group["alt_info"][at:at + size]]
        columns = [[n[0] for n in names], [int(n[1]) for n in names], [n[2].center(33, "N") for n in names], infos,
                   [int(text.split("-")[0]) for text in infos]]
        if schema is FULL:
            columns += [np.zeros(len(names)), np.full(len(names), tensor.shape[1])]
        columns.append(list(tensor.reshape(len(names), -1)))
        yield pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema)], schema=schema)


if __name__ == "__main__":
    address, path, index, platform = sys.argv[1:]
    contigs = "".join("\t".join(line.split("\t")[:2]) + "\n" for line in open(index))
    with h5py.File(path) as file:
        for name, schema in (("pileup", PILEUP), ("full_alignment", FULL)):
            kind = {"pileup": "runnel.pileup/1", "full_alignment": "runnel.full/1"}[name]
            facts = schema.with_metadata({"stream": kind, "contigs": contigs, "platform": platform})
            table = pa.Table.from_batches(call(address, facts, windows(file[name], schema)))
            for row in table.select(["contig", "position", "reference", "alternates", "genotype", "qual"]).to_pylist():
                print(name, *row.values(), sep="\t")
