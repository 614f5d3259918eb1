// The six RabbitMQ tutorials, and what else programs written with amqplib do.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, Received, startServer } from '../lib/servers.mjs';

describe('amqplib', () => {
  let server, connection;
  before(async () => {
    server = await startServer();
    connection = await connect(server);
  });
  after(async () => {
    await connection.close();
    await server.dispose();
  });

  it('hello world: one producer, one queue, one consumer', async () => {
    const channel = await connection.createChannel();
    await channel.assertQueue('hello', { durable: false });
    channel.sendToQueue('hello', Buffer.from('Hello World!'));
    const received = await Received.from(channel, 'hello', { noAck: true });
    assert.deepEqual((await received.reach(1)).texts, ['Hello World!']);
    await channel.close();
  });

  it('work queues: workers take turns, and a dead one\'s work is done by the others', async () => {
    const [tasks, first, second] = await Promise.all([1, 2, 3].map(() => connection.createChannel()));
    await tasks.assertQueue('task_queue', { durable: true });
    await Promise.all([first.prefetch(1), second.prefetch(1)]);
    const lazy = await Received.from(first, 'task_queue');
    const busy = await Received.from(second, 'task_queue');
    for (let task = 0; task < 6; task++)
      tasks.sendToQueue('task_queue', Buffer.from(`task ${task}`), { persistent: true });
    await Promise.all([lazy.reach(1), busy.reach(1)]);
    for (let done = 1; done <= 5; done++) {
      await busy.reach(done);
      second.ack(busy.messages[done - 1]);
    }
    await first.close();
    await busy.reach(6);
    assert.equal(busy.messages[5].fields.redelivered, true);
    assert.deepEqual(busy.texts.toSorted(), [0, 1, 2, 3, 4, 5].map((task) => `task ${task}`));
    second.ack(busy.messages[5]);
    await Promise.all([second.close(), tasks.close()]);
  });

  it('publish and subscribe: a fanout exchange and queues that go with their connection', async () => {
    const channel = await connection.createChannel();
    await channel.assertExchange('logs', 'fanout', { durable: false });
    const receivers = [];
    for (let at = 0; at < 3; at++) {
      const { queue } = await channel.assertQueue('', { exclusive: true });
      await channel.bindQueue(queue, 'logs', '');
      receivers.push(await Received.from(channel, queue, { noAck: true }));
    }
    channel.publish('logs', '', Buffer.from('info: hello'));
    for (const receiver of receivers)
      assert.deepEqual((await receiver.reach(1)).texts, ['info: hello']);
    await channel.close();
  });

  it('routing: a direct exchange', async () => {
    const channel = await connection.createChannel();
    await channel.assertExchange('direct_logs', 'direct', { durable: false });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    for (const severity of ['warning', 'error'])
      await channel.bindQueue(queue, 'direct_logs', severity);
    const received = await Received.from(channel, queue, { noAck: true });
    for (const severity of ['info', 'warning', 'error'])
      channel.publish('direct_logs', severity, Buffer.from(severity));
    assert.deepEqual((await received.reach(2)).texts, ['warning', 'error']);
    await channel.close();
  });

  it('topics: patterns of words', async () => {
    const channel = await connection.createChannel();
    await channel.assertExchange('topic_logs', 'topic', { durable: false });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    for (const pattern of ['*.orange.*', 'lazy.#'])
      await channel.bindQueue(queue, 'topic_logs', pattern);
    const received = await Received.from(channel, queue, { noAck: true });
    for (const key of ['quick.orange.rabbit', 'quick.brown.fox', 'lazy.orange.elephant', 'lazy', 'orange'])
      channel.publish('topic_logs', key, Buffer.from(key));
    assert.deepEqual((await received.reach(3)).texts, ['quick.orange.rabbit', 'lazy.orange.elephant', 'lazy']);
    await channel.close();
  });

  it('remote procedure call: replies to a queue, and without one', async () => {
    const [server_, client] = await Promise.all([connection.createChannel(), connection.createChannel()]);
    await server_.assertQueue('rpc_queue', { durable: false });
    await server_.consume('rpc_queue', (request) => {
      const number = Number(request.content.toString());
      server_.sendToQueue(request.properties.replyTo, Buffer.from(`${number * 2}`), { correlationId: request.properties.correlationId });
      server_.ack(request);
    });
    const { queue } = await client.assertQueue('', { exclusive: true });
    for (const replyTo of [queue, 'amq.rabbitmq.reply-to']) {
      const replies = await Received.from(client, replyTo, { noAck: true });
      client.sendToQueue('rpc_queue', Buffer.from('21'), { correlationId: 'c', replyTo });
      const [reply] = (await replies.reach(1)).messages;
      assert.deepEqual([reply.content.toString(), reply.properties.correlationId], ['42', 'c']);
    }
    await Promise.all([server_.close(), client.close()]);
  });

  it('publisher confirms, one by one and many at once', async () => {
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('confirmed');
    for (let number = 0; number < 500; number++)
      channel.sendToQueue('confirmed', Buffer.from(`${number}`), { persistent: true });
    await channel.waitForConfirms();
    assert.equal((await channel.checkQueue('confirmed')).messageCount, 500);
    assert.equal((await channel.purgeQueue('confirmed')).messageCount, 500);
    await channel.close();
  });

  it('headers keep their types', async () => {
    const channel = await connection.createChannel();
    await channel.assertQueue('headers');
    const headers = { text: 'é', yes: true, small: 1, large: 2 ** 40, fraction: 1.5, list: ['a', 1], table: { inner: 'x' }, nothing: null, bytes: Buffer.from([1, 2]) };
    channel.sendToQueue('headers', Buffer.from('1'), { headers, contentType: 'application/json', messageId: 'm', timestamp: 1_700_000_000, priority: 3, type: 't', appId: 'a' });
    const message = await got(channel, 'headers');
    assert.deepEqual(message.properties.headers, headers);
    assert.deepEqual(
      [message.properties.contentType, message.properties.messageId, message.properties.timestamp, message.properties.priority, message.properties.type, message.properties.appId],
      ['application/json', 'm', 1_700_000_000, 3, 't', 'a']);
    await channel.close();
  });

  it('a channel that made a mistake is closed, and tells why', async () => {
    const channel = await connection.createChannel();
    const told = new Promise((resolve) => channel.once('error', resolve));
    await assert.rejects(channel.checkQueue('not there'));
    const error = await told;
    assert.match(error.message, /404 \(NOT-FOUND\) with message "NOT_FOUND - no queue 'not there' in vhost '\/'"/);
  });

  it('a message of four megabytes', async () => {
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('large');
    const body = Buffer.alloc(4 << 20, 'x');
    channel.sendToQueue('large', body);
    await channel.waitForConfirms();
    assert.ok((await got(channel, 'large')).content.equals(body));
    await channel.close();
  });

  async function got(channel, queue) {
    const message = await channel.get(queue, { noAck: true });
    assert.ok(message, `${queue} is empty`);
    return message;
  }
});
