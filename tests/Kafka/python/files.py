"""Produces records, or reads segment files with kafka-python's own parser of record batches. Arguments: produce BOOTSTRAP | read DIRECTORY... Prints 'all there' at the end."""
import os
import sys

from kafka import KafkaProducer
from kafka.record import MemoryRecords

TOPIC = "files.records"
CODECS = (None, "gzip", "lz4")
PER_CODEC = 500


def expected():
    for codec in CODECS:
        for number in range(PER_CODEC):
            key = b"%d" % (number % 7) if number % 3 else None
            value = b"value %d by %s" % (number, str(codec).encode()) if number % 11 else None
            headers = [("number", b"%d" % number), ("none", None)] if number % 2 else []
            yield codec, 1_700_000_000_000 + number, key, value, headers


def produce(bootstrap):
    producers = {codec: KafkaProducer(bootstrap_servers=bootstrap, compression_type=codec, acks="all", linger_ms=5) for codec in CODECS}
    last = None
    for codec, timestamp, key, value, headers in expected():
        if last not in (None, codec):
            producers[last].flush(20)
        last = codec
        producers[codec].send(TOPIC, value, key, headers, partition=0, timestamp_ms=timestamp)
    producers[last].flush(20)


def batches_of(path):
    with open(path, "rb") as file:
        data = file.read()
    records = MemoryRecords(data)
    assert records.valid_bytes() == len(data), f"{path}: {len(data) - records.valid_bytes()} bytes are no batch"
    while (batch := records.next_batch()) is not None:
        assert batch.magic == 2 and batch.validate_crc(), f"{path}: a batch at {batch.base_offset} is not whole"
        yield batch


def read(directory):
    """Everything that a log's segment files hold, in order."""
    found = []
    codecs = set()
    for name in sorted(name for name in os.listdir(directory) if name.endswith(".log")):
        for batch in batches_of(os.path.join(directory, name)):
            codecs.add(batch.compression_type)
            assert batch.base_offset == len(found), f"{name}: {batch.base_offset} behind {len(found)}"
            for record in batch:
                found.append((record.offset, record.timestamp, record.key, record.value, list(record.headers)))
    return found, codecs


def check(directories):
    logs = [log for log in map(read, directories) if log[0]]
    wanted = [(offset, *record[1:]) for offset, record in enumerate(expected())]
    found, codecs = next(log for log in logs if len(log[0]) == len(wanted))
    assert found == wanted, next(pair for pair in zip(found, wanted) if pair[0] != pair[1])
    assert codecs == {0, 1, 3}, codecs


if sys.argv[1] == "produce":
    produce(sys.argv[2])
else:
    check(sys.argv[2:])
print("all there")
