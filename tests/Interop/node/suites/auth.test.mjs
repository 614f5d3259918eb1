// Who may connect, by each method, and what they may do then.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createUser } from '@nats-io/nkeys';
import { clients } from '../lib/clients.mjs';
import { startAllInOne } from '../lib/servers.mjs';
import { StatusLog, take, until } from '../lib/wait.mjs';

/** bcrypt of s3cret. */
const hash = '$2b$06$abcdefghijklmnopqrstuuNOnw6EGKc3988bZtxlqHMps74iVdpdC';
const key = createUser();
const encoder = new TextEncoder();

const users = [
  { name: 'plain', password: 'open sesame' },
  { name: 'hashed', password: hash },
  { name: 'service', token: 'a-token' },
  { name: 'signer', nkey: key.getPublicKey() },
  {
    name: 'limited',
    password: 's3cret',
    permissions: {
      publish: { allow: ['orders.>', 'ask'], deny: ['orders.secret'] },
      subscribe: { allow: ['orders.>', '_INBOX.>', 'jobs workers'], deny: ['orders.secret'] },
    },
  },
  { name: 'responder', password: 's3cret', permissions: { subscribe: ['ask'], publish: { deny: ['>'] }, allow_responses: { max: 1, expires: '1m' } } },
  { name: 'red', password: 's3cret', namespace: 'red' },
  { name: 'blue', password: 's3cret', namespace: 'blue' },
];

let server;
before(async () => { server = await startAllInOne({ auth: { users, failures_max: 1000 } }); });
after(() => server.dispose());

for (const client of clients) {
  describe(`authentication with ${client.name}`, () => {
    const open = [];
    const connect = async (options = {}) => {
      const connection = await client.connect({ servers: server.url, reconnect: false, ...options });
      open.push(connection);
      return connection;
    };
    const as = (user, pass = 's3cret') => connect({ user, pass });
    const refused = (options) => assert.rejects(connect(options), (error) => client.isAuthorizationError(error));
    after(() => Promise.all(open.map((connection) => connection.close())));

    it('takes a password, in the clear or as bcrypt in the configuration', async () => {
      await (await connect({ user: 'plain', pass: 'open sesame' })).flush();
      await (await connect({ user: 'hashed', pass: 's3cret' })).flush();
    });

    it('refuses a wrong password, an unknown user, and nobody', async () => {
      await refused({ user: 'plain', pass: 's3cret' });
      await refused({ user: 'hashed', pass: 'S3cret' });
      await refused({ user: 'hashed', pass: hash });
      await refused({ user: 'nobody', pass: 's3cret' });
      await refused({});
    });

    it('takes a token and refuses another one', async () => {
      await (await connect({ token: 'a-token' })).flush();
      await refused({ token: 'another-token' });
    });

    it('takes the signature of a known key and refuses that of another one', async () => {
      await (await connect({ authenticator: client.nkeyAuthenticator(key.getSeed()) })).flush();
      await refused({ authenticator: client.nkeyAuthenticator(createUser().getSeed()) });
      // Known key, signature of another one.
      await refused({ authenticator: (nonce) => ({ nkey: key.getPublicKey(), sig: Buffer.from(createUser().sign(encoder.encode(nonce))).toString('base64url') }) });
    });

    it('lets a user publish what it may and says what it may not', async () => {
      const [limited, witness] = [await as('limited'), await connect({ user: 'plain', pass: 'open sesame' })];
      const status = new StatusLog(limited);
      const seen = witness.subscribe('>');
      await witness.flush();

      limited.publish('other', 'denied');
      limited.publish('orders.secret', 'denied');
      limited.publish('orders.new', 'allowed');
      await limited.flush();

      assert.deepEqual((await take(seen, 1)).map((message) => message.subject), ['orders.new']);
      await until(() => status.events.filter((event) => client.saysPermissionViolation(event, /other|orders\.secret|publish/)).length === 2, 'two violations');
    });

    it('ends a subscription that a user may not have, and keeps the connection', async () => {
      const limited = await as('limited');
      for (const subject of ['other', '>', 'orders.secret', 'jobs']) {
        const failure = new Promise((resolve) => limited.subscribe(subject, { callback: (error) => resolve(error) }));
        await limited.flush();
        assert.ok(client.isPermissionViolation(await failure), subject);
      }
      const allowed = limited.subscribe('jobs', { queue: 'workers' });
      await limited.flush();
      assert.ok(!allowed.isClosed());
    });

    it('keeps denied subjects from a wildcard that takes them in', async () => {
      const [limited, publisher] = [await as('limited'), await connect({ user: 'plain', pass: 'open sesame' })];
      const orders = limited.subscribe('orders.>');
      await limited.flush();

      publisher.publish('orders.secret', 'no');
      publisher.publish('orders.open', 'yes');

      assert.deepEqual((await take(orders, 1)).map((message) => message.subject), ['orders.open']);
    });

    it('lets a responder answer what it was asked, once, and publish nothing else', async () => {
      const [responder, requester] = [await as('responder'), await as('limited')];
      const status = new StatusLog(responder);
      responder.subscribe('ask', {
        callback: (_, message) => {
          message.respond('answer');
          message.respond('answer');
        },
      });
      await responder.flush();

      assert.equal((await requester.request('ask', 'x', { timeout: 10_000 })).string(), 'answer');
      await until(() => status.events.some((event) => client.saysPermissionViolation(event, /_INBOX|publish/)), 'the second answer is refused');
    });

    it('keeps namespaces apart: subjects, queue groups, requests', async () => {
      const [red, blue, other] = [await as('red'), await as('blue'), await as('red')];
      const seenByBlue = blue.subscribe('>');
      blue.subscribe('service', { queue: 'q', callback: (_, message) => message.respond('blue') });
      const seenByRed = other.subscribe('news');
      await Promise.all([blue.flush(), other.flush()]);

      red.publish('news', 'for red');
      await assert.rejects(red.request('service', 'x', { timeout: 10_000 }), (error) => client.isNoResponders(error));
      blue.publish('news', 'for blue');

      assert.deepEqual((await take(seenByRed, 1)).map((message) => message.string()), ['for red']);
      assert.deepEqual((await take(seenByBlue, 1)).map((message) => message.string()), ['for blue']);
      assert.equal(seenByRed.getReceived(), 1);
    });
  });
}
