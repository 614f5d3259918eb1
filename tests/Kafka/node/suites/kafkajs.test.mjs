// kafkajs: records, codecs, groups, admin, large messages.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import kafkajs from 'kafkajs';
import snappy from 'snappyjs';
import { until } from '../../../Interop/node/lib/wait.mjs';
import { bootstrapOf, startServer } from '../lib/cluster.mjs';
import { Gathered, numbers } from '../lib/gather.mjs';

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs;

// Java's framing of snappy: a header, then blocks of their lengths. Blocks without the header are read by every client.
CompressionCodecs[CompressionTypes.Snappy] = () => ({
  compress: async (encoder) => Buffer.from(snappy.compress(encoder.buffer)),
  decompress: async (buffer) => Buffer.from(snappy.uncompress(buffer)),
});

describe('kafkajs', () => {
  let server, kafka, producer, admin;
  const open = [];
  before(async () => {
    server = await startServer({ partitions: 3 });
    kafka = new Kafka({ brokers: [bootstrapOf(server)], clientId: 'kafkajs-suite', connectionTimeout: 10_000, logLevel: logLevel.NOTHING });
    producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    admin = kafka.admin();
    await Promise.all([producer.connect(), admin.connect()]);
  });
  after(async () => {
    await Promise.all([...open, producer, admin].map((client) => client.disconnect()));
    await server.dispose();
  });

  async function read(topic, groupId = `reads-${topic}`) {
    const consumer = kafka.consumer({ groupId, heartbeatInterval: 200, sessionTimeout: 6000, maxWaitTimeInMs: 100 });
    open.push(consumer);
    const gathered = new Gathered();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ partition, message }) => { gathered.push({ partition, ...message }); } });
    return { consumer, gathered };
  }

  it('reads back key, value, headers and timestamp', async () => {
    const timestamp = `${Date.now()}`;
    await producer.send({ topic: 'js-records', messages: [{ key: 'k', value: 'v', headers: { one: ['1', 'again'], two: '2' }, timestamp, partition: 0 }] });
    const { gathered } = await read('js-records');
    const [message] = await gathered.reach(1);
    assert.equal(`${message.key} ${message.value} ${message.offset} ${message.timestamp}`, `k v 0 ${timestamp}`);
    assert.deepEqual(message.headers.one.map(String), ['1', 'again']);
    assert.equal(`${message.headers.two}`, '2');
  });

  for (const [name, compression] of [['none', CompressionTypes.None], ['gzip', CompressionTypes.GZIP], ['snappy', CompressionTypes.Snappy]]) {
    it(`reads back in order what it sent with ${name}`, async () => {
      const values = numbers(1000);
      for (let at = 0; at < values.length; at += 100)
        await producer.send({ topic: `js-codec-${name}`, compression, messages: values.slice(at, at + 100).map((value) => ({ value, partition: 0 })) });
      const { gathered } = await read(`js-codec-${name}`);
      assert.deepEqual((await gathered.reach(values.length)).map((message) => `${message.value}`), values);
    });
  }

  it('sends once each as an idempotent producer', async () => {
    const careful = kafka.producer({ idempotent: true, createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    open.push(careful);
    await careful.connect();
    for (const value of numbers(50))
      await careful.send({ topic: 'js-once', messages: [{ value, partition: 0 }] });
    const { gathered } = await read('js-once');
    assert.deepEqual((await gathered.reach(50)).map((message) => `${message.value}`), numbers(50));
  });

  it('shares a topic among members and goes on where the group was', async () => {
    await admin.createTopics({ topics: [{ topic: 'js-groups', numPartitions: 3 }] });
    const [first, second] = [await read('js-groups', 'js'), await read('js-groups', 'js')];
    await until(async () => (await admin.describeGroups(['js'])).groups[0].members.length === 2 && (await admin.describeGroups(['js'])).groups[0].state === 'Stable',
      'a stable group of two', 30_000);
    await producer.send({ topic: 'js-groups', messages: numbers(30).map((value, at) => ({ value, partition: at % 3 })) });
    const gathered = () => new Set([...first.gathered, ...second.gathered].map((message) => `${message.value}`)).size;
    await until(() => gathered() === 30, 'all records', 30_000);
    assert.ok(first.gathered.length > 0 && second.gathered.length > 0);

    await first.consumer.disconnect();
    await producer.send({ topic: 'js-groups', messages: numbers(30, 30).map((value, at) => ({ value, partition: at % 3 })) });
    await until(() => gathered() === 60, 'the rest, by the one that is left', 30_000);
    await second.consumer.disconnect();
    const offsets = await admin.fetchOffsets({ groupId: 'js', topics: ['js-groups'] });
    assert.deepEqual(offsets[0].partitions.sort((a, b) => a.partition - b.partition).map((partition) => partition.offset), ['20', '20', '20']);
    assert.equal(new Set([...first.gathered, ...second.gathered].map((message) => `${message.value}`)).size, 60);
  });

  it('creates, describes, changes and deletes topics and groups', async () => {
    await admin.createTopics({ topics: [{ topic: 'js-admin', numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '3600000' }] }] });
    await admin.createPartitions({ topicPartitions: [{ topic: 'js-admin', count: 4 }] });
    const metadata = await admin.fetchTopicMetadata({ topics: ['js-admin'] });
    assert.equal(metadata.topics[0].partitions.length, 4);
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: 'js-admin' }];
    await admin.alterConfigs({ resources: resources.map((resource) => ({ ...resource, configEntries: [{ name: 'retention.ms', value: '7200000' }] })) });
    const described = await admin.describeConfigs({ resources, includeSynonyms: false });
    assert.equal(described.resources[0].configEntries.find((entry) => entry.configName === 'retention.ms').configValue, '7200000');
    await assert.rejects(admin.createTopics({ topics: [{ topic: 'js-refused', configEntries: [{ name: 'flush.messages', value: '1' }] }] }), /CreateTopic|creation/i);

    await producer.send({ topic: 'js-admin', messages: numbers(10).map((value) => ({ value, partition: 0 })) });
    // This client knows leaders of topics only that it has asked about.
    await admin.fetchTopicOffsets('js-admin');
    await admin.deleteTopicRecords({ topic: 'js-admin', partitions: [{ partition: 0, offset: '4' }] });
    const offsets = await admin.fetchTopicOffsets('js-admin');
    assert.deepEqual({ ...offsets.find((partition) => partition.partition === 0) }, { partition: 0, offset: '10', high: '10', low: '4' });

    await admin.setOffsets({ groupId: 'js-admin', topic: 'js-admin', partitions: [{ partition: 0, offset: '5' }] });
    assert.ok((await admin.listGroups()).groups.some((group) => group.groupId === 'js-admin'));
    await admin.deleteGroups(['js-admin']);
    await admin.deleteTopics({ topics: ['js-admin'] });
    await until(async () => !(await admin.listTopics()).includes('js-admin'), 'the topic is gone', 30_000);
  });

  it('starts a group over from either end', async () => {
    await admin.createTopics({ topics: [{ topic: 'js-reset', numPartitions: 1 }] });
    await producer.send({ topic: 'js-reset', messages: numbers(10).map((value) => ({ value })) });
    const offset = async () => (await admin.fetchOffsets({ groupId: 'js-reset', topics: ['js-reset'] }))[0].partitions[0].offset;
    for (const earliest of [true, false]) {
      await admin.setOffsets({ groupId: 'js-reset', topic: 'js-reset', partitions: [{ partition: 0, offset: '5' }] });
      assert.equal(await offset(), '5');
      await admin.resetOffsets({ groupId: 'js-reset', topic: 'js-reset', earliest });
      assert.ok(Number(await offset()) < 0);
    }
    const { gathered } = await read('js-reset', 'js-reset');
    assert.deepEqual((await gathered.reach(10)).map((message) => `${message.value}`), numbers(10));
  });

  it('carries a message of nearly a megabyte', async () => {
    const value = Buffer.alloc(900_000, 7);
    await producer.send({ topic: 'js-large', messages: [{ value, partition: 0 }] });
    const { gathered } = await read('js-large');
    assert.ok((await gathered.reach(1))[0].value.equals(value));
  });
});
