"""Publishes and receives 300 messages at each QoS with paho; prints 'all there' at the end. Arguments: host, port, protocol level."""
import sys
import threading

import paho.mqtt.client as mqtt

host, port, level = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
COUNT = 300
received = {0: [], 1: [], 2: []}
subscribed, done = threading.Event(), threading.Event()

arguments = {"client_id": f"paho-{level}", "protocol": level}
if hasattr(mqtt, "CallbackAPIVersion"):
    arguments["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION2
client = mqtt.Client(**arguments)


def on_message(_client, _userdata, message):
    received[message.qos].append(int(message.payload))
    if sum(map(len, received.values())) == 3 * COUNT:
        done.set()


client.on_message = on_message
client.on_subscribe = lambda *_: subscribed.set()
client.connect(host, port)
client.loop_start()
client.subscribe(f"paho/{level}/#", qos=2)
assert subscribed.wait(10), "no SUBACK"
for number in range(COUNT):
    for qos in (0, 1, 2):
        client.publish(f"paho/{level}/{qos}", str(number), qos=qos)
assert done.wait(20), f"only {[len(numbers) for numbers in received.values()]}"
assert all(numbers == list(range(COUNT)) for numbers in received.values()), "out of order"
client.disconnect()
client.loop_stop()
print("all there")
