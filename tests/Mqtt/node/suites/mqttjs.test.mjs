// npm's mqtt, over TCP and WebSocket; and Python's paho.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import mqtt from 'mqtt';
import { startAllInOne } from '../../../Interop/node/lib/servers.mjs';
import { until } from '../../../Interop/node/lib/wait.mjs';
import { python } from '../lib/tools.mjs';

let server;
before(async () => { server = await startAllInOne({ mqtt: { websocket: { port: 0 } } }); });
after(() => server.dispose());

for (const protocolVersion of [3, 4, 5]) {
  for (const listener of ['mqtt', 'mqtt-ws']) {
    describe(`npm mqtt, protocol level ${protocolVersion}, over ${listener}`, () => {
      let client;
      const received = [];
      before(async () => {
        const protocol = protocolVersion === 3 ? { protocolId: 'MQIsdp' } : {};
        client = await mqtt.connectAsync(server.listeners.get(listener), { protocolVersion, ...protocol, clientId: `js-${protocolVersion}-${listener}`, reconnectPeriod: 0 });
        client.on('message', (topic, payload, packet) => received.push({ topic, payload: payload.toString(), qos: packet.qos, retain: packet.retain }));
      });
      after(() => client.endAsync());

      it('publishes and receives at every QoS, in order', async () => {
        await client.subscribeAsync(`js/${protocolVersion}/${listener}/+`, { qos: 2 });
        for (const qos of [0, 1, 2])
          await client.publishAsync(`js/${protocolVersion}/${listener}/${qos}`, 'x'.repeat(20_000), { qos });
        await until(() => received.length === 3, 'three messages');
        assert.deepEqual(received.map(({ topic, qos }) => [topic.at(-1), qos]), [['0', 0], ['1', 1], ['2', 2]]);
        assert.ok(received.every(({ payload }) => payload.length === 20_000));
      });

      it('finds what it retained', async () => {
        received.length = 0;
        await client.publishAsync(`kept/${protocolVersion}/${listener}`, 'kept', { qos: 1, retain: true });
        await client.subscribeAsync(`kept/${protocolVersion}/${listener}`, { qos: 1 });
        await until(() => received.length === 1, 'a retained message');
        assert.deepEqual(received[0], { topic: `kept/${protocolVersion}/${listener}`, payload: 'kept', qos: 1, retain: true });
      });
    });
  }
}

describe('Python paho', () => {
  for (const version of ['3', '4', '5']) {
    it(`exchanges messages at level ${version}`, async () => {
      const { hostname, port } = new URL(server.listeners.get('mqtt'));
      assert.match(await python('exchange.py', hostname, port, version), /all there/);
    });

    it(`keeps a session while its client is away at level ${version}`, async () => {
      const { hostname, port } = new URL(server.listeners.get('mqtt'));
      assert.match(await python('session.py', hostname, port, version), /all there/);
    });
  }
});
