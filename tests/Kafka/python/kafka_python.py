"""One part of what kafka-python can do, against a broker; prints 'all there' at the end. Arguments: bootstrap, part."""
import sys
import threading
import time

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.errors import TopicAlreadyExistsError

bootstrap, part = sys.argv[1], sys.argv[2]
DEADLINE_MS = 10_000


def producer(**more):
    return KafkaProducer(bootstrap_servers=bootstrap, **more)


def read(topic, count, **more):
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=DEADLINE_MS, **more)
    records = []
    for record in consumer:
        records.append(record)
        if len(records) == count:
            break
    consumer.close()
    assert len(records) == count, f"{len(records)} of {count} records"
    return records


def records():
    now = int(time.time() * 1000)
    with_key = producer().send("py.records", b"value", key=b"key", headers=[("one", b"1"), ("two", b""), ("one", b"again")], timestamp_ms=now).get(10)
    record = read("py.records", 1)[0]
    assert (record.partition, record.offset) == (with_key.partition, with_key.offset)
    assert (record.key, record.value, record.timestamp) == (b"key", b"value", now)
    assert record.headers == [("one", b"1"), ("two", b""), ("one", b"again")], record.headers


def codecs():
    values = [b"number %d of many that look alike" % number for number in range(1000)]
    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        sender = producer(compression_type=codec, linger_ms=20, acks="all")
        for value in values:
            sender.send(f"py.codec.{codec}", value, partition=0)
        sender.flush(10)
        assert [record.value for record in read(f"py.codec.{codec}", len(values))] == values


def groups(topic="py.groups", group="py"):
    sender = producer()
    sender.partitions_for(topic)
    members = [KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
                             heartbeat_interval_ms=200, session_timeout_ms=6000) for _ in range(2)]
    shares = [set(), set()]
    stop = threading.Event()
    seen = []

    def work(index):
        while not stop.is_set():
            for batch in members[index].poll(timeout_ms=100).values():
                seen.extend(record.value for record in batch)
            shares[index] = members[index].assignment()
        members[index].commit()
        members[index].close()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while sorted(map(len, shares)) != [1, 2] or shares[0] & shares[1]:
        assert time.monotonic() < deadline, shares
        time.sleep(0.02)
    for number in range(90):
        sender.send(topic, b"%d" % number, partition=number % 3)
    while len(set(seen)) < 90:
        assert time.monotonic() < deadline, len(seen)
        time.sleep(0.02)
    stop.set()
    for thread in threads:
        thread.join()
    later = KafkaConsumer(bootstrap_servers=bootstrap, group_id=group)
    assert [later.committed(TopicPartition(topic, partition)) for partition in range(3)] == [30, 30, 30]
    later.assign([TopicPartition(topic, 0)])
    later.commit({TopicPartition(topic, 0): OffsetAndMetadata(7, "a note")})
    assert later.committed(TopicPartition(topic, 0), metadata=True) == OffsetAndMetadata(7, "a note")
    later.close()


def admin():
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    client.create_topics([NewTopic("py.admin", 2, 1, topic_configs={"retention.ms": "3600000"})])
    try:
        client.create_topics([NewTopic("py.admin", 2, 1)])
        raise AssertionError("created twice")
    except TopicAlreadyExistsError:
        pass
    client.create_partitions({"py.admin": NewPartitions(4)})
    assert len(client.describe_topics(["py.admin"])[0]["partitions"]) == 4
    described = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "py.admin")])
    values = {entry[0]: entry[1] for entry in described[0].resources[0][4]}
    assert values["retention.ms"] == "3600000", values
    client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "py.admin", configs={"retention.ms": "7200000"})])
    groups("py.admin.groups", "py.admin")
    assert "py.admin" in [group for group, _ in client.list_consumer_groups()]
    assert client.list_consumer_group_offsets("py.admin")[TopicPartition("py.admin.groups", 1)].offset == 30
    assert client.delete_consumer_groups(["py.admin"])[0][1].errno == 0
    client.delete_topics(["py.admin"])
    assert "py.admin" not in client.list_topics()


def large():
    value = bytes(900_000)
    producer(max_request_size=2_000_000).send("py.large", value).get(10)
    assert read("py.large", 1)[0].value == value


globals()[part]()
print("all there")
