// Clients survive a server that goes away: by a crash, by a restart, and by a lame duck's farewell.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clients } from '../lib/clients.mjs';
import { freePort, startAllInOne } from '../lib/servers.mjs';
import { StatusLog, take, until } from '../lib/wait.mjs';

const patient = { maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 };

for (const client of clients) {
  describe(`restart with ${client.name}`, () => {
    /** Runs a body with servers and connections that are gone afterwards. */
    const scene = async (body) => {
      const servers = [];
      const connections = [];
      try {
        await body(
          async (settings) => {
            servers.push(await startAllInOne(settings));
            return servers.at(-1);
          },
          async (urls, options = {}) => {
            connections.push(await client.connect({ servers: urls, ...patient, ...options }));
            return connections.at(-1);
          });
      } finally {
        await Promise.all(connections.map((connection) => connection.close()));
        await Promise.all(servers.map((server) => server.dispose()));
      }
    };

    for (const [how, end] of [['a crash', (server) => server.kill()], ['an orderly restart', (server) => server.stop()]]) {
      it(`resubscribes after ${how} and delivers what was published meanwhile`, () => scene(async (start, connect) => {
        const server = await start({ nats: { port: await freePort() } });
        const [subscriber, publisher] = [await connect(server.url), await connect(server.url)];
        const [subscriberStatus, publisherStatus] = [new StatusLog(subscriber), new StatusLog(publisher)];
        const subscription = subscriber.subscribe('news.*');
        await subscriber.flush();
        publisher.publish('news.before', 'before');
        await publisher.flush();
        await until(() => subscription.getReceived() === 1, 'the first message');

        await end(server);
        await Promise.all([subscriberStatus.until('disconnect'), publisherStatus.until('disconnect')]);
        publisher.publish('news.between', 'between');
        await server.start();
        await Promise.all([subscriberStatus.until('reconnect'), publisherStatus.until('reconnect')]);
        await subscriber.flush();
        publisher.publish('news.after', 'after');

        assert.deepEqual((await take(subscription, 2)).map((message) => message.string()), ['before', 'after']);
      }));
    }

    it('ends with code 0 when asked to stop', () => scene(async (start, connect) => {
      const server = await start();
      await connect(server.url, { reconnect: false });

      assert.deepEqual(await server.stop(), { code: 0, signal: null });
    }));

    it('tells clients that it leaves, serves them until then, and they go elsewhere', () => scene(async (start, connect) => {
      const [leaving, staying] = [await start({ nats: { lame_duck_duration: '6s' } }), await start()];
      const connection = await connect([leaving.url, staying.url], { noRandomize: true });
      const other = await connect([leaving.url, staying.url], { noRandomize: true });
      const status = new StatusLog(connection);
      const otherStatus = new StatusLog(other);
      connection.subscribe('service', { callback: (_, message) => message.respond('served') });
      await connection.flush();

      leaving.terminate();
      await Promise.all([status.until('ldm'), otherStatus.until('ldm')]);
      const during = await other.request('service', 'x', { timeout: 5000 });

      await Promise.all([status.until('reconnect'), otherStatus.until('reconnect')]);
      assert.equal(during.string(), 'served');
      assert.deepEqual(await leaving.exit(), { code: 0, signal: null });
      assert.equal(connection.getServer(), new URL(staying.url).host);
      await connection.flush();
      assert.equal((await other.request('service', 'x', { timeout: 10_000 })).string(), 'served');
    }));

    it('takes no new clients while it leaves', () => scene(async (start, connect) => {
      const leaving = await start({ nats: { lame_duck_duration: '2s' } });
      const connection = await connect(leaving.url, { reconnect: false });
      const status = new StatusLog(connection);

      leaving.terminate();
      await status.until('ldm');

      await assert.rejects(connect(leaving.url, { reconnect: false, timeout: 1000 }));
    }));

    it('learns of other servers from advertised addresses', () => scene(async (start, connect) => {
      const staying = await start();
      const leaving = await start({ nats: { advertise: [new URL(staying.url).host] } });
      const connection = await connect(leaving.url);
      const status = new StatusLog(connection);

      await leaving.kill();
      await status.until('reconnect');

      assert.equal(connection.getServer(), new URL(staying.url).host);
    }));
  });
}
