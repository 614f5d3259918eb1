// NATS and MQTT on one log; two gateways and a storage-node as processes, and their restarts.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import mqtt from 'mqtt';
import { connect, headers, StringCodec } from 'nats';
import { ServerProcess } from '../../../Interop/node/lib/process.mjs';
import { freePort, startAllInOne } from '../../../Interop/node/lib/servers.mjs';
import { take, until } from '../../../Interop/node/lib/wait.mjs';

const text = StringCodec();

/** Processes that start and meet again take longer than one does that answers. */
const PATIENCE_MS = 30_000;

describe('NATS beside MQTT', () => {
  let server, nats, client;
  const received = [];
  before(async () => {
    server = await startAllInOne();
    nats = await connect({ servers: new URL(server.url).host });
    client = await mqtt.connectAsync(server.listeners.get('mqtt'), { protocolVersion: 5 });
    client.on('message', (topic, payload, packet) => received.push({ topic, payload: payload.toString(), properties: packet.properties ?? {} }));
  });
  after(async () => { await client.endAsync(); await nats.close(); await server.dispose(); });

  it('hears what MQTT publishes, wildcards, empty levels and properties included', async () => {
    const subscription = nats.subscribe('from-mqtt.>');
    await nats.flush();
    await client.publishAsync('from-mqtt/a.b//c', 'hello', {
      qos: 1, properties: { responseTopic: 're/ply', contentType: 'text/plain', correlationData: Buffer.from('7'), userProperties: { k: ['1', '2'] } },
    });

    const [message] = await take(subscription, 1);
    assert.equal(message.subject, 'from-mqtt.a//b./.c');
    assert.equal(message.string(), 'hello');
    assert.equal(message.reply, 're.ply');
    assert.equal(message.headers.get('Content-Type'), 'text/plain');
    assert.equal(message.headers.get('Correlation-Id'), '7');
    assert.deepEqual(message.headers.values('k'), ['1', '2']);
  });

  it('is heard by MQTT, wildcards and headers included', async () => {
    await client.subscribeAsync(['from-nats/+/x', 'from-nats/#'], { qos: 1 });
    const given = headers();
    given.append('k', '1');
    given.append('k', '2');
    nats.publish('from-nats.a.x', text.encode('hello'), { headers: given, reply: 'ans.wer' });

    await until(() => received.length > 0, 'a message');
    assert.equal(received.length, 1);
    assert.equal(received[0].topic, 'from-nats/a/x');
    assert.equal(received[0].payload, 'hello');
    assert.equal(received[0].properties.responseTopic, 'ans/wer');
    assert.deepEqual({ ...received[0].properties.userProperties }, { k: ['1', '2'] });
  });

  it('answers requests of MQTT and the other way round', async () => {
    nats.subscribe('ask.nats', { callback: (_, message) => message.respond(text.encode('from nats')) });
    await nats.flush();
    received.length = 0;
    await client.subscribeAsync('answers/me');
    await client.publishAsync('ask/nats', '?', { properties: { responseTopic: 'answers/me' } });
    await until(() => received.length > 0, 'an answer');
    assert.equal(received[0].payload, 'from nats');

    await client.subscribeAsync('ask/mqtt');
    client.on('message', (topic, _, packet) => {
      if (topic === 'ask/mqtt')
        client.publish(packet.properties.responseTopic, 'from mqtt');
    });
    assert.equal(text.decode((await nats.request('ask.mqtt', '', { timeout: 5000 })).data), 'from mqtt');
  });
});

describe('two gateways and a storage-node', () => {
  let storage;
  const gateways = [];
  const clients = [];
  const quiet = { admin: { port: 0 }, log: { level: 'warning' } };
  before(async () => {
    const storagePort = await freePort();
    storage = await new ServerProcess('storage-node', { ...quiet, storage: { port: storagePort } }).start();
    for (const name of ['one', 'two']) {
      gateways.push(await new ServerProcess('mqtt-gateway', {
        ...quiet, gateway: { storage: `http://127.0.0.1:${storagePort}` }, mqtt: { port: await freePort(), server_name: name },
      }).start());
    }
  });
  after(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    await Promise.all([...gateways, storage].map((part) => part.dispose()));
  });

  const open = async (gateway, options = {}) => {
    // A gateway that waits for its storage-node holds whoever connects.
    const client = await mqtt.connectAsync(gateways[gateway].listeners.get('mqtt'), { protocolVersion: 5, reconnectPeriod: 100, ...options });
    client.received = [];
    client.on('message', (topic, payload) => client.received.push(`${topic} ${payload}`));
    clients.push(client);
    return client;
  };

  it('carry messages, shared subscriptions, retained messages and takeovers between them', async () => {
    const [publisher, far, near] = [await open(0), await open(1), await open(0)];
    await far.subscribeAsync('cross/#', { qos: 2 });
    await far.subscribeAsync('$share/g/work');
    await near.subscribeAsync('$share/g/work');
    await until(async () => {
      await publisher.publishAsync('cross/probe', 'x');
      return far.received.length > 0;
    }, 'interest at the other gateway', PATIENCE_MS);
    await publisher.publishAsync('cross/kept', 'kept', { qos: 2, retain: true });
    await until(() => far.received.includes('cross/kept kept'), 'a message of QoS 2', PATIENCE_MS);
    for (let at = 0; at < 200; at++)
      await publisher.publishAsync('work', `${at}`);
    const shared = () => [...far.received, ...near.received].filter((line) => line.startsWith('work '));
    await until(() => shared().length === 200, 'shared messages', PATIENCE_MS);
    assert.equal(new Set(shared()).size, 200);
    assert.ok(near.received.length > 20 && near.received.length < 180);

    const late = await open(1);
    await late.subscribeAsync('cross/kept');
    await until(() => late.received.length === 1, 'the retained message');

    const first = await open(0, { clientId: 'same', reconnectPeriod: 0 });
    let reason;
    first.on('disconnect', (packet) => { reason = packet.reasonCode; });
    await open(1, { clientId: 'same' });
    await until(() => reason === 0x8E, 'a DISCONNECT with session taken over');
  });

  it('keep a session over a restart of its gateway and of the storage-node, wherever its client returns', async () => {
    const session = { clientId: 'stays', clean: false, reconnectPeriod: 0, properties: { sessionExpiryInterval: 600 } };
    const first = await open(0, session);
    await first.subscribeAsync('session/#', { qos: 2 });
    await first.subscribeAsync('$share/kept/shared', { qos: 1 });
    await first.endAsync();

    const publisher = await open(1);
    for (let at = 0; at < 20; at++)
      await publisher.publishAsync('session/a', `before ${at}`, { qos: 1 + at % 2 });
    await publisher.publishAsync('shared', 'shared', { qos: 1 });
    await gateways[0].stop();
    await gateways[0].start();
    await storage.kill();
    await storage.start();
    await until(async () => {
      try {
        const other = await mqtt.connectAsync(gateways[1].listeners.get('mqtt'), { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 2000 });
        await other.publishAsync('session/a', 'after', { qos: 1 });
        await other.endAsync();
        return true;
      } catch {
        return false;
      }
    }, 'a publish after the storage-node is back', PATIENCE_MS);

    const back = await mqtt.connectAsync(gateways[1].listeners.get('mqtt'), { protocolVersion: 5, ...session });
    clients.push(back);
    const received = [];
    back.on('message', (topic, payload) => received.push(`${topic} ${payload}`));
    // A message at QoS 2 is handed on when it is released, so one at QoS 1 may come before it.
    await until(() => received.length >= 22, 'what waited', PATIENCE_MS);
    for (let at = 0; at < 20; at++)
      assert.equal(received.filter((line) => line === `session/a before ${at}`).length, 1, `before ${at}`);
    await back.unsubscribeAsync('$share/kept/shared');
  });

  it('go on after the storage-node was killed, with what was acknowledged', async () => {
    const client = await open(0);
    await client.publishAsync('durable/a', 'kept', { qos: 1, retain: true });
    await storage.kill();
    await storage.start();
    const reader = await open(1);
    await until(async () => {
      try {
        await reader.subscribeAsync('durable/+', { qos: 1 });
      } catch {
        // Refused as long as the gateway has no storage-node.
      }
      return reader.received.length > 0;
    }, 'the retained message', PATIENCE_MS);
    assert.equal(reader.received[0], 'durable/a kept');
    await until(async () => {
      await client.publishAsync('durable/b', 'live');
      return reader.received.includes('durable/b live');
    }, 'live traffic between the gateways', PATIENCE_MS);
  });

  it('let clients come back when a gateway is started again, and drain on SIGTERM', async () => {
    const client = await open(0);
    let reason;
    client.on('disconnect', (packet) => { reason = packet.reasonCode; });
    const ended = await gateways[0].stop();
    assert.deepEqual(ended, { code: 0, signal: null });
    await until(() => reason === 0x8B, 'a DISCONNECT with server shutting down', PATIENCE_MS);
    await gateways[0].start();
    await until(() => client.connected, 'a connection again', PATIENCE_MS);
    await client.subscribeAsync('back');
    await client.publishAsync('back', 'again', { qos: 1 });
    await until(() => client.received.includes('back again'), 'a message');
  });
});
