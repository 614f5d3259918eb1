// @platformatic/kafka, which negotiates the newest versions of everything: records, codecs, groups, admin, large messages.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Admin, Consumer, MessagesStreamModes, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { until } from '../../../Interop/node/lib/wait.mjs';
import { bootstrapOf, startServer } from '../lib/cluster.mjs';
import { Gathered, numbers } from '../lib/gather.mjs';

describe('@platformatic/kafka', () => {
  let server, options, producer, admin;
  const open = [];
  before(async () => {
    server = await startServer({ partitions: 3 });
    options = { bootstrapBrokers: [bootstrapOf(server)], clientId: 'platformatic-suite', autocreateTopics: true };
    producer = new Producer({ ...options, serializers: stringSerializers });
    admin = new Admin(options);
  });
  after(async () => {
    for (const client of open)
      await client.close(true);
    await producer.close();
    await admin.close();
    await server.dispose();
  });

  async function read(topic, groupId = `reads-${topic}`, more = {}) {
    const consumer = new Consumer({ ...options, groupId, deserializers: stringDeserializers, heartbeatInterval: 200, sessionTimeout: 6000, rebalanceTimeout: 6000, ...more });
    open.push(consumer);
    const gathered = new Gathered();
    const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.COMMITTED, fallbackMode: 'earliest', autocommit: true, maxWaitTime: 100 });
    stream.on('data', (message) => gathered.push(message));
    return { consumer, gathered };
  }

  it('reads back key, value, headers and timestamp', async () => {
    const timestamp = BigInt(Date.now());
    await producer.send({ messages: [{ topic: 'p-records', key: 'k', value: 'v', headers: new Map([['one', '1'], ['two', '2']]), timestamp, partition: 0 }] });
    const { gathered } = await read('p-records');
    const [message] = await gathered.reach(1);
    assert.equal(`${message.key} ${message.value} ${message.offset} ${message.timestamp}`, `k v 0 ${timestamp}`);
    assert.deepEqual([...message.headers], [['one', '1'], ['two', '2']]);
  });

  for (const compression of ['none', 'gzip', 'snappy', 'lz4']) {
    it(`reads back in order what it sent with ${compression}`, async () => {
      const values = numbers(1000);
      for (let at = 0; at < values.length; at += 100)
        await producer.send({ compression, messages: values.slice(at, at + 100).map((value) => ({ topic: `p-codec-${compression}`, value, partition: 0 })) });
      const { gathered } = await read(`p-codec-${compression}`);
      assert.deepEqual((await gathered.reach(values.length)).map((message) => message.value), values);
    });
  }

  it('sends once each as an idempotent producer', async () => {
    const careful = new Producer({ ...options, serializers: stringSerializers, idempotent: true });
    open.push(careful);
    for (const value of numbers(50))
      await careful.send({ messages: [{ topic: 'p-once', value, partition: 0 }] });
    const { gathered } = await read('p-once');
    assert.deepEqual((await gathered.reach(50)).map((message) => message.value), numbers(50));
  });

  it('shares a topic among members and goes on where the group was', async () => {
    await admin.createTopics({ topics: ['p-groups'], partitions: 3, replicas: 1 });
    const first = await read('p-groups', 'p');
    const second = await read('p-groups', 'p');
    await until(async () => {
      const group = (await admin.describeGroups({ groups: ['p'] })).get('p');
      return group.state === 'STABLE' && group.members.size === 2;
    }, 'a stable group of two', 30_000);
    await producer.send({ messages: numbers(30).map((value, at) => ({ topic: 'p-groups', value, partition: at % 3 })) });
    await until(() => new Set([...first.gathered, ...second.gathered].map((message) => message.value)).size === 30, 'all records', 30_000);
    // What a member asked for before it gave partitions up may still come to it: the other one gets its share a moment later.
    await until(() => first.gathered.length > 0 && second.gathered.length > 0, 'records for both members', 30_000);
    await first.consumer.close(true);
    await producer.send({ messages: numbers(30, 30).map((value, at) => ({ topic: 'p-groups', value, partition: at % 3 })) });
    await until(() => new Set([...first.gathered, ...second.gathered].map((message) => message.value)).size === 60, 'the rest, by the one that is left', 30_000);
  });

  it('creates, describes, changes and deletes topics and groups', async () => {
    await admin.createTopics({ topics: ['p-admin'], partitions: 2, replicas: 1, configs: [{ name: 'retention.ms', value: '3600000' }] });
    await admin.createPartitions({ topics: [{ name: 'p-admin', count: 4, assignments: null }] });
    assert.equal((await admin.metadata({ topics: ['p-admin'] })).topics.get('p-admin').partitions.length, 4);
    await admin.incrementalAlterConfigs({ resources: [{ resourceType: 2, resourceName: 'p-admin', configs: [{ name: 'retention.ms', configOperation: 0, value: '7200000' }] }] });
    const [described] = await admin.describeConfigs({ resources: [{ resourceType: 2, resourceName: 'p-admin', configurationKeys: ['retention.ms'] }] });
    assert.equal(described.configs[0].value, '7200000');
    await admin.deleteTopics({ topics: ['p-admin'] });
    await until(async () => !(await admin.listTopics()).includes('p-admin'), 'the topic is gone', 30_000);
  });

  it('sets, lists and forgets offsets of groups, and removes groups and records', async () => {
    await admin.createTopics({ topics: ['p-offsets'], partitions: 2, replicas: 1 });
    await producer.send({ messages: numbers(10).map((value) => ({ topic: 'p-offsets', value, partition: 0 })) });
    const ends = async (timestamp) => (await admin.listOffsets({ topics: [{ name: 'p-offsets', partitions: [{ partitionIndex: 0, timestamp }] }] }))[0].partitions[0].offset;
    assert.deepEqual([await ends(-2n), await ends(-1n)], [0n, 10n]);
    await admin.deleteRecords({ topics: [{ name: 'p-offsets', partitions: [{ partition: 0, offset: 4n }] }] });
    assert.equal(await ends(-2n), 4n);

    const committed = async () => (await admin.listConsumerGroupOffsets({ groups: ['p-offsets'] }))[0].topics
      .flatMap((topic) => topic.partitions.map((partition) => [partition.partitionIndex, partition.committedOffset])).sort();
    await admin.alterConsumerGroupOffsets({ groupId: 'p-offsets', topics: [{ name: 'p-offsets', partitionOffsets: [{ partition: 0, offset: 6n }, { partition: 1, offset: 0n }] }] });
    assert.deepEqual(await committed(), [[0, 6n], [1, 0n]]);
    await admin.deleteConsumerGroupOffsets({ groupId: 'p-offsets', topics: [{ name: 'p-offsets', partitionIndexes: [1] }] });
    assert.deepEqual(await committed(), [[0, 6n]]);
    assert.ok((await admin.listGroups()).has('p-offsets'));
    await admin.deleteGroups({ groups: ['p-offsets'] });
    assert.ok(!(await admin.listGroups()).has('p-offsets'));
    const [{ results }] = await admin.describeLogDirs({ topics: [{ name: 'p-offsets', partitions: [0] }] });
    assert.ok(results[0].topics[0].partitions[0].partitionSize > 0n);
  });

  it('carries a message of nearly a megabyte', async () => {
    const value = 'x'.repeat(900_000);
    await producer.send({ messages: [{ topic: 'p-large', value, partition: 0 }] });
    const { gathered } = await read('p-large');
    assert.equal((await gathered.reach(1))[0].value, value);
  });
});
