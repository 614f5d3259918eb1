"""One part of what confluent_kafka (librdkafka) can do, against a broker; prints 'all there' at the end. Arguments: bootstrap, part."""
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

bootstrap, part = sys.argv[1], sys.argv[2]
base = {"bootstrap.servers": bootstrap}
DEADLINE = 20


def produce(topic, values, partition=0, **more):
    failed = []
    producer = Producer({**base, "linger.ms": 20, **more})
    for value in values:
        producer.produce(topic, value, partition=partition, on_delivery=lambda error, _: failed.append(error) if error else None)
        producer.poll(0)
    assert producer.flush(10) == 0, "not delivered"
    assert not failed, failed


def consumer(group, **more):
    return Consumer({**base, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False, "heartbeat.interval.ms": 200, "session.timeout.ms": 6000, **more})


def take(reader, count):
    taken = []
    deadline = time.monotonic() + DEADLINE
    while len(taken) < count:
        assert time.monotonic() < deadline, f"{len(taken)} of {count} records"
        message = reader.poll(0.2)
        if message is not None:
            assert not message.error(), message.error()
            taken.append(message)
    return taken


def read(topic, count, **more):
    reader = consumer("unused", **more)
    reader.assign([TopicPartition(topic, 0, 0)])
    taken = take(reader, count)
    reader.close()
    return taken


def records():
    now = int(time.time() * 1000)
    producer = Producer(base)
    producer.produce("cpy.records", b"value", b"key", partition=0, timestamp=now, headers=[("one", b"1"), ("none", None), ("one", b"again")])
    assert producer.flush(10) == 0
    message = read("cpy.records", 1)[0]
    assert (message.key(), message.value(), message.timestamp()[1]) == (b"key", b"value", now)
    assert message.headers() == [("one", b"1"), ("none", None), ("one", b"again")], message.headers()
    assert consumer("x").get_watermark_offsets(TopicPartition("cpy.records", 0), 10) == (0, 1)


def codecs():
    values = [b"number %d of many that look alike" % number for number in range(2000)]
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        produce(f"cpy.codec.{codec}", values, **{"compression.type": codec, "enable.idempotence": True})
        assert [message.value() for message in read(f"cpy.codec.{codec}", len(values))] == values


def groups():
    client = AdminClient(base)
    for strategy in ("range", "cooperative-sticky"):
        topic, group = f"cpy.groups.{strategy}", f"cpy.{strategy}"
        client.create_topics([NewTopic(topic, 3, 1)])[topic].result(10)
        for partition in range(3):
            produce(topic, [b"%d" % number for number in range(10)], partition)
        first = consumer(group, **{"partition.assignment.strategy": strategy})
        first.subscribe([topic])
        assert len(take(first, 30)) == 30
        first.commit(asynchronous=False)
        second = consumer(group, **{"partition.assignment.strategy": strategy})
        second.subscribe([topic])
        deadline = time.monotonic() + DEADLINE
        while sorted([len(first.assignment()), len(second.assignment())]) != [1, 2]:
            assert time.monotonic() < deadline, (first.assignment(), second.assignment())
            assert first.poll(0.05) is None and second.poll(0.05) is None, "a record came again"
        first.close()
        while len(second.assignment()) < 3:
            assert time.monotonic() < deadline, second.assignment()
            assert second.poll(0.05) is None, "a record came again"
        assert [offset.offset for offset in second.committed([TopicPartition(topic, partition) for partition in range(3)], 10)] == [10, 10, 10]
        second.close()


def admin():
    client = AdminClient(base)
    client.create_topics([NewTopic("cpy.admin", 2, 1, config={"cleanup.policy": "compact"})])["cpy.admin"].result(10)
    try:
        client.create_topics([NewTopic("cpy.admin", 2, 1)])["cpy.admin"].result(10)
        raise AssertionError("created twice")
    except KafkaException as error:
        assert error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS
    client.create_partitions([NewPartitions("cpy.admin", 4)])["cpy.admin"].result(10)
    assert len(client.list_topics("cpy.admin", 10).topics["cpy.admin"].partitions) == 4
    resource = ConfigResource("topic", "cpy.admin")
    assert list(client.describe_configs([resource]).values())[0].result(10)["cleanup.policy"].value == "compact"
    for future in client.alter_configs([ConfigResource("topic", "cpy.admin", set_config={"no.such.setting": "1"})]).values():
        try:
            future.result(10)
            raise AssertionError("a setting that nothing reads was taken")
        except KafkaException as error:
            assert error.args[0].code() == KafkaError.INVALID_CONFIG
    client.delete_topics(["cpy.admin"])["cpy.admin"].result(10)
    assert "cpy.admin" not in client.list_topics(timeout=10).topics


def large():
    value = bytes(900_000)
    produce("cpy.large", [value])
    assert read("cpy.large", 1)[0].value() == value
    try:
        produce("cpy.large", [bytes(20_000_000)], **{"message.max.bytes": 30_000_000})
        raise AssertionError("larger than the topic allows")
    except AssertionError as error:
        assert "MSG_SIZE_TOO_LARGE" in str(error), error


globals()[part]()
print("all there")
