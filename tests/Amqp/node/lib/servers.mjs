// The servers that suites talk to: all in one, or a storage-node and gateways as processes of their own.
import amqp from 'amqplib';
import { ServerProcess } from '../../../Interop/node/lib/process.mjs';
import { freePort, startAllInOne } from '../../../Interop/node/lib/servers.mjs';

const quiet = { admin: { port: 0 }, log: { level: 'warning' } };

export const urlOf = (server) => server.listeners.get('amqp');

export const startServer = (amqpSettings = {}) => startAllInOne({ amqp: { port: 0, ...amqpSettings } });

/** A storage-node and AMQP gateways, which keep their ports. */
export class AmqpProcesses {
  gateways = [];

  static async start(gatewayCount) {
    const cluster = new AmqpProcesses();
    const storagePort = await freePort();
    cluster.storage = await new ServerProcess('storage-node', { ...quiet, storage: { port: storagePort } }).start();
    for (let at = 0; at < gatewayCount; at++) {
      const settings = { ...quiet, amqp: { port: await freePort(), lease: '1s' }, gateway: { storage: `http://127.0.0.1:${storagePort}` } };
      cluster.gateways.push(await new ServerProcess('amqp-gateway', settings).start());
    }
    return cluster;
  }

  async dispose() {
    await Promise.all(this.gateways.map((gateway) => gateway.dispose()));
    await this.storage?.dispose();
  }
}

/** A connection whose errors are the suite's to see where it looks for them. */
export async function connect(server) {
  const connection = await amqp.connect(urlOf(server));
  connection.on('error', () => {});
  return connection;
}

/** What a consumer got, in order; waits until there are as many as wanted. */
export class Received {
  messages = [];
  #wanted = [];

  static async from(channel, queue, options) {
    const received = new Received();
    const { consumerTag } = await channel.consume(queue, (message) => received.#take(message), options);
    received.tag = consumerTag;
    return received;
  }

  reach(count) {
    return new Promise((resolve) => {
      this.#wanted.push({ count, resolve });
      this.#check();
    });
  }

  get texts() { return this.messages.map((message) => message.content.toString()); }

  #take(message) {
    this.messages.push(message);
    this.#check();
  }

  #check() {
    this.#wanted = this.#wanted.filter(({ count, resolve }) => {
      if (this.messages.length < count)
        return true;
      resolve(this);
      return false;
    });
  }
}
