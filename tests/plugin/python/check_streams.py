# SPDX-License-Identifier: MIT
"""Batches to pyarrow and back through the Arrow C Data Interface; windows files through h5py."""
import ctypes
import sys

import h5py
import pyarrow as pa

bridge = ctypes.CDLL(sys.argv[1])
bridge.check.restype = ctypes.c_long


class Struct(ctypes.Structure):  # room for an ArrowSchema (72 bytes) or an ArrowArray (80 bytes)
    _fields_ = [("bytes", ctypes.c_char * 80)]


def pointers():
    schema, array = Struct(), Struct()
    return schema, array, ctypes.addressof(schema), ctypes.addressof(array)


schema, array, schema_at, array_at = pointers()
assert bridge.make(ctypes.c_void_p(schema_at), ctypes.c_void_p(array_at)) == 0
batch = pa.RecordBatch._import_from_c(array_at, schema_at)
batch.validate(full=True)
rows = batch.to_pylist()
assert len(rows) == 50 and rows[3]["position"] == 103 and rows[3]["alternates"] == "G"
assert rows[4]["alternates"] == "AT,C" and rows[4]["ad"] == [4, 7] and rows[4]["phase_set"] is None
assert str(batch.schema.field("af").type) == "list<item: double>" or "double" in str(batch.schema.field("af").type)

for first in (0, 7):  # whole, and a slice, whose offset must be honoured
    schema, array, schema_at, array_at = pointers()
    batch.slice(first)._export_to_c(array_at, schema_at)
    good = bridge.check(ctypes.c_void_p(schema_at), ctypes.c_void_p(array_at), first)
    assert good == 50 - first, f"{good} of {50 - first} rows came back"
print("pyarrow: 50 calls imported, validated and exported again, whole and sliced")

class Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    def text(self):
        return ctypes.string_at(self.data, self.size)


# The same rows as messages: ours read by pyarrow, pyarrow's by us.
header, body = Bytes(), Bytes()
assert bridge.make_messages(ctypes.byref(header), ctypes.byref(body)) == 0
travelled = pa.ipc.read_schema(pa.py_buffer(header.text()))
assert travelled.metadata == {b"sample": b"HG002", b"contigs": b"chr1\t1000\n"}, travelled.metadata
assert travelled.equals(batch.schema), travelled
read = pa.ipc.read_record_batch(pa.py_buffer(body.text()), travelled)
read.validate(full=True)
assert read.to_pylist() == rows


def check_messages(batch, first=0, **options):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_batch(batch)
    parts = [m.serialize().to_pybytes() for m in pa.ipc.MessageReader.open_stream(sink.getvalue())]
    return bridge.check_messages(parts[0], len(parts[0]), parts[1], len(parts[1]), first)


bridge.check_messages.argtypes = [ctypes.c_char_p, ctypes.c_size_t] * 2 + [ctypes.c_int]
bridge.check_messages.restype = ctypes.c_long
for first in (0, 7, 50):
    assert check_messages(batch.slice(first), first) == 50 - first
assert check_messages(batch, compression="zstd") == -1, "compressed buffers must be refused"
print("pyarrow: messages both ways, whole, sliced and empty; compressed ones refused")

with h5py.File(sys.argv[2]) as stored, h5py.File(sys.argv[3]) as written:
    for name in ("tensor", "position", "alt_info"):
        assert (stored["pileup"][name][:] == written["pileup"][name][:]).all(), name
    assert stored["pileup/tensor"].shape[1:] == (33, 18) and stored["pileup/tensor"].dtype == "int32"
    assert written["full_alignment/tensor"].shape[1:] == (89, 33, 8) and written["full_alignment/tensor"].dtype == "int8"
    print(f"h5py: {len(stored['pileup/tensor'])} pileup windows, the same from the store stage and from runnel windows")
