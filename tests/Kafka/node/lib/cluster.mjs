// The servers that suites talk to: all in one, or a storage-node and gateways as processes of their own.
import { ServerProcess } from '../../../Interop/node/lib/process.mjs';
import { freePort, startAllInOne } from '../../../Interop/node/lib/servers.mjs';

const quiet = { admin: { port: 0 }, log: { level: 'warning' } };

/** Groups begin without waiting for more members. */
const prompt = { group: { initial_delay: '0ms', min_session_timeout: '1s' } };

/** Of the gateways of KafkaProcesses. */
export const leaseMs = 2000;

export const bootstrapOf = (server) => new URL(server.listeners.get('kafka')).host;

export const startServer = (kafka = {}, settings = {}) => startAllInOne({ ...settings, kafka: { port: 0, ...prompt, ...kafka } });

/** A storage-node and Kafka gateways, which keep their ports. */
export class KafkaProcesses {
  gateways = [];

  /** @param settings of the gateways, beside their own */
  static async start(gatewayCount, settings = {}) {
    const cluster = new KafkaProcesses();
    const storagePort = await freePort();
    cluster.storage = await new ServerProcess('storage-node', { ...quiet, storage: { port: storagePort } }).start();
    for (let at = 0; at < gatewayCount; at++) {
      const own = { ...quiet, kafka: { port: await freePort(), lease: `${leaseMs}ms`, ...prompt }, gateway: { storage: `http://127.0.0.1:${storagePort}` } };
      cluster.gateways.push(await new ServerProcess('kafka-gateway', { ...settings, ...own }).start());
    }
    return cluster;
  }

  get bootstrap() { return this.gateways.map(bootstrapOf); }

  async dispose() {
    await Promise.all(this.gateways.map((gateway) => gateway.dispose()));
    await this.storage?.dispose();
  }
}
