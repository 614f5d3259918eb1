// TLS: after INFO or before it, with and without certificates of clients.
import assert from 'node:assert/strict';
import { connect as connectSocket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Certificates } from '../lib/certificates.mjs';
import { clients } from '../lib/clients.mjs';
import { withDeadline } from '../lib/process.mjs';
import { freePort, startAllInOne } from '../lib/servers.mjs';
import { DEADLINE_MS, StatusLog, take } from '../lib/wait.mjs';

let certificates;
before(async () => { certificates = await Certificates.create(); });
after(() => certificates.dispose());

const listener = (more = {}) => ({ certificate: certificates.certificate('server'), key: certificates.key('server'), timeout: '30s', ...more });
const trusting = (more = {}) => ({ caFile: certificates.certificate('ca'), ...more });
const showing = (name, more = {}) => trusting({ certFile: certificates.certificate(name), keyFile: certificates.key(name), ...more });

for (const client of clients) {
  describe(`TLS with ${client.name}`, () => {
    const servers = [];
    const connections = [];
    const start = async (tls, more = {}) => {
      servers.push(await startAllInOne({ nats: { tls, ...more.nats }, ...more.others }));
      return servers.at(-1);
    };
    const address = (server) => new URL(server.url.replace('tls:', 'nats:')).host;
    const connect = async (server, tls, options = {}) => {
      connections.push(await client.connect({ servers: address(server), tls, reconnect: false, timeout: 20_000, ...options }));
      return connections.at(-1);
    };
    const roundTrip = async (connection) => {
      const subscription = connection.subscribe('secret');
      const large = 'x'.repeat(100_000);
      connection.publish('secret', large);
      assert.equal((await take(subscription, 1))[0].string(), large);
    };
    after(async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await Promise.all(servers.map((server) => server.dispose()));
    });

    it('is asked for by INFO', async () => {
      const server = await start(listener());
      const connection = await connect(server, trusting());

      assert.equal(connection.info.tls_required, true);
      await roundTrip(connection);
    });

    it('is noticed by a client that does not trust the authority', async () => {
      const server = await start(listener());
      await assert.rejects(connect(server, { caFile: certificates.certificate('other-ca') }));
    });

    it('can be shaken before INFO', async () => {
      const server = await start(listener({ handshake_first: true }));
      const connection = await connect(server, trusting({ handshakeFirst: true }));
      await roundTrip(connection);
    });

    it('asks for a certificate where one is required', async () => {
      const server = await start(listener({ ca: certificates.certificate('ca'), client_certificates: 'required' }));

      await roundTrip(await connect(server, showing('client')));
      await assert.rejects(connect(server, trusting()), 'none');
      await assert.rejects(connect(server, showing('stranger')), 'of an authority that is not trusted');
    });

    it('takes a certificate as a login', async () => {
      const users = [{ name: 'ann', certificates: ['ann.example'], permissions: { publish: ['orders.>'] } }, { name: 'bob', password: 's3cret' }];
      const server = await start(listener({ ca: certificates.certificate('ca'), client_certificates: 'optional' }), { others: { auth: { users } } });

      const ann = await connect(server, showing('client'));
      const status = new StatusLog(ann);
      ann.publish('other', 'x');
      await status.until('error');
      await (await connect(server, trusting(), { user: 'bob', pass: 's3cret' })).flush();
      await assert.rejects(connect(server, trusting()), (error) => client.isAuthorizationError(error));
    });

    it('survives a restart of the server', async () => {
      const server = await start(listener(), { nats: { port: await freePort() } });
      const connection = await connect(server, trusting(), { reconnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
      const status = new StatusLog(connection);

      await server.kill();
      await status.until('disconnect');
      await server.start();
      await status.until('reconnect');

      await roundTrip(connection);
    });
  });
}

describe('TLS without a client', () => {
  let server;
  before(async () => { server = await startAllInOne({ nats: { tls: listener({ timeout: '500ms' }) } }); });
  after(() => server.dispose());

  /** Says something to the listener and returns all it answers until it closes. */
  const talk = (text) => {
    const { hostname, port } = new URL(server.url.replace('tls:', 'nats:'));
    const socket = connectSocket(Number(port), hostname);
    const answer = new Promise((resolve, reject) => {
      let received = '';
      socket.on('data', (data) => { received += data.toString('latin1'); });
      socket.on('close', () => resolve(received));
      socket.on('error', (error) => { if (error.code !== 'ECONNRESET') reject(error); });
      if (text)
        socket.write(text);
    });
    return withDeadline(answer, DEADLINE_MS, () => 'the server does not close');
  };

  it('closes on plain text', async () => {
    const answer = await talk('CONNECT {}\r\nPING\r\n');
    assert.match(answer, /^INFO \{.*"tls_required":true/);
    assert.doesNotMatch(answer, /PONG/);
  });

  it('closes on silence', async () => {
    assert.match(await talk(''), /^INFO /);
  });
});
