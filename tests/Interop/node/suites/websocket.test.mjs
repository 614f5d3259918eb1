// WebSocket, as browsers use it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect as connectTcp } from '@nats-io/transport-node';
import { wsconnect } from '@nats-io/nats-core';
import { WebSocket } from 'ws';
import { Certificates } from '../lib/certificates.mjs';
import { clients } from '../lib/clients.mjs';
import { withDeadline } from '../lib/process.mjs';
import { freePort, startAllInOne } from '../lib/servers.mjs';
import { DEADLINE_MS, StatusLog, take, until } from '../lib/wait.mjs';

const { isAuthorizationError, isNoResponders } = clients.find((client) => client.name.startsWith('@nats-io'));

let certificates;
before(async () => {
  certificates = await Certificates.create();
  // Browsers have it; Node.js of this age does not. It trusts the run's own authority, as a browser's store would.
  const { readFile } = await import('node:fs/promises');
  const ca = await readFile(certificates.certificate('ca'));
  globalThis.WebSocket = class extends WebSocket {
    constructor(url, protocols) { super(url, protocols, { ca }); }
  };
});
after(() => certificates.dispose());

describe('WebSocket with @nats-io/nats-core', () => {
  let server;
  const open = [];
  before(async () => { server = await startAllInOne({ nats: { websocket: { port: 0 } } }); });
  after(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await server.dispose();
  });
  const connect = async (options = {}) => {
    open.push(await wsconnect({ servers: server.webSocketUrl, reconnect: false, timeout: 20_000, ...options }));
    return open.at(-1);
  };

  it('meets clients of plain TCP, both ways', async () => {
    const browser = await connect();
    const tcp = await connectTcp({ servers: server.url });
    open.push(tcp);
    const [fromTcp, fromBrowser] = [browser.subscribe('to.browser'), tcp.subscribe('to.tcp')];
    await Promise.all([browser.flush(), tcp.flush()]);

    tcp.publish('to.browser', 'hello browser');
    browser.publish('to.tcp', 'hello tcp');

    assert.equal((await take(fromTcp, 1))[0].string(), 'hello browser');
    assert.equal((await take(fromBrowser, 1))[0].string(), 'hello tcp');
  });

  it('answers requests and says where nobody does', async () => {
    const [service, requester] = [await connect(), await connect()];
    service.subscribe('service', { callback: (_, message) => message.respond('served') });
    await service.flush();

    assert.equal((await requester.request('service', 'x', { timeout: 10_000 })).string(), 'served');
    await assert.rejects(requester.request('nobody', 'x', { timeout: 10_000 }), (error) => isNoResponders(error));
  });

  it('carries payloads of every size and many messages in order', async () => {
    const connection = await connect();
    const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 1024 * 1024];
    const payloads = connection.subscribe('sizes');
    for (const size of sizes)
      connection.publish('sizes', new Uint8Array(size).fill(7));
    assert.deepEqual((await take(payloads, sizes.length)).map((message) => message.data.length), sizes);

    const numbers = connection.subscribe('numbers');
    for (let at = 0; at < 10_000; at++)
      connection.publish('numbers', `${at}`);
    assert.deepEqual((await take(numbers, 10_000)).map((message) => Number(message.string())), Array.from({ length: 10_000 }, (_, at) => at));
  });

  it('is told apart in monitoring', async () => {
    const connection = await connect({ name: 'browser' });
    const { connections } = await (await fetch(`${server.monitoringUrl}/connz`)).json();

    assert.equal(connections.find((row) => row.name === 'browser').type, 'websocket');
    await connection.flush();
  });

  it('takes any protocol message cut into any frames, and several in one', async () => {
    const socket = new WebSocket(server.webSocketUrl);
    let received = '';
    socket.on('message', (data) => { received += data.toString('latin1'); });
    await withDeadline(new Promise((resolve) => socket.once('open', resolve)), DEADLINE_MS, () => 'no WebSocket');
    for (const letter of 'CONNECT {"verbose":false}\r\nSUB a 1\r\nPUB a 3\r\nabc\r\n')
      socket.send(Buffer.from(letter), { binary: true });
    socket.send(Buffer.from('PUB a 1\r\nx\r\nPUB a 1\r\ny\r\nPING\r\n'), { binary: true });

    await until(() => received.includes('PONG\r\n'), 'PONG');
    socket.terminate();

    assert.match(received, /^INFO \{.*\}\s*\r\nMSG a 1 3\r\nabc\r\nMSG a 1 1\r\nx\r\nMSG a 1 1\r\ny\r\nPONG\r\n/);
  });

  it('closes on what is no protocol', async () => {
    const socket = new WebSocket(server.webSocketUrl);
    let received = '';
    socket.on('message', (data) => { received += data.toString('latin1'); });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.once('open', () => socket.send(Buffer.from('NONSENSE\r\n')));

    await withDeadline(closed, DEADLINE_MS, () => 'the server does not close');

    assert.match(received, /-ERR 'Unknown Protocol Operation'\r\n/);
  });
});

describe('WebSocket listeners of other kinds', () => {
  it('speaks TLS, and clients come back after a restart', async () => {
    const tls = { certificate: certificates.certificate('server'), key: certificates.key('server') };
    const server = await startAllInOne({ nats: { websocket: { port: await freePort(), tls } } });
    const connection = await wsconnect({ servers: server.webSocketUrl, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    try {
      const status = new StatusLog(connection);
      const subscription = connection.subscribe('secure');
      await connection.flush();
      await server.kill();
      await status.until('disconnect');
      await server.start();
      await status.until('reconnect');
      connection.publish('secure', 'again');

      assert.match(server.webSocketUrl, /^wss:/);
      assert.equal((await take(subscription, 1))[0].string(), 'again');
    } finally {
      await connection.close();
      await server.dispose();
    }
  });

  it('asks for a login', async () => {
    const server = await startAllInOne({ nats: { websocket: { port: 0 } }, auth: { users: [{ name: 'ann', password: 's3cret' }] } });
    try {
      await assert.rejects(wsconnect({ servers: server.webSocketUrl, reconnect: false }), (error) => isAuthorizationError(error));
      const connection = await wsconnect({ servers: server.webSocketUrl, user: 'ann', pass: 's3cret', reconnect: false });
      await connection.flush();
      await connection.close();
    } finally {
      await server.dispose();
    }
  });

  it('refuses pages of other origins where origins are listed', async () => {
    const server = await startAllInOne({ nats: { websocket: { port: 0, allowed_origins: ['https://example.org'] } } });
    const from = (origin) => new Promise((resolve) => {
      const socket = new WebSocket(server.webSocketUrl, { origin });
      socket.once('open', () => { socket.terminate(); resolve('open'); });
      socket.once('error', () => resolve('refused'));
    });
    try {
      assert.equal(await from('https://example.org'), 'open');
      assert.equal(await from('https://elsewhere.org'), 'refused');
    } finally {
      await server.dispose();
    }
  });
});
