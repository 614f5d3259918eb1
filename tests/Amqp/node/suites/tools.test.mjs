// Debian's command line tools (librabbitmq), and Python's pika; what that one checks is in ../python.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { run } from '../../../Mqtt/node/lib/tools.mjs';
import { fileURLToPath } from 'node:url';
import { startServer, urlOf } from '../lib/servers.mjs';

describe('amqp-tools and pika', () => {
  let server, url;
  before(async () => {
    server = await startServer();
    url = urlOf(server);
  });
  after(() => server.dispose());

  it('amqp-publish, amqp-get and amqp-consume', async () => {
    await run('amqp-declare-queue', ['--url', url, '-d', '-q', 'tools']);
    await run('amqp-publish', ['--url', url, '-r', 'tools', '-p', '-b', 'hello']);
    assert.equal(await run('amqp-get', ['--url', url, '-q', 'tools']), 'hello');
    await assert.rejects(run('amqp-get', ['--url', url, '-q', 'tools']));
    for (const body of ['1', '2'])
      await run('amqp-publish', ['--url', url, '-r', 'tools', '-b', body]);
    assert.equal(await run('amqp-consume', ['--url', url, '-q', 'tools', '-c', '2', 'cat']), '12');
    await run('amqp-delete-queue', ['--url', url, '-q', 'tools']);
  });

  for (const part of ['hello', 'work', 'fanout', 'direct', 'topics', 'rpc', 'confirms', 'transactions', 'errors'])
    it(`pika: ${part}`, async () => {
      const output = await run('/usr/bin/python3', [fileURLToPath(new URL('../../python/pika_client.py', import.meta.url)), url, part]);
      assert.match(output, /all there$/m);
    });
});
