"""Idempotent producers and a group of two consumers at work until the standard input ends. Arguments: bootstrap, topic.
Says "acknowledged A failed F consumed N" as it goes, and in the last line what became of the records, as JSON."""
import json
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, topic = sys.argv[1], sys.argv[2]
PARTITIONS = 4
RATE_INTERVAL = 0.01
base = {"bootstrap.servers": bootstrap, "reconnect.backoff.max.ms": 500, "socket.timeout.ms": 10_000}

stop_producing, stop_consuming = threading.Event(), threading.Event()
acknowledged, failed = [[] for _ in range(PARTITIONS)], []
consumed = [set() for _ in range(PARTITIONS)]


def produce(partition):
    producer = Producer({**base, "enable.idempotence": True, "linger.ms": 0, "message.timeout.ms": 120_000})

    def delivered(error, message):
        if error:
            failed.append(str(error))
        else:
            acknowledged[partition].append(int(message.value()))

    number = 0
    while not stop_producing.is_set():
        producer.produce(topic, b"%d" % number, partition=partition, on_delivery=delivered)
        number += 1
        producer.poll(RATE_INTERVAL)
    left = producer.flush(60)
    if left:
        failed.append(f"{left} records never answered")


def consume():
    consumer = Consumer({**base, "group.id": topic, "auto.offset.reset": "earliest", "enable.auto.commit": False, "session.timeout.ms": 6000, "heartbeat.interval.ms": 300,
                         "topic.metadata.refresh.interval.ms": 2000})
    consumer.subscribe([topic])
    at = time.monotonic()
    while not stop_consuming.is_set():
        message = consumer.poll(0.1)
        if message is not None and not message.error():
            consumed[message.partition()].add(int(message.value()))
        if time.monotonic() - at > 0.2:
            at = time.monotonic()
            try:
                consumer.commit(asynchronous=True)
            except Exception:  # nothing read since the last one
                pass
    consumer.close()


def read_all(partition):
    reader = Consumer({**base, "group.id": "reads all", "enable.partition.eof": True})
    reader.assign([TopicPartition(topic, partition, 0)])
    values = []
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        message = reader.poll(1)
        if message is None:
            continue
        if not message.error():
            values.append(int(message.value()))
        elif len(values) > 0:
            break
    reader.close()
    return values


client = AdminClient(base)
client.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(20)
producers = [threading.Thread(target=produce, args=(partition,)) for partition in range(PARTITIONS)]
consumers = [threading.Thread(target=consume) for _ in range(2)]
stopped = threading.Thread(target=sys.stdin.read)
for thread in [*producers, *consumers, stopped]:
    thread.start()
while stopped.is_alive():
    print(f"acknowledged {sum(map(len, acknowledged))} failed {len(failed)} consumed {sum(map(len, consumed))}", flush=True)
    time.sleep(0.1)
stop_producing.set()
for thread in producers:
    thread.join()
deadline = time.monotonic() + 40
while time.monotonic() < deadline and any(len(consumed[partition]) < len(acknowledged[partition]) for partition in range(PARTITIONS)):
    time.sleep(0.1)
stop_consuming.set()
for thread in consumers:
    thread.join()
stored = [read_all(partition) for partition in range(PARTITIONS)]
print(json.dumps({
    "acknowledged": sum(map(len, acknowledged)),
    "failed": len(failed),
    "lost": sum(len(set(acknowledged[partition]) - set(stored[partition])) for partition in range(PARTITIONS)),
    "stored_twice": sum(len(values) - len(set(values)) for values in stored),
    "out_of_order": sum(values != sorted(values) for values in stored),
    "unread": sum(len(set(acknowledged[partition]) - consumed[partition]) for partition in range(PARTITIONS)),
    "why": failed[:3],
}), flush=True)
