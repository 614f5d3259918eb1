// What mosquitto_pub and mosquitto_sub can be told on their command lines, as far as it reaches a broker.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Certificates } from '../../../Interop/node/lib/certificates.mjs';
import { startAllInOne } from '../../../Interop/node/lib/servers.mjs';
import { until } from '../../../Interop/node/lib/wait.mjs';
import { mosquitto, run, start } from '../lib/tools.mjs';

let server, certificates, folder;
before(async () => {
  certificates = await Certificates.create();
  folder = await mkdtemp(join(tmpdir(), 'rmq-mosquitto-'));
  const tls = { certificate: certificates.certificate('server'), key: certificates.key('server'), ca: certificates.certificate('ca'), client_certificates: 'optional' };
  server = await startAllInOne({
    mqtt: { secure: { port: 0, tls } },
    auth: { users: [{ name: 'ann', password: 'secret' }, { name: 'dev', certificates: ['ann.example'] }] },
  });
});
after(async () => {
  await server.dispose();
  await certificates.dispose();
  await rm(folder, { recursive: true });
});

const login = ['-u', 'ann', '-P', 'secret'];
const address = () => server.listeners.get('mqtt');
const pub = (...args) => run('mosquitto_pub', mosquitto(address(), ...login, ...args));
const sub = (...args) => run('mosquitto_sub', mosquitto(address(), ...login, '-W', '30', ...args));
const lines = (text) => text.trim().split('\n').filter((line) => !line.startsWith('Client ') && line !== '');

/** Subscribes, publishes when the SUBACK is there, and returns what the subscriber printed. */
async function exchange(subscribe, publish) {
  const subscriber = start('mosquitto_sub', ['-d', ...mosquitto(address(), ...login, '-W', '30', '-F', 'GOT %t|%q|%p', ...subscribe)]);
  await until(() => /Subscribed/.test(subscriber.output()), 'SUBACK');
  await publish();
  assert.equal(await subscriber.exited, 0, subscriber.output());
  return subscriber.output().split('\n').filter((line) => line.startsWith('GOT ')).map((line) => line.slice(4));
}

describe('mosquitto_pub', () => {
  it('sends a file (-f), all of its input (-s), an empty message (-n) and a message many times (--repeat)', async () => {
    const file = join(folder, 'message');
    await writeFile(file, Buffer.alloc(70_000, 'x'));
    const got = await exchange(['-t', 'pub/#', '-C', '6', '-F', 'GOT %t|%l'], async () => {
      await pub('-t', 'pub/file', '-f', file, '-q', '1');
      await run('mosquitto_pub', mosquitto(address(), ...login, '-t', 'pub/input', '-s', '-q', '1'), 'line 1\nline 2\n');
      await pub('-t', 'pub/empty', '-n', '-q', '1');
      await pub('-t', 'pub/again', '-m', '12', '--repeat', '3', '--repeat-delay', '0.01', '-q', '2', '-M', '1');
    });
    assert.deepEqual(got, ['pub/file|70000', 'pub/input|14', 'pub/empty|0', 'pub/again|2', 'pub/again|2', 'pub/again|2']);
  });

  it('takes an address as a URL (-L), binds (-A), keeps alive (-k), prefixes its name (-I) and says what it has (-x, -D connect)', async () => {
    const { hostname, port } = new URL(address());
    const got = await exchange(['-t', 'url', '-C', '2'], async () => {
      await run('mosquitto_pub', ['-L', `mqtt://ann:secret@${hostname}:${port}/url`, '-m', 'one', '-A', '127.0.0.1', '--nodelay', '-k', '5', '-I', 'prefix-', '-q', '1']);
      await pub('-V', 'mqttv5', '-t', 'url', '-m', 'two', '-q', '2', '-x', '60', '-i', 'named', '-c', '-D', 'connect', 'receive-maximum', '1', '-D', 'connect', 'user-property', 'a', 'b',
        '-D', 'connect', 'topic-alias-maximum', '5', '-D', 'connect', 'maximum-packet-size', '1000', '-D', 'disconnect', 'session-expiry-interval', '0');
    });
    assert.deepEqual(got, ['url|0|one', 'url|0|two']);
  });

  it('is told that its password is wrong', async () => {
    await assert.rejects(run('mosquitto_pub', mosquitto(address(), '-u', 'ann', '-P', 'wrong', '-t', 'x', '-m', 'x')), /ended with (4|5)/);
    await assert.rejects(run('mosquitto_pub', mosquitto(address(), '-V', 'mqttv5', '-t', 'x', '-m', 'x')), /ended with/);
  });

  it('shows a certificate (--cert, --key), chooses a TLS version and trusts a folder (--capath) or nobody in particular (--insecure)', async () => {
    const to = server.listeners.get('mqtt-tls');
    const own = ['--cert', certificates.certificate('client'), '--key', certificates.key('client')];
    for (const version of ['tlsv1.2', 'tlsv1.3'])
      await run('mosquitto_pub', mosquitto(to, '--cafile', certificates.certificate('ca'), ...own, '--tls-version', version, '-t', 'tls', '-m', 'x', '-q', '1'));
    await run('mosquitto_pub', mosquitto(to, '--cafile', certificates.certificate('ca'), '--insecure', ...login, '--tls-alpn', 'mqtt', '-t', 'tls', '-m', 'x', '-q', '1'));
    await assert.rejects(run('mosquitto_pub', mosquitto(to, '--cafile', certificates.certificate('ca'), '-t', 'tls', '-m', 'x')), /ended with/);
  });

  it('leaves a will, retained where asked for, when it is lost', async () => {
    const got = await exchange(['-t', 'will/pub', '-C', '1', '-q', '2'], async () => {
      const dying = start('mosquitto_sub', ['-d', ...mosquitto(address(), ...login, '-t', 'nothing', '--will-topic', 'will/pub', '--will-payload', 'gone', '--will-qos', '2', '--will-retain')]);
      await until(() => /Subscribed/.test(dying.output()), 'SUBACK');
      dying.kill();
    });
    assert.deepEqual(got, ['will/pub|2|gone']);
    assert.deepEqual(lines(await sub('-t', 'will/pub', '--retained-only', '-C', '1', '-F', '%r %p')), ['1 gone']);
  });
});

describe('mosquitto_sub', () => {
  it('reads only what is retained (--retained-only), nothing that is (-R), and takes it away (--remove-retained)', async () => {
    for (const name of ['a', 'b'])
      await pub('-t', `kept/${name}`, '-m', name, '-r', '-q', '1');
    assert.deepEqual(lines(await sub('-t', 'kept/#', '--retained-only', '-C', '2', '-F', '%t %r')).sort(), ['kept/a 1', 'kept/b 1']);
    assert.deepEqual(await exchange(['-t', 'kept/#', '-R', '-C', '1'], () => pub('-t', 'kept/c', '-m', 'live', '-q', '1')), ['kept/c|0|live']);
    // It never counts what it takes away, beside any broker: its time ends it.
    await assert.rejects(sub('-t', 'kept/#', '--remove-retained', '-W', '3'), /ended with 27/);
    await assert.rejects(run('mosquitto_sub', mosquitto(address(), ...login, '-t', 'kept/#', '-C', '1', '-W', '1')), /ended with 27/);
  });

  it('takes several filters (-t), leaves some out (-T), gives some up (-U) and prints topics (-v, -N)', async () => {
    const got = await exchange(['-t', 'many/+', '-t', 'more/#', '-T', 'many/out', '-U', 'gone/#', '-C', '2'], async () => {
      await pub('-t', 'many/out', '-m', 'out', '-q', '1');
      await pub('-t', 'many/in', '-m', 'in', '-q', '1');
      await pub('-t', 'more/a/b', '-m', 'in', '-q', '1');
    });
    assert.deepEqual(got, ['many/in|0|in', 'more/a/b|0|in']);
    await pub('-t', 'plain', '-m', 'x', '-r', '-q', '1');
    assert.equal(await sub('-t', 'plain', '-v', '-N', '-C', '1', '--retained-only'), 'plain x');
  });

  it('asks for no messages of its own, flags as published and identifiers (-D subscribe)', async () => {
    const V = ['-V', 'mqttv5'];
    const got = await exchange([...V, '-t', 'opts', '-D', 'subscribe', 'subscription-identifier', '9', '-q', '1', '-C', '1', '-F', 'GOT %S|%p'], () => pub(...V, '-t', 'opts', '-m', 'x', '-q', '1'));
    assert.deepEqual(got, ['9|x']);
  });

  it('waits for its session to be there (-E), stays (-c, -x) and gets what it missed', async () => {
    const session = ['-V', 'mqttv5', '-i', 'missed', '-c', '-x', '600', '-q', '1', '-t', 'missed'];
    await sub(...session, '-E');
    await pub('-t', 'missed', '-m', 'while away', '-q', '1');
    assert.deepEqual(lines(await sub(...session, '-C', '1')), ['while away']);
  });
});
