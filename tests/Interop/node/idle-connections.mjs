// Called by ../idle-connections.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { Cluster, freePort, startAllInOne } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const count = Number(process.argv[2]);
const BATCH = 200;
const SETTLE_MS = 8_000;

const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

async function residentKiB(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)[1]);
}

/** A client that says hello and then only answers pings. */
function openIdle(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let tail = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed: ${tail}`)));
    socket.on('data', (data) => {
      tail = (tail + data.toString('latin1')).slice(-600);
      if (tail.endsWith('PING\r\n') && !tail.endsWith('> PING\r\n'))
        socket.write('PONG\r\n');
      if (tail.includes('PONG\r\n'))
        resolve(socket);
    });
    socket.write('CONNECT {"verbose":false,"protocol":1,"lang":"idle","version":"1","name":"idle"}\r\nPING\r\n');
  });
}

async function openAll(port) {
  const sockets = [];
  while (sockets.length < count)
    sockets.push(...await Promise.all(Array.from({ length: Math.min(BATCH, count - sockets.length) }, () => openIdle(port))));
  return sockets;
}

async function measure(name, pid, port) {
  // What a server needs for its first connections is no part of the cost of one more.
  for (const socket of await Promise.all(Array.from({ length: BATCH }, () => openIdle(port))))
    socket.removeAllListeners('close').destroy();
  await settle();
  const before = await residentKiB(pid);
  const sockets = await openAll(port);
  await settle();
  const after = await residentKiB(pid);
  for (const socket of sockets)
    socket.removeAllListeners('close').destroy();
  const each = ((after - before) * 1024) / count;
  console.log(`${name.padEnd(24)} idle ${(before / 1024).toFixed(1).padStart(7)} MiB   with ${count}: ${(after / 1024).toFixed(1).padStart(7)} MiB   ${each.toFixed(0).padStart(7)} B each`);
}

const portOf = (server) => Number(new URL(server.url).port);

const allInOne = await startAllInOne();
console.log(`all-in-one as started: ${(await residentKiB(allInOne.pid) / 1024).toFixed(1)} MiB`);
await measure('all-in-one', allInOne.pid, portOf(allInOne));
await allInOne.dispose();

const cluster = await Cluster.start(1);
console.log(`nats-gateway as started: ${(await residentKiB(cluster.gateways[0].pid) / 1024).toFixed(1)} MiB, storage-node: ${(await residentKiB(cluster.storage.pid) / 1024).toFixed(1)} MiB`);
await measure('nats-gateway', cluster.gateways[0].pid, portOf(cluster.gateways[0]));
await cluster.dispose();

if (process.env.NATS_SERVER) {
  const port = await freePort();
  const peer = spawn(process.env.NATS_SERVER, ['-a', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' });
  await until(() => new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1', () => { probe.destroy(); resolve(true); });
    probe.on('error', () => resolve(false));
  }), 'nats-server listens');
  console.log(`nats-server as started: ${(await residentKiB(peer.pid) / 1024).toFixed(1)} MiB`);
  await measure('nats-server', peer.pid, port);
  peer.kill();
}
process.exit(0);
