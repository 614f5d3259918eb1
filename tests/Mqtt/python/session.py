"""A session of paho that outlives its connection gets what was published meanwhile; prints 'all there' at the end. Arguments: host, port, protocol level."""
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

host, port, level = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
COUNT = 50
TOPIC = f"paho/session/{level}"


def connect(name, stays):
    arguments = {"client_id": name, "protocol": level}
    if hasattr(mqtt, "CallbackAPIVersion"):
        arguments["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION2
    if level < 5:
        arguments["clean_session"] = not stays
    client = mqtt.Client(**arguments)
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.received = []
    client.on_message = lambda _client, _data, message: client.received.append((int(message.payload), message.qos))
    extra = {}
    if level == 5:
        extra["clean_start"] = not stays
        extra["properties"] = Properties(PacketTypes.CONNECT)
        extra["properties"].SessionExpiryInterval = 600 if stays else 0
    return client, connected, extra


def start(name, stays):
    client, connected, extra = connect(name, stays)
    client.connect(host, port, **extra)
    client.loop_start()
    assert connected.wait(10), "no CONNACK"
    return client


def stop(client):
    client.disconnect()
    client.loop_stop()


first = start(f"stays-{level}", True)
subscribed = threading.Event()
first.on_subscribe = lambda *_: subscribed.set()
first.subscribe(TOPIC, qos=2)
assert subscribed.wait(10), "no SUBACK"
stop(first)

publisher = start(f"publisher-{level}", False)
for number in range(COUNT):
    publisher.publish(TOPIC, str(number), qos=1 + number % 2).wait_for_publish(10)
stop(publisher)

back, connected, extra = connect(f"stays-{level}", True)
done = threading.Event()


def on_message(_client, _data, message):
    back.received.append((int(message.payload), message.qos))
    if len(back.received) == COUNT:
        done.set()


back.on_message = on_message
back.connect(host, port, **extra)
back.loop_start()
assert done.wait(20), f"only {len(back.received)}"
# paho hands a message at QoS 2 on when it is released: order holds within each QoS.
for qos in (1, 2):
    numbers = [number for number, of in back.received if of == qos]
    assert numbers == [number for number in range(COUNT) if 1 + number % 2 == qos], f"not what was published at QoS {qos}: {numbers}"
stop(back)
print("all there")
