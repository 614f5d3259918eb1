// kcat: producing, reading, offsets, groups and metadata from the command line.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run, start } from '../../../Mqtt/node/lib/tools.mjs';
import { until } from '../../../Interop/node/lib/wait.mjs';
import { bootstrapOf, startServer } from '../lib/cluster.mjs';

describe('kcat', () => {
  let server, broker;
  before(async () => { server = await startServer({ partitions: 2 }); broker = bootstrapOf(server); });
  after(() => server.dispose());

  const produce = (topic, lines, ...more) => run('kcat', ['-P', '-b', broker, '-t', topic, ...more], lines.join('\n'));
  const consume = (topic, ...more) => run('kcat', ['-C', '-q', '-e', '-b', broker, '-t', topic, '-o', 'beginning', ...more]);

  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    it(`reads back in order what it produced with ${codec}`, async () => {
      const lines = Array.from({ length: 2000 }, (_, at) => `line ${at} of many that look alike`);
      await produce(`codec-${codec}`, lines, '-z', codec, '-p', '1', '-X', 'linger.ms=20');
      assert.deepEqual((await consume(`codec-${codec}`, '-p', '1')).trimEnd().split('\n'), lines);
    });
  }

  it('keeps keys, headers, offsets and timestamps', async () => {
    const before = Date.now();
    await produce('formats', ['key:value'], '-K', ':', '-H', 'one=1', '-H', 'two=2', '-p', '0');
    const [line] = (await consume('formats', '-p', '0', '-f', '%T %t/%p/%o %k=%s [%h]\n')).split('\n');
    const [, timestamp, rest] = /^(\d+) (.*)$/.exec(line);
    assert.equal(rest, 'formats/0/0 key=value [one=1,two=2]');
    assert.ok(before <= Number(timestamp) && Number(timestamp) <= Date.now(), line);
  });

  it('is told a time by its offset', async () => {
    await produce('times', ['early'], '-p', '0');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const between = Date.now();
    await produce('times', ['late'], '-p', '0');
    assert.match(await run('kcat', ['-Q', '-b', broker, '-t', `times:0:${between}`]), /times \[0\] offset 1/);
    assert.match(await run('kcat', ['-Q', '-b', broker, '-t', 'times:0:-1']), /times \[0\] offset 2/);
    assert.match(await run('kcat', ['-Q', '-b', broker, '-t', 'times:0:-2']), /times \[0\] offset 0/);
  });

  it('lists brokers and topics', async () => {
    await produce('listed', ['x']);
    const listing = await run('kcat', ['-L', '-b', broker]);
    assert.match(listing, new RegExp(`broker 1 at ${broker}`));
    assert.match(listing, /topic "listed" with 2 partitions/);
    assert.doesNotMatch(listing, /topic "_/);
  });

  it('shares a topic in a group and goes on where it was', async () => {
    await produce('grouped', Array.from({ length: 50 }, (_, at) => `${at}`), '-p', '0');
    const member = () => start('kcat', ['-q', '-b', broker, '-G', 'kcat-group', '-X', 'auto.offset.reset=earliest', '-X', 'session.timeout.ms=6000', '-c', '50', 'grouped']);
    const first = member();
    await until(() => first.output().split('\n').length > 50, '50 lines', 30_000);
    assert.equal(await first.exited, 0);
    await produce('grouped', ['50'], '-p', '1');
    const second = member();
    await until(() => second.output().includes('50'), 'the 51st line', 30_000);
    second.kill();
    assert.equal(second.output().trim(), '50');
  });

  it('shares a topic between two members, and the one has it all when the other dies', async () => {
    await produce('paired', ['first'], '-p', '0');
    const member = () => start('kcat', ['-b', broker, '-G', 'kcat-pair', '-X', 'auto.offset.reset=earliest', '-X', 'session.timeout.ms=2000', '-X', 'heartbeat.interval.ms=200', '-f', 'got %s\n', 'paired']);
    const share = (one) => [...one.output().matchAll(/rebalanced .*?: (assigned|revoked):?(.*)/g)].at(-1)?.slice(1);
    const holds = (one, count) => share(one)?.[0] === 'assigned' && share(one)[1].split('[').length - 1 === count;
    const members = [member(), member()];
    try {
      await until(() => members.every((one) => holds(one, 1)), () => `one partition each: ${members.map((one) => one.output())}`, 30_000);
      for (const partition of ['0', '1'])
        await produce('paired', [`on ${partition}`], '-p', partition);
      await until(() => members.every((one) => /got on [01]/.test(one.output())), 'a record for each', 30_000);

      members[0].kill();
      await until(() => holds(members[1], 2), () => `both partitions: ${members[1].output()}`, 30_000);
      for (const partition of ['0', '1'])
        await produce('paired', [`later on ${partition}`], '-p', partition);
      await until(() => ['0', '1'].every((partition) => members[1].output().includes(`got later on ${partition}`)), 'both records', 30_000);
    } finally {
      for (const one of members)
        one.kill();
    }
  });

  it('carries a message of nearly a megabyte', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kcat-'));
    try {
      const value = 'x'.repeat(900_000);
      await writeFile(join(directory, 'large'), value);
      await run('kcat', ['-P', '-b', broker, '-t', 'large', '-p', '0', join(directory, 'large')]);
      assert.equal(await consume('large', '-p', '0', '-f', '%s'), value);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
