// One message, every protocol: amq.topic is where AMQP meets NATS subjects, MQTT topics and Kafka topics.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import mqtt from 'mqtt';
import { connect as connectNats, headers, StringCodec } from 'nats';
import { connect, Received, startServer } from '../lib/servers.mjs';

const text = StringCodec();

describe('AMQP beside the other protocols', () => {
  let server, connection, channel, nats, mqttClient, kafka;
  before(async () => {
    server = await startServer();
    connection = await connect(server);
    channel = await connection.createChannel();
    nats = await connectNats({ servers: server.listeners.get('nats').replace('nats://', '') });
    mqttClient = await mqtt.connectAsync(server.listeners.get('mqtt'), { protocolVersion: 5 });
    kafka = new Kafka({ brokers: [new URL(server.listeners.get('kafka')).host], logLevel: logLevel.NOTHING });
  });
  after(async () => {
    await Promise.all([connection.close(), nats.close(), mqttClient.endAsync()]);
    await server.dispose();
  });

  const boundQueue = async (pattern) => {
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, 'amq.topic', pattern);
    return Received.from(channel, queue, { noAck: true });
  };

  it('NATS to AMQP, with headers', async () => {
    const received = await boundQueue('from.nats.*');
    const block = headers();
    block.append('Unit', 'C');
    nats.publish('from.nats.a', text.encode('1'), { headers: block });
    const [message] = (await received.reach(1)).messages;
    assert.deepEqual([message.content.toString(), message.fields.routingKey, message.properties.headers.Unit], ['1', 'from.nats.a', 'C']);
  });

  it('MQTT to AMQP, with properties', async () => {
    const received = await boundQueue('from.mqtt.#');
    await mqttClient.publishAsync('from/mqtt/a.b', '1', { qos: 1, properties: { contentType: 'text/plain', correlationData: Buffer.from('c'), userProperties: { unit: 'C' } } });
    const [message] = (await received.reach(1)).messages;
    assert.deepEqual(
      [message.content.toString(), message.fields.routingKey, message.properties.contentType, message.properties.correlationId, message.properties.headers.unit],
      ['1', 'from.mqtt.a/b', 'text/plain', 'c', 'C']);
  });

  it('Kafka to AMQP', async () => {
    const received = await boundQueue('from-kafka');
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'from-kafka' }] });
    await admin.disconnect();
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: 'from-kafka', messages: [{ value: '1', headers: { unit: 'C' } }] });
    await producer.disconnect();
    const [message] = (await received.reach(1)).messages;
    assert.deepEqual([message.content.toString(), message.fields.routingKey, message.properties.headers.unit], ['1', 'from-kafka', 'C']);
  });

  it('AMQP to NATS and MQTT', async () => {
    const subscription = nats.subscribe('from.amqp.>', { max: 1 });
    await mqttClient.subscribeAsync('from/amqp/#');
    await nats.flush();
    const inMqtt = new Promise((resolve) => mqttClient.once('message', (topic, payload, packet) => resolve({ topic, payload: payload.toString(), properties: packet.properties })));
    channel.publish('amq.topic', 'from.amqp.a', Buffer.from('1'), { contentType: 'text/plain', headers: { unit: 'C' } });
    for await (const message of subscription)
      assert.deepEqual([message.subject, text.decode(message.data), message.headers.get('unit'), message.headers.get('Content-Type')], ['from.amqp.a', '1', 'C', 'text/plain']);
    const message = await inMqtt;
    assert.deepEqual([message.topic, message.payload, message.properties.contentType, message.properties.userProperties.unit], ['from/amqp/a', '1', 'text/plain', 'C']);
  });

  it('AMQP to Kafka', async () => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'to.kafka' }] });
    await admin.disconnect();
    const consumer = kafka.consumer({ groupId: 'amqp' });
    await consumer.connect();
    await consumer.subscribe({ topic: 'to.kafka', fromBeginning: true });
    const got = new Promise((resolve) => { consumer.run({ eachMessage: async ({ message }) => resolve(message) }); });
    channel.publish('amq.topic', 'to.kafka', Buffer.from('1'), { persistent: true, headers: { unit: 'C' } });
    const message = await got;
    assert.deepEqual([message.value.toString(), message.headers.unit.toString()], ['1', 'C']);
    await consumer.disconnect();
  });
});
