"""One part of transactions with confluent_kafka (librdkafka), against a broker; prints 'all there' at the end. Arguments: bootstrap, part."""
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, part = sys.argv[1], sys.argv[2]
base = {"bootstrap.servers": bootstrap}
DEADLINE = 20


def transactional(name):
    producer = Producer({**base, "transactional.id": name, "linger.ms": 1})
    producer.init_transactions(DEADLINE)
    return producer


def consumer(group, isolation="read_committed", **more):
    return Consumer({**base, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False, "isolation.level": isolation, "heartbeat.interval.ms": 200,
                     "session.timeout.ms": 6000, **more})


def create(topic, partitions):
    client = AdminClient(base)
    client.create_topics([NewTopic(topic, partitions, 1)])[topic].result(DEADLINE)


def read_all(topic, partition=0, isolation="read_committed"):
    reader = consumer("unused", isolation, **{"enable.partition.eof": True})
    reader.assign([TopicPartition(topic, partition, 0)])
    values = []
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        message = reader.poll(1)
        if message is None:
            continue
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            reader.close()
            return values
        values.append(message.value())
    raise AssertionError(f"no end after {len(values)} records")


def ends():
    create("py.ends", 2)
    producer = transactional("py.ends")
    wanted = [[], []]
    for number in range(40):
        producer.begin_transaction()
        # More than one request of each partition under way at a time, and batches of several partitions.
        values = [b"%d.%d" % (number, at) for at in range(50)]
        for at, value in enumerate(values):
            producer.produce("py.ends", value, partition=at % 2)
            if at % 10 == 0:
                producer.poll(0.002)
        if number % 3 == 0:
            producer.abort_transaction(DEADLINE)
            continue
        producer.commit_transaction(DEADLINE)
        for at, value in enumerate(values):
            wanted[at % 2].append(value)
    for partition in range(2):
        assert read_all("py.ends", partition) == wanted[partition], partition
        assert set(wanted[partition]) <= set(read_all("py.ends", partition, "read_uncommitted"))


def fenced():
    create("py.fenced", 1)
    old = transactional("py.fenced")
    old.begin_transaction()
    old.produce("py.fenced", b"of the old one", partition=0)
    old.flush(DEADLINE)
    new = transactional("py.fenced")
    new.begin_transaction()
    new.produce("py.fenced", b"of the new one", partition=0)
    new.commit_transaction(DEADLINE)
    try:
        old.produce("py.fenced", b"too late", partition=0)
        old.commit_transaction(DEADLINE)
        raise AssertionError("who was replaced could commit")
    except KafkaException as error:
        assert error.args[0].fatal(), error
    assert read_all("py.fenced") == [b"of the new one"]


def copies():
    """Reads, writes and commits what it has read in one transaction; every third is aborted and read again."""
    create("py.in", 1)
    create("py.out", 1)
    values = [b"%d" % number for number in range(200)]
    source = Producer({**base, "linger.ms": 5})
    for value in values:
        source.produce("py.in", value, partition=0)
    assert source.flush(DEADLINE) == 0
    producer = transactional("py.copies")
    reader = consumer("py.copies")
    reader.subscribe(["py.in"])
    done, number = 0, 0
    deadline = time.monotonic() + DEADLINE
    while done < len(values):
        assert time.monotonic() < deadline, f"{done} copied"
        messages = [message for message in reader.consume(17, 0.2) if not message.error()]
        if not messages:
            continue
        producer.begin_transaction()
        for message in messages:
            producer.produce("py.out", message.value(), partition=0)
        producer.send_offsets_to_transaction(reader.position(reader.assignment()), reader.consumer_group_metadata(), DEADLINE)
        number += 1
        if number % 3 == 0:
            producer.abort_transaction(DEADLINE)
            reader.seek(TopicPartition("py.in", 0, messages[0].offset()))
            continue
        producer.commit_transaction(DEADLINE)
        done += len(messages)
    assert reader.committed([TopicPartition("py.in", 0)], DEADLINE)[0].offset == len(values)
    reader.close()
    assert read_all("py.out") == values


globals()[part]()
print("all there")
