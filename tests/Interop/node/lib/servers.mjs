// The servers that suites talk to. INTEROP_URL runs a suite against another server, a nats-server for comparison.
import { createServer } from 'node:net';
import { ServerProcess } from './process.mjs';

const quiet = { admin: { port: 0 }, log: { level: 'warning' } };

/** Settings that take every port from the system. */
const anyPort = { ...quiet, storage: { port: 0 }, nats: { port: 0, monitoring_port: 0, lame_duck_duration: '100ms', auth_timeout: '1m' }, mqtt: { port: 0 }, kafka: { port: 0 }, amqp: { port: 0 } };

/** robustmq start, everything in one process. */
export async function startAllInOne(settings = {}) {
  if (process.env.INTEROP_URL)
    return { url: process.env.INTEROP_URL, dispose: async () => {} };
  const server = await new ServerProcess('all-in-one', merge(anyPort, settings)).start();
  return asNats(server);
}

/** A storage-node and NATS gateways, each a process of its own, at ports that stay when one is started again. */
export class Cluster {
  gateways = [];

  static async start(gatewayCount) {
    const cluster = new Cluster();
    const storagePort = await freePort();
    cluster.storage = await new ServerProcess('storage-node', merge(quiet, { storage: { port: storagePort } })).start();
    for (let at = 0; at < gatewayCount; at++) {
      const settings = { nats: { port: await freePort(), monitoring_port: await freePort(), server_name: `gateway-${at}` }, gateway: { storage: `http://127.0.0.1:${storagePort}` } };
      cluster.gateways.push(asNats(await new ServerProcess('nats-gateway', merge(quiet, settings)).start()));
    }
    return cluster;
  }

  async dispose() {
    await Promise.all(this.gateways.map((gateway) => gateway.dispose()));
    await this.storage?.dispose();
  }
}

export function asNats(server) {
  Object.defineProperty(server, 'url', { get: () => server.listeners.get('nats') });
  Object.defineProperty(server, 'webSocketUrl', { get: () => server.listeners.get('nats-ws') });
  Object.defineProperty(server, 'monitoringUrl', { get: () => server.listeners.get('nats-monitor') });
  return server;
}

// Below those that systems hand out: while its server is away such a port goes to no connection. Suites run side by side, so each begins elsewhere.
let nextPort = 10_000 + (process.pid % 220) * 100;

/** A port that was free a moment ago, for servers that must come back where they were. */
export async function freePort() {
  for (;;) {
    const port = nextPort++;
    const probe = createServer();
    const isFree = await new Promise((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree)
      return port;
  }
}

export function merge(base, more) {
  const merged = { ...base };
  for (const [key, value] of Object.entries(more))
    merged[key] = isSection(value) && isSection(base[key]) ? merge(base[key], value) : value;
  return merged;
}

const isSection = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
