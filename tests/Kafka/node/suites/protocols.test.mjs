// One log under NATS, MQTT and Kafka: what one writes the others read, with what docs/protocols/mapping.md says becomes of its properties.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import kafkajs from 'kafkajs';
import mqtt from 'mqtt';
import { connect, headers, StringCodec } from 'nats';
import { take, until } from '../../../Interop/node/lib/wait.mjs';
import { bootstrapOf, startServer } from '../lib/cluster.mjs';
import { Gathered } from '../lib/gather.mjs';

const text = StringCodec();

describe('NATS, MQTT and Kafka', () => {
  let server, nats, client, kafka, producer, admin;
  const open = [];
  before(async () => {
    server = await startServer();
    nats = await connect({ servers: new URL(server.url).host });
    client = await mqtt.connectAsync(server.listeners.get('mqtt'), { protocolVersion: 5 });
    kafka = new kafkajs.Kafka({ brokers: [bootstrapOf(server)], logLevel: kafkajs.logLevel.NOTHING });
    producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    admin = kafka.admin();
    await Promise.all([producer.connect(), admin.connect()]);
  });
  after(async () => {
    await Promise.all([...open, producer, admin].map((one) => one.disconnect()));
    await client.endAsync();
    await nats.close();
    await server.dispose();
  });

  async function read(topic) {
    const consumer = kafka.consumer({ groupId: `reads-${topic}`, heartbeatInterval: 200, sessionTimeout: 6000, maxWaitTimeInMs: 100 });
    open.push(consumer);
    const gathered = new Gathered();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => { gathered.push(message); } });
    return gathered;
  }

  const plain = (message) => Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : `${value}`]));

  it('shows Kafka what NATS published before the topic existed', async () => {
    for (const value of ['one', 'two', 'three'])
      nats.publish('before.topic', text.encode(value));
    await nats.flush();
    const messages = await (await read('before.topic')).reach(3);
    assert.deepEqual(messages.map((message) => `${message.key}=${message.value}`), ['before.topic=one', 'before.topic=two', 'before.topic=three']);

    // From here on they lie in the topic, and what follows comes as it is published.
    nats.publish('before.topic', text.encode('four'));
    await until(() => messages.length === 4 && `${messages[3].value}` === 'four', 'the fourth', 30_000);
  });

  it('shows Kafka headers and reply subject of a NATS message', async () => {
    await admin.createTopics({ topics: [{ topic: 'from.nats' }] });
    const given = headers();
    given.append('Name', '1');
    given.append('Name', '2');
    nats.publish('from.nats', text.encode('hello'), { headers: given, reply: 'ans.wer' });
    const [message] = await (await read('from.nats')).reach(1);
    assert.equal(`${message.key}=${message.value}`, 'from.nats=hello');
    assert.deepEqual(plain(message), { Name: ['1', '2'], 'rmq-reply-to': 'ans.wer' });
  });

  it('shows NATS the headers of a Kafka record, and the topic as its subject', async () => {
    await admin.createTopics({ topics: [{ topic: 'to.nats' }] });
    const subscription = nats.subscribe('to.>');
    await nats.flush();
    await producer.send({ topic: 'to.nats', messages: [{ key: 'a key', value: 'hello', headers: { Name: ['1', '2'], 'rmq-reply-to': 're.ply' } }] });
    const [message] = await take(subscription, 1);
    assert.equal(`${message.subject}=${message.string()}`, 'to.nats=hello');
    assert.deepEqual(message.headers.values('Name'), ['1', '2']);
    assert.equal(message.reply, 're.ply');
  });

  it('shows Kafka the properties of an MQTT message', async () => {
    await admin.createTopics({ topics: [{ topic: 'from.mqtt' }] });
    await client.publishAsync('from/mqtt', 'hello', {
      qos: 1, properties: { responseTopic: 're/ply', contentType: 'text/plain', correlationData: Buffer.from('7'), userProperties: { k: ['1', '2'] } },
    });
    const [message] = await (await read('from.mqtt')).reach(1);
    assert.equal(`${message.key}=${message.value}`, 'from.mqtt=hello');
    assert.deepEqual(plain(message), { 'rmq-reply-to': 're.ply', 'rmq-content-type': 'text/plain', 'rmq-correlation-id': '7', k: ['1', '2'], 'rmq-mqtt-qos': '1' });
  });

  it('shows MQTT the headers of a Kafka record as properties', async () => {
    await admin.createTopics({ topics: [{ topic: 'to.mqtt' }] });
    const received = [];
    client.on('message', (topic, payload, packet) => received.push({ topic, payload: `${payload}`, properties: packet.properties ?? {} }));
    await client.subscribeAsync('to/#', { qos: 1 });
    await producer.send({ topic: 'to.mqtt', messages: [{ value: 'hello', headers: { k: ['1', '2'], 'rmq-content-type': 'text/plain', 'rmq-reply-to': 're.ply', 'rmq-correlation-id': '7' } }] });
    await until(() => received.length > 0, 'a message', 30_000);
    const [{ topic, payload, properties }] = received;
    assert.equal(`${topic}=${payload}`, 'to/mqtt=hello');
    assert.equal(properties.contentType, 'text/plain');
    assert.equal(properties.responseTopic, 're/ply');
    assert.equal(`${properties.correlationData}`, '7');
    assert.deepEqual({ ...properties.userProperties }, { k: ['1', '2'] });
  });

  it('gathers subjects of both in a topic with filters, in the order of each subject', async () => {
    await admin.createTopics({ topics: [{ topic: 'plant', configEntries: [{ name: 'robustmq.subjects', value: 'plant.>' }] }] });
    for (let at = 0; at < 20; at++) {
      nats.publish('plant.a.temperature', text.encode(`${at}`));
      await client.publishAsync('plant/b/temperature', `${at}`, { qos: 1 });
    }
    await nats.flush();
    const messages = await (await read('plant')).reach(40);
    for (const subject of ['plant.a.temperature', 'plant.b.temperature'])
      assert.deepEqual(messages.filter((message) => `${message.key}` === subject).map((message) => Number(message.value)), [...Array(20).keys()]);
  });
});
