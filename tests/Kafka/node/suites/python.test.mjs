// Debian's two Python clients; what they check is in ../python.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../../Mqtt/node/lib/tools.mjs';
import { bootstrapOf, startServer } from '../lib/cluster.mjs';

describe('Python clients', () => {
  let server;
  before(async () => { server = await startServer({ partitions: 3 }); });
  after(() => server.dispose());

  for (const script of ['kafka_python.py', 'confluent.py']) {
    for (const part of ['records', 'codecs', 'groups', 'admin', 'large']) {
      it(`${script}: ${part}`, async () => {
        const output = await run('/usr/bin/python3', [fileURLToPath(new URL(`../../python/${script}`, import.meta.url)), bootstrapOf(server), part]);
        assert.match(output, /all there$/m);
      });
    }
  }
});
