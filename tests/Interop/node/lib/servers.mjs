// The servers that suites talk to. INTEROP_URL runs a suite against another server, a nats-server for comparison.
import { createServer } from 'node:net';
import { ServerProcess } from './process.mjs';

/** Settings that take every port from the system. */
const anyPort = { nats: { port: 0, monitoring_port: 0, lame_duck_duration: '100ms' }, admin: { port: 0 }, log: { level: 'warning' } };

/** robustmq start, everything in one process. */
export async function startAllInOne(settings = {}) {
  if (process.env.INTEROP_URL)
    return { url: process.env.INTEROP_URL, dispose: async () => {} };
  const server = await new ServerProcess('all-in-one', merge(anyPort, settings)).start();
  return asNats(server);
}

export function asNats(server) {
  Object.defineProperty(server, 'url', { get: () => server.listeners.get('nats') });
  Object.defineProperty(server, 'monitoringUrl', { get: () => server.listeners.get('nats-monitor') });
  return server;
}

/** A port that was free a moment ago, for servers that must come back where they were. */
export async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

export function merge(base, more) {
  const merged = { ...base };
  for (const [key, value] of Object.entries(more))
    merged[key] = isSection(value) && isSection(base[key]) ? merge(base[key], value) : value;
  return merged;
}

const isSection = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
