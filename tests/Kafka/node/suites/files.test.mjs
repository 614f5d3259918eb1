// Segment files as Kafka's own: a parser of record batches that is none of ours reads what producers sent out of the files of a stopped node.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../../Mqtt/node/lib/tools.mjs';
import { bootstrapOf, startServer } from '../lib/cluster.mjs';

const script = fileURLToPath(new URL('../../python/files.py', import.meta.url));
const files = (...parameters) => run('/usr/bin/python3', [script, ...parameters]);

it('segment files are read by kafka-python as Kafka wrote them', async () => {
  const data = await mkdtemp(join(tmpdir(), 'robustmq-files-'));
  try {
    // Small segments, so that the records lie in several files.
    const server = await startServer({}, { data, storage: { port: 0, segment_bytes: '64KiB' } });
    try {
      assert.match(await files('produce', bootstrapOf(server)), /all there$/m);
      await server.stop();
    } finally {
      await server.dispose();
    }
    const logs = (await readdir(join(data, 'segments'), { withFileTypes: true })).filter((entry) => entry.isDirectory());
    assert.match(await files('read', ...logs.map((log) => join(data, 'segments', log.name))), /all there$/m);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});
