"""
Copies a topic with one transaction for what it has read and what it has written (confluent_kafka), while a feed goes on, until a line comes on stdin. Prints how much was copied as it goes, and at the
end, as JSON, what a reader of committed records finds. Arguments: bootstrap, name.
"""
import json
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, name = sys.argv[1], sys.argv[2]
source, target = f"{name}.in", f"{name}.out"
base = {"bootstrap.servers": bootstrap, "topic.metadata.refresh.interval.ms": 2000, "reconnect.backoff.max.ms": 500}
PARTITIONS = 2
FEED_INTERVAL = 0.002
DEADLINE = 60

fed = [0] * PARTITIONS
copied = [0]
aborted = []
stop_feed, all_copied = threading.Event(), threading.Event()
failures = []


def transactional():
    producer = Producer({**base, "transactional.id": name, "transaction.timeout.ms": 30_000, "linger.ms": 1})
    again(lambda: producer.init_transactions(DEADLINE))
    return producer


def again(call):
    """What may be tried again is, for a while."""
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            return call()
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def feed():
    producer = Producer({**base, "enable.idempotence": True, "linger.ms": 1})
    while not stop_feed.is_set():
        for partition in range(PARTITIONS):
            producer.produce(source, b"%d" % fed[partition], partition=partition, on_delivery=lambda error, _: failures.append(str(error)) if error else None)
            fed[partition] += 1
        producer.poll(FEED_INTERVAL)
    if producer.flush(DEADLINE):
        failures.append("the feed was not acknowledged")


def rewind(reader):
    """To what is committed: what was read since was not copied."""
    for at in again(lambda: reader.committed(reader.assignment(), DEADLINE)):
        try:
            reader.seek(TopicPartition(at.topic, at.partition, max(0, at.offset)))
        except KafkaException:  # taken away meanwhile: whoever gets it begins there
            pass


def copy():
    producer = transactional()
    reader = Consumer({**base, "group.id": name, "auto.offset.reset": "earliest", "enable.auto.commit": False, "session.timeout.ms": 6000, "heartbeat.interval.ms": 300})
    reader.subscribe([source])
    while not all_copied.is_set():
        messages = [message for message in reader.consume(100, 0.1) if not message.error()]
        if not messages:
            continue
        try:
            producer.begin_transaction()
            for message in messages:
                producer.produce(target, message.value(), partition=message.partition())
            again(lambda: producer.send_offsets_to_transaction(reader.position(reader.assignment()), reader.consumer_group_metadata(), DEADLINE))
            again(lambda: producer.commit_transaction(DEADLINE))
            copied[0] += len(messages)
        except KafkaException as error:
            aborted.append(str(error))
            if error.args[0].fatal():
                producer = transactional()
            else:
                again(lambda: producer.abort_transaction(DEADLINE))
            rewind(reader)
    reader.close()


def guarded(work):
    try:
        work()
    except Exception as error:
        failures.append(repr(error))


def read_all(partition):
    reader = Consumer({**base, "group.id": "reads all", "enable.partition.eof": True, "isolation.level": "read_committed"})
    reader.assign([TopicPartition(target, partition, 0)])
    values = []
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        message = reader.poll(1)
        if message is None:
            continue
        if not message.error():
            values.append(int(message.value()))
        elif message.error().code() == KafkaError._PARTITION_EOF:
            break
    reader.close()
    return values


client = AdminClient(base)
for future in client.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in (source, target)]).values():
    future.result(20)
threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in (feed, copy)]
stopped = threading.Thread(target=sys.stdin.readline, daemon=True)
for thread in [*threads, stopped]:
    thread.start()
while stopped.is_alive() and not failures:
    print(f"copied {copied[0]}", flush=True)
    time.sleep(0.1)
stop_feed.set()
threads[0].join()
deadline = time.monotonic() + DEADLINE
while copied[0] < sum(fed) and time.monotonic() < deadline and not failures:
    time.sleep(0.05)
all_copied.set()
threads[1].join(DEADLINE)
found = [read_all(partition) for partition in range(PARTITIONS)]
print(json.dumps({
    "fed": sum(fed),
    "aborted": aborted[:10],
    "not_copied": sum(len(set(range(fed[partition])) - set(found[partition])) for partition in range(PARTITIONS)),
    "copied_twice": sum(len(values) - len(set(values)) for values in found),
    "out_of_order": sum(values != sorted(values) for values in found),
    "failures": failures[:3],
}), flush=True)
