// Gateways as processes of their own, one of which is killed.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AmqpProcesses, connect, Received } from '../lib/servers.mjs';

const COUNT = 2_000;

describe('AMQP gateways as processes', () => {
  let cluster;
  before(async () => { cluster = await AmqpProcesses.start(2); });
  after(() => cluster.dispose());

  it('lose nothing that was confirmed when one of them is killed', async () => {
    const [doomed, other] = await Promise.all(cluster.gateways.map(connect));
    const held = await doomed.createChannel();
    await held.assertQueue('q', { durable: true });
    await held.prefetch(100);
    const publisher = await other.createConfirmChannel();
    await publisher.checkQueue('q');
    const taken = await Received.from(held, 'q');
    for (let number = 0; number < COUNT; number++)
      publisher.sendToQueue('q', Buffer.from(`${number}`), { persistent: true });
    await publisher.waitForConfirms();
    await taken.reach(100);
    await cluster.gateways[0].kill();
    const rest = await other.createChannel();
    const received = await Received.from(rest, 'q', { noAck: true });
    await received.reach(COUNT);
    assert.deepEqual([...new Set(received.texts.map(Number))].toSorted((a, b) => a - b), Array.from({ length: COUNT }, (_, number) => number));
    await other.close();
  });
});
