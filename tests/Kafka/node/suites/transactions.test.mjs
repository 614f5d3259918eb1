// Transactions of kafkajs, confluent_kafka and a copying loop over two gateways; who reads what of them, in Kafka's protocol and in the others.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';
import mqtt from 'mqtt';
import { connect, StringCodec } from 'nats';
import { run } from '../../../Mqtt/node/lib/tools.mjs';
import { take, until } from '../../../Interop/node/lib/wait.mjs';
import { bootstrapOf, startServer } from '../lib/cluster.mjs';
import { Gathered, numbers } from '../lib/gather.mjs';

const { Kafka, logLevel, Partitioners } = kafkajs;
const script = fileURLToPath(new URL('../../python/transactions.py', import.meta.url));

describe('transactions', () => {
  let server, broker, kafka, plain, admin;
  const open = [];
  before(async () => {
    server = await startServer({ partitions: 2 });
    broker = bootstrapOf(server);
    kafka = new Kafka({ brokers: [broker], clientId: 'transactions-suite', connectionTimeout: 10_000, logLevel: logLevel.NOTHING });
    plain = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    admin = kafka.admin();
    await Promise.all([plain.connect(), admin.connect()]);
  });
  after(async () => {
    await Promise.all([...open, plain, admin].map((client) => client.disconnect()));
    await server.dispose();
  });

  async function transactional(transactionalId) {
    const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner });
    open.push(producer);
    await producer.connect();
    return producer;
  }

  async function send(producer, topic, values, end) {
    const transaction = await producer.transaction();
    for (const value of values)
      await transaction.send({ topic, messages: [{ value, partition: 0 }] });
    await transaction[end]();
  }

  async function read(topic, readUncommitted = false) {
    const consumer = kafka.consumer({ groupId: `reads-${topic}-${readUncommitted}`, heartbeatInterval: 200, sessionTimeout: 6000, maxWaitTimeInMs: 100, readUncommitted });
    open.push(consumer);
    const gathered = new Gathered();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => { gathered.push(`${message.value}`); } });
    return gathered;
  }

  /** Lines of kcat, to the end of what it may see. */
  const kcat = async (topic, isolation) =>
    (await run('kcat', ['-C', '-q', '-e', '-b', broker, '-t', topic, '-p', '0', '-o', 'beginning', '-X', `isolation.level=${isolation}`])).trimEnd().split('\n');

  it('kafkajs: what is committed is read, and what is aborted only by who reads everything', async () => {
    const producer = await transactional('js-ends');
    await send(producer, 'js-ends', ['a', 'b'], 'commit');
    await send(producer, 'js-ends', ['undone', 'too'], 'abort');
    await send(producer, 'js-ends', ['c'], 'commit');
    assert.deepEqual([...await (await read('js-ends')).reach(3)], ['a', 'b', 'c']);
    assert.deepEqual([...await (await read('js-ends', true)).reach(5)], ['a', 'b', 'undone', 'too', 'c']);
    assert.deepEqual(await kcat('js-ends', 'read_committed'), ['a', 'b', 'c']);
    assert.deepEqual(await kcat('js-ends', 'read_uncommitted'), ['a', 'b', 'undone', 'too', 'c']);
  });

  it('kafkajs: nobody who reads committed records gets past an open transaction', async () => {
    const producer = await transactional('js-open');
    await plain.send({ topic: 'js-open', messages: [{ value: 'before', partition: 0 }] });
    const transaction = await producer.transaction();
    await transaction.send({ topic: 'js-open', messages: [{ value: 'open', partition: 0 }] });
    await plain.send({ topic: 'js-open', messages: [{ value: 'behind', partition: 0 }] });
    const gathered = await read('js-open');
    await gathered.reach(1);
    assert.deepEqual(await kcat('js-open', 'read_committed'), ['before']);
    assert.deepEqual(await kcat('js-open', 'read_uncommitted'), ['before', 'open', 'behind']);
    assert.deepEqual([...gathered], ['before']);
    await transaction.commit();
    assert.deepEqual([...await gathered.reach(3)], ['before', 'open', 'behind']);
  });

  it('kafkajs: offsets come with the transaction, so every input is in the output once', async () => {
    await admin.createTopics({ topics: [{ topic: 'js-in', numPartitions: 1 }, { topic: 'js-out', numPartitions: 1 }] });
    const values = numbers(60);
    await plain.send({ topic: 'js-in', messages: values.map((value) => ({ value })) });
    const committed = async () => (await admin.fetchOffsets({ groupId: 'js-copies', topics: ['js-in'] }))[0].partitions[0].offset;
    for (const [id, isLost] of [['js-copy-1', true], ['js-copy-2', false]]) {
      const producer = await transactional(id);
      const consumer = kafka.consumer({ groupId: 'js-copies', heartbeatInterval: 200, sessionTimeout: 6000, maxWaitTimeInMs: 100, maxBytesPerPartition: 1024 });
      await consumer.connect();
      await consumer.subscribe({ topic: 'js-in', fromBeginning: true });
      let batches = 0;
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset }) => {
          const transaction = await producer.transaction();
          await transaction.send({ topic: 'js-out', messages: batch.messages.map(({ value }) => ({ value })) });
          const next = `${BigInt(batch.lastOffset()) + 1n}`;
          await transaction.sendOffsets({ consumerGroupId: 'js-copies', topics: [{ topic: 'js-in', partitions: [{ partition: 0, offset: next }] }] });
          // The first copier's work is undone: its offsets are too, and another begins where it did.
          await (isLost ? transaction.abort() : transaction.commit());
          resolveOffset(batch.lastOffset());
          batches++;
        },
      });
      await until(async () => (isLost ? batches > 0 : (await committed()) === '60'), 'a copy', 30_000);
      await consumer.disconnect();
      if (isLost)
        assert.equal(await committed(), '-1');
    }
    assert.deepEqual(await kcat('js-out', 'read_committed'), values);
  });

  for (const part of ['ends', 'fenced', 'copies'])
    it(`confluent_kafka: ${part}`, async () => assert.match(await run('/usr/bin/python3', [script, broker, part]), /all there$/m));

  it('NATS and MQTT subscribers see what is committed, when it is, and nothing that is not', async () => {
    const nats = await connect({ servers: new URL(server.url).host });
    const client = await mqtt.connectAsync(server.listeners.get('mqtt'), { protocolVersion: 5 });
    try {
      await admin.createTopics({ topics: [{ topic: 'shared.tx', numPartitions: 1 }] });
      const received = [];
      client.on('message', (_, payload) => received.push(`${payload}`));
      await client.subscribeAsync('shared/tx', { qos: 1 });
      const subscription = nats.subscribe('shared.tx');
      await nats.flush();
      const producer = await transactional('js-shared');
      await send(producer, 'shared.tx', ['undone'], 'abort');
      await send(producer, 'shared.tx', ['one', 'two'], 'commit');
      await plain.send({ topic: 'shared.tx', messages: [{ value: 'three', partition: 0 }] });
      assert.deepEqual((await take(subscription, 3)).map((message) => StringCodec().decode(message.data)), ['one', 'two', 'three']);
      await until(() => received.length >= 3, 'three MQTT messages', 30_000);
      assert.deepEqual(received, ['one', 'two', 'three']);
    } finally {
      await client.endAsync();
      await nats.close();
    }
  });
});
