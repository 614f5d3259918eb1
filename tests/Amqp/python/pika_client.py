"""RabbitMQ's tutorials and some more with pika, against the server whose URL is given. Prints 'all there' when everything was."""
import sys

import pika


def drain(channel, queue, count):
    """Consumes until there are as many messages as wanted."""
    bodies = []
    for method, _, body in channel.consume(queue, inactivity_timeout=20):
        assert method is not None, f"{queue}: only {bodies} came"
        channel.basic_ack(method.delivery_tag)
        bodies.append(body.decode())
        if len(bodies) == count:
            break
    channel.cancel()
    return bodies


def hello(connection):
    channel = connection.channel()
    channel.queue_declare("hello")
    channel.basic_publish("", "hello", b"Hello World!")
    assert drain(channel, "hello", 1) == ["Hello World!"]


def work(connection):
    channel = connection.channel()
    channel.queue_declare("task_queue", durable=True)
    channel.basic_qos(prefetch_count=1)
    for task in range(5):
        channel.basic_publish("", "task_queue", str(task).encode(), pika.BasicProperties(delivery_mode=2))
    method, _, body = channel.basic_get("task_queue")
    channel.basic_nack(method.delivery_tag, requeue=True)
    again, _, same = channel.basic_get("task_queue")
    assert same == body and again.redelivered
    channel.basic_ack(again.delivery_tag)
    assert drain(channel, "task_queue", 4) == ["1", "2", "3", "4"]


def fanout(connection):
    channel = connection.channel()
    channel.exchange_declare("logs", "fanout")
    queues = [channel.queue_declare("", exclusive=True).method.queue for _ in range(3)]
    for queue in queues:
        channel.queue_bind(queue, "logs")
    channel.basic_publish("logs", "", b"info")
    assert [drain(channel, queue, 1) for queue in queues] == [["info"]] * 3


def direct(connection):
    channel = connection.channel()
    channel.exchange_declare("direct_logs", "direct")
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, "direct_logs", "error")
    for severity in ("info", "error"):
        channel.basic_publish("direct_logs", severity, severity.encode())
    assert drain(channel, queue, 1) == ["error"]


def topics(connection):
    channel = connection.channel()
    channel.exchange_declare("topic_logs", "topic")
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, "topic_logs", "kern.*")
    channel.queue_bind(queue, "topic_logs", "#.critical")
    for key in ("kern.info", "cron.critical", "a.b.critical", "cron.info"):
        channel.basic_publish("topic_logs", key, key.encode())
    assert drain(channel, queue, 3) == ["kern.info", "cron.critical", "a.b.critical"]


def rpc(connection):
    channel = connection.channel()
    channel.queue_declare("rpc_queue")
    replies = []
    channel.basic_consume("amq.rabbitmq.reply-to", lambda ch, method, props, body: replies.append((props.correlation_id, body)), auto_ack=True)

    def serve(ch, method, props, body):
        ch.basic_publish("", props.reply_to, body * 2, pika.BasicProperties(correlation_id=props.correlation_id))
        ch.basic_ack(method.delivery_tag)

    channel.basic_consume("rpc_queue", serve)
    channel.basic_publish("", "rpc_queue", b"ab", pika.BasicProperties(reply_to="amq.rabbitmq.reply-to", correlation_id="1"))
    while not replies:
        connection.process_data_events(time_limit=1)
    assert replies == [("1", b"abab")]


def confirms(connection):
    channel = connection.channel()
    channel.confirm_delivery()
    channel.queue_declare("confirmed", durable=True)
    for number in range(20):
        channel.basic_publish("", "confirmed", str(number).encode(), pika.BasicProperties(delivery_mode=2), mandatory=True)
    try:
        channel.basic_publish("", "nowhere", b"", mandatory=True)
        raise AssertionError("nothing was returned")
    except pika.exceptions.UnroutableError as error:
        assert error.messages[0].method.reply_code == 312
    assert channel.queue_declare("confirmed", passive=True).method.message_count == 20


def transactions(connection):
    channel = connection.channel()
    channel.queue_declare("tx")
    channel.tx_select()
    channel.basic_publish("", "tx", b"lost")
    channel.tx_rollback()
    channel.basic_publish("", "tx", b"kept")
    channel.tx_commit()
    assert drain(channel, "tx", 1) == ["kept"]


def errors(connection):
    for wrong, code in (
        (lambda channel: channel.queue_declare("none", passive=True), 404),
        (lambda channel: channel.queue_declare("amq.own"), 403),
        (lambda channel: channel.exchange_declare("amq.direct", "fanout", durable=True), 406),
    ):
        try:
            wrong(connection.channel())
            raise AssertionError("it was allowed")
        except pika.exceptions.ChannelClosedByBroker as error:
            assert error.reply_code == code, error


connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
{part.__name__: part for part in (hello, work, fanout, direct, topics, rpc, confirms, transactions, errors)}[sys.argv[2]](connection)
connection.close()
print("all there")
