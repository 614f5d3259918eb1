// Transactions over several queues of a server that is killed again and again in the middle of them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../Interop/node/lib/servers.mjs';
import { start } from '../../../Mqtt/node/lib/tools.mjs';
import { connect, Received, startServer, urlOf } from '../lib/servers.mjs';

const KILLS = 2;
const BETWEEN = 100;

describe('transactions over three queues', () => {
  let server;
  before(async () => { server = await startServer({ port: await freePort() }); });
  after(() => server.dispose());

  it('are in all of them or in none, and there when they were committed, however often the server is killed', async () => {
    const client = start('/usr/bin/python3', [fileURLToPath(new URL('../../python/pika_transactions.py', import.meta.url)), urlOf(server), `${(KILLS + 1) * BETWEEN}`]);
    for (let kill = 1; kill <= KILLS; kill++) {
      await reach(client, kill * BETWEEN);
      await server.kill();
      await server.start();
    }
    assert.equal(await client.exited, 0, client.output());

    const committed = numbers(client, 'committed');
    const connection = await connect(server);
    const stored = await Promise.all(['a', 'b', 'c'].map((queue) => drain(connection, queue)));
    await connection.close();
    assert.deepEqual(stored[1], stored[0]);
    assert.deepEqual(stored[2], stored[0]);
    // In order and once each; what is there beside the committed ones is what a kill left in doubt.
    assert.deepEqual(stored[0], stored[0].toSorted((a, b) => a - b));
    assert.equal(new Set(stored[0]).size, stored[0].length);
    const unsure = new Set(numbers(client, 'unsure'));
    assert.deepEqual(stored[0].filter((number) => !unsure.has(number)), committed);
  });
});

const numbers = (client, word) => [...client.output().matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].map(([, number]) => Number(number));

/** Until there are so many commits: the next one is under way then. */
async function reach(client, count) {
  let ended = false;
  client.exited.then(() => { ended = true; });
  while (numbers(client, 'committed').length < count) {
    assert.ok(!ended, client.output());
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function drain(connection, queue) {
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(queue);
  const received = await Received.from(channel, queue, { noAck: true });
  await received.reach(messageCount);
  return received.texts.map(Number);
}
