// mosquitto_pub and mosquitto_sub, in every version.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Certificates } from '../../../Interop/node/lib/certificates.mjs';
import { startAllInOne } from '../../../Interop/node/lib/servers.mjs';
import { until } from '../../../Interop/node/lib/wait.mjs';
import { mosquitto, run, start } from '../lib/tools.mjs';

let server, certificates;
before(async () => {
  certificates = await Certificates.create();
  server = await startAllInOne({
    mqtt: { secure: { port: 0, tls: { certificate: certificates.certificate('server'), key: certificates.key('server') } }, websocket: { port: 0 } },
  });
});
after(async () => { await server.dispose(); await certificates.dispose(); });

const address = () => server.listeners.get('mqtt');

/** Subscribes, waits for the SUBACK, publishes, and returns what the subscriber printed. */
async function exchange(subscribe, publish, count = 1, to = address()) {
  const subscriber = start('mosquitto_sub', ['-d', ...mosquitto(to, '-C', String(count), '-W', '30', '-F', 'GOT %t|%q|%r|%p', ...subscribe)]);
  await until(() => /Subscribed/.test(subscriber.output()) || /SUBACK/.test(subscriber.output()), 'SUBACK');
  for (const args of publish)
    await run('mosquitto_pub', mosquitto(to, ...args));
  assert.equal(await subscriber.exited, 0, subscriber.output());
  return subscriber.output().split('\n').filter((line) => line.startsWith('GOT ')).map((line) => line.slice(4));
}

for (const version of ['mqttv31', 'mqttv311', 'mqttv5']) {
  describe(`mosquitto in ${version}`, () => {
    const V = ['-V', version];

    it('exchanges messages at every QoS', async () => {
      const got = await exchange([...V, '-q', '2', '-t', `${version}/+`], [0, 1, 2].map((qos) => [...V, '-q', String(qos), '-t', `${version}/${qos}`, '-m', `m${qos}`]), 3);
      // Three connections published them, and between connections there is no order.
      assert.deepEqual(got.sort(), [0, 1, 2].map((qos) => `${version}/${qos}|${qos}|0|m${qos}`));
    });

    it('keeps a session while its client is away', async () => {
      const session = [...V, '-i', `stays-${version}`, '-c', '-q', '2', '-t', `away/${version}/+`, ...(version === 'mqttv5' ? ['-x', '600'] : [])];
      await run('mosquitto_sub', mosquitto(address(), '-E', ...session));
      for (const qos of [1, 2])
        await run('mosquitto_pub', mosquitto(address(), ...V, '-q', String(qos), '-t', `away/${version}/${qos}`, '-m', `m${qos}`));
      const output = await run('mosquitto_sub', mosquitto(address(), '-C', '2', '-W', '30', '-F', 'GOT %t|%q|%p', ...session));
      assert.deepEqual(output.split('\n').filter((line) => line.startsWith('GOT ')).map((line) => line.slice(4)), [`away/${version}/1|1|m1`, `away/${version}/2|2|m2`]);
    });

    it('retains, finds and clears', async () => {
      const topic = `kept/${version}`;
      await run('mosquitto_pub', mosquitto(address(), ...V, '-r', '-q', '1', '-t', topic, '-m', 'kept'));
      const read = (seconds) => run('mosquitto_sub', mosquitto(address(), ...V, '-t', topic, '-F', '%r %p', '-W', seconds, '-C', '1'));
      assert.equal((await read('30')).trim(), '1 kept');
      await run('mosquitto_pub', mosquitto(address(), ...V, '-r', '-q', '1', '-n', '-t', topic));
      await assert.rejects(read('1'), /ended with 27/);
    });

    it('sends many lines', async () => {
      const lines = Array.from({ length: 2000 }, (_, at) => `line ${at}`);
      const subscriber = start('mosquitto_sub', ['-d', ...mosquitto(address(), ...V, '-q', '1', '-t', `lines/${version}`, '-C', '2000', '-W', '30', '-F', 'GOT %p')]);
      await until(() => /Subscribed/.test(subscriber.output()), 'SUBACK');
      await run('mosquitto_pub', mosquitto(address(), ...V, '-q', '1', '-t', `lines/${version}`, '-l'), lines.join('\n') + '\n');
      await subscriber.exited;
      assert.deepEqual(subscriber.output().split('\n').filter((line) => line.startsWith('GOT ')).map((line) => line.slice(4)), lines);
    });

    it('leaves a will behind', async () => {
      const watcher = start('mosquitto_sub', ['-d', ...mosquitto(address(), ...V, '-t', `will/${version}`, '-C', '1', '-W', '30', '-F', 'GOT %p')]);
      await until(() => /Subscribed/.test(watcher.output()), 'SUBACK');
      const dying = start('mosquitto_sub', ['-d', ...mosquitto(address(), ...V, '-t', 'nothing', '--will-topic', `will/${version}`, '--will-payload', 'gone', '--will-qos', '1')]);
      await until(() => /Subscribed/.test(dying.output()), 'SUBACK');
      dying.kill();
      await watcher.exited;
      assert.match(watcher.output(), /GOT gone/);
    });

    it('speaks TLS', async () => {
      const to = server.listeners.get('mqtt-tls');
      const tls = ['--cafile', certificates.certificate('ca')];
      assert.deepEqual(await exchange([...V, ...tls, '-t', `tls/${version}`], [[...V, ...tls, '-t', `tls/${version}`, '-m', 'x']], 1, to), [`tls/${version}|0|0|x`]);
    });

    it('shares a subscription', async () => {
      const members = ['a', 'b'].map(() => start('mosquitto_sub', ['-d', ...mosquitto(address(), ...V, '-t', `$share/g/shared/${version}`, '-W', '30', '-F', 'GOT %p')]));
      for (const member of members)
        await until(() => /Subscribed/.test(member.output()), 'SUBACK');
      const lines = Array.from({ length: 100 }, (_, at) => `${at}`);
      await run('mosquitto_pub', mosquitto(address(), ...V, '-t', `shared/${version}`, '-l'), lines.join('\n') + '\n');
      const got = () => members.flatMap((member) => member.output().split('\n').filter((line) => line.startsWith('GOT ')).map((line) => line.slice(4)));
      await until(() => got().length >= 100, '100 shared messages');
      assert.deepEqual(got().sort(), lines.sort());
      members.forEach((member) => member.kill());
    });
  });
}

describe('mosquitto with properties of 5.0', () => {
  it('passes every property on', async () => {
    const V = ['-V', 'mqttv5'];
    const subscriber = start('mosquitto_sub', ['-d', ...mosquitto(address(), ...V, '-t', 'props', '-C', '1', '-W', '30', '-F', 'GOT %A|%C|%D|%E|%F|%P|%R|%p')]);
    await until(() => /Subscribed/.test(subscriber.output()), 'SUBACK');
    await run('mosquitto_pub', mosquitto(address(), ...V, '-t', 'props', '-m', 'x', '-D', 'publish', 'user-property', 'k', 'v1', '-D', 'publish', 'user-property', 'k', 'v2',
      '-D', 'publish', 'content-type', 'text/plain', '-D', 'publish', 'response-topic', 're/ply', '-D', 'publish', 'correlation-data', 'cd',
      '-D', 'publish', 'message-expiry-interval', '60', '-D', 'publish', 'payload-format-indicator', '1'));
    await subscriber.exited;
    assert.match(subscriber.output(), /GOT [^|]*\|text\/plain\|cd\|60\|1\|k:v1 k:v2\|re\/ply\|x/);
  });
});
