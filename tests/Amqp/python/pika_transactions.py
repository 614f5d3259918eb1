"""Commits transactions over several queues until as many are committed as wanted, whatever happens to the server meanwhile. Prints one line for each: 'committed N' or 'unsure N'."""
import sys
import time

import pika

QUEUES = ("a", "b", "c")
url, wanted = sys.argv[1], int(sys.argv[2])


def connect():
    deadline = time.monotonic() + 30
    while True:
        try:
            channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
            for queue in QUEUES:
                channel.queue_declare(queue, durable=True)
            channel.tx_select()
            return channel
        except (pika.exceptions.AMQPError, OSError):
            if time.monotonic() > deadline:
                raise


channel = connect()
committed = number = 0
while committed < wanted:
    try:
        for queue in QUEUES:
            channel.basic_publish("", queue, str(number).encode(), pika.BasicProperties(delivery_mode=2))
        channel.tx_commit()
        print("committed", number, flush=True)
        committed += 1
    except (pika.exceptions.AMQPError, OSError):
        print("unsure", number, flush=True)
        channel = connect()
    number += 1
