// Starts processes of RobustMQ as a user would, and reads from what they print where they listen.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

const READY_TIMEOUT_MS = 30_000;
const EXIT_TIMEOUT_MS = 20_000;

const binaries = process.env.ROBUSTMQ_BINARIES ?? fileURLToPath(new URL('../../../../artifacts/bin/', import.meta.url));

const commands = {
  'all-in-one': [join(binaries, 'RobustMQ/release/robustmq.dll'), 'start'],
  'storage-node': [join(binaries, 'RobustMQ.StorageNode/release/storage-node.dll')],
  'amqp-gateway': [join(binaries, 'RobustMQ.Amqp.Gateway/release/amqp-gateway.dll')],
  'kafka-gateway': [join(binaries, 'RobustMQ.Kafka.Gateway/release/kafka-gateway.dll')],
  'mqtt-gateway': [join(binaries, 'RobustMQ.Mqtt.Gateway/release/mqtt-gateway.dll')],
  'nats-gateway': [join(binaries, 'RobustMQ.Nats.Gateway/release/nats-gateway.dll')],
};

/** One process of RobustMQ. It can be started again with the ports that it had. */
export class ServerProcess {
  #kind;
  #settings;
  #child;
  #exited;
  #log = '';
  #listeners = new Map();
  #directory;

  /** @param settings nested, as the configuration file has them */
  constructor(kind, settings) {
    this.#kind = kind;
    this.#settings = settings;
  }

  /** Addresses by listener name, as printed. */
  get listeners() { return this.#listeners; }

  get pid() { return this.#child.pid; }

  /** Everything the process said so far, for failing tests. */
  get log() { return this.#log; }

  async start() {
    this.#directory ??= await mkdtemp(join(tmpdir(), 'robustmq-interop-'));
    const configuration = join(this.#directory, 'robustmq.yaml');
    const data = this.#kind.endsWith('-gateway') ? {} : { data: join(this.#directory, 'data') };
    // JSON is YAML.
    await writeFile(configuration, JSON.stringify({ ...data, ...this.#settings }, null, 2));
    const [assembly, ...verb] = commands[this.#kind];
    this.#child = spawn('dotnet', [assembly, ...verb, '--config', configuration], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = new Promise((resolve) => this.#child.once('exit', (code, signal) => resolve({ code, signal })));
    this.#child.stderr.on('data', (text) => { this.#log += text; });
    await this.#waitUntilReady();
    return this;
  }

  /** Ends it as a crash would. */
  async kill() {
    this.#child.kill('SIGKILL');
    return this.#exited;
  }

  /** Takes the machine away from it for a while. */
  async pause(ms) {
    this.#child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#child.kill('SIGCONT');
  }

  /** Asks it to drain. Returns how it ended: { code, signal }. */
  async stop() {
    this.#child.kill('SIGTERM');
    return this.exit();
  }

  /** SIGTERM without waiting. */
  terminate() { this.#child.kill('SIGTERM'); }

  exit() { return withDeadline(this.#exited, EXIT_TIMEOUT_MS, () => `${this.#kind} does not end\n${this.#log}`); }

  async dispose() {
    if (this.#child && this.#child.exitCode === null && this.#child.signalCode === null)
      await this.kill();
    if (this.#directory)
      await rm(this.#directory, { recursive: true, force: true });
  }

  async #waitUntilReady() {
    const ready = new Promise((resolve) => {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        this.#log += line + '\n';
        if (line === 'ready')
          resolve('ready');
        const listener = /^(\S+)\s+(\S+)$/.exec(line);
        if (listener)
          this.#listeners.set(listener[1], listener[2]);
      });
    });
    const outcome = await withDeadline(Promise.race([ready, this.#exited]), READY_TIMEOUT_MS, () => `${this.#kind} is not ready\n${this.#log}`);
    if (outcome !== 'ready')
      throw new Error(`${this.#kind} ended with ${JSON.stringify(outcome)}\n${this.#log}`);
  }
}

export async function withDeadline(promise, milliseconds, message) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(message())), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
