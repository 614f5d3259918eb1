// Decentralised mode: users with JWTs of accounts that a trusted operator signed.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAccount, createOperator, createUser, encodeAccount, encodeUser, fmtCreds } from '@nats-io/jwt';
import { clients } from '../lib/clients.mjs';
import { startAllInOne } from '../lib/servers.mjs';
import { StatusLog, take, until } from '../lib/wait.mjs';

const operator = createOperator();
const [red, blue] = [createAccount(), createAccount()];
const signing = createAccount();
const revoked = createUser();
const nowSeconds = () => Math.floor(Date.now() / 1000);

let server;
before(async () => {
  const limits = { conn: -1, subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, leaf: -1 };
  const accounts = [
    await encodeAccount('red', red, { limits, signing_keys: [signing.getPublicKey()] }, { signer: operator }),
    await encodeAccount('blue', blue, { limits, revocations: { [revoked.getPublicKey()]: nowSeconds() + 10 } }, { signer: operator }),
  ];
  server = await startAllInOne({ nats: { trusted_operators: [operator.getPublicKey()], account_tokens: accounts }, auth: { failures_max: 1000 } });
});
after(() => server.dispose());

for (const client of clients) {
  describe(`JWTs with ${client.name}`, () => {
    const open = [];
    const connect = async (options) => {
      const connection = await client.connect({ servers: server.url, reconnect: false, ...options });
      open.push(connection);
      return connection;
    };
    const refused = (options) => assert.rejects(connect(options), (error) => client.isAuthorizationError(error));
    /** A user of an account, as connect options. */
    const userOf = async (account, claims = {}, { key = createUser(), exp } = {}) => {
      const jwt = await encodeUser('user', key, account, claims, exp ? { exp } : {});
      return { authenticator: client.jwtAuthenticator(jwt, key.getSeed()) };
    };
    after(() => Promise.all(open.map((connection) => connection.close())));

    it('takes a JWT with its seed, and a credentials file', async () => {
      await (await connect(await userOf(red))).flush();
      const key = createUser();
      const creds = fmtCreds(await encodeUser('filed', key, red), key);
      await (await connect({ authenticator: client.credsAuthenticator(creds) })).flush();
    });

    it('takes a JWT signed by a signing key of the account', async () => {
      const claims = { issuer_account: red.getPublicKey() };
      await (await connect(await userOf(signing, claims))).flush();
    });

    it('refuses unknown accounts, expired and revoked users, foreign seeds, and nobody', async () => {
      await refused(await userOf(createAccount()));
      await refused(await userOf(red, {}, { exp: nowSeconds() - 10 }));
      await refused(await userOf(blue, {}, { key: revoked }));
      const jwt = await encodeUser('stolen', createUser(), red);
      await refused({ authenticator: client.jwtAuthenticator(jwt, createUser().getSeed()) });
      await refused({});
      await refused({ user: 'user', pass: 'password' });
    });

    it('refuses a JWT that was changed', async () => {
      const key = createUser();
      const jwt = await encodeUser('user', key, red);
      const [head, body, signature] = jwt.split('.');
      const claims = JSON.parse(Buffer.from(body, 'base64url'));
      claims.name = 'somebody else';
      const forged = [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
      await refused({ authenticator: client.jwtAuthenticator(forged, key.getSeed()) });
    });

    it('takes a bearer token without a signature, and no other JWT without one', async () => {
      const key = createUser();
      const bearer = await encodeUser('bearer', key, red, { bearer_token: true });
      await (await connect({ authenticator: () => ({ jwt: bearer }) })).flush();
      const signed = await encodeUser('signed', key, red);
      await refused({ authenticator: () => ({ jwt: signed }) });
    });

    it('ends the connection when the JWT expires', async () => {
      const connection = await connect(await userOf(red, {}, { exp: nowSeconds() + 4 }));
      const status = new StatusLog(connection);

      const error = await connection.closed();

      assert.match(`${error?.message ?? ''} ${JSON.stringify(status.events)}`, /expired/i);
    });

    it('enforces the permissions in the JWT', async () => {
      const [limited, publisher] = [
        await connect(await userOf(red, { pub: { allow: ['orders.>'] }, sub: { allow: ['orders.>', '_INBOX.>'], deny: ['orders.secret'] } })),
        await connect(await userOf(red)),
      ];
      const status = new StatusLog(limited);
      const orders = limited.subscribe('orders.>');
      await limited.flush();

      limited.publish('other', 'x');
      publisher.publish('orders.secret', 'no');
      publisher.publish('orders.new', 'yes');

      assert.deepEqual((await take(orders, 1)).map((message) => message.string()), ['yes']);
      await until(() => status.events.some((event) => client.saysPermissionViolation(event, /other|publish/)), 'the violation');
    });

    it('keeps to the limits in the JWT', async () => {
      const connection = await connect(await userOf(red, { payload: 16, subs: 1 }));
      assert.equal(connection.info.max_payload, 16);
    });

    it('refuses connection types that the JWT does not list', async () => {
      await refused(await userOf(red, { allowed_connection_types: ['WEBSOCKET'] }));
      await (await connect(await userOf(red, { allowed_connection_types: ['STANDARD'] }))).flush();
    });

    it('keeps accounts apart', async () => {
      const [inRed, inBlue, alsoInRed] = [await connect(await userOf(red)), await connect(await userOf(blue)), await connect(await userOf(red))];
      const seenByBlue = inBlue.subscribe('>');
      const seenByRed = alsoInRed.subscribe('news');
      await Promise.all([inBlue.flush(), alsoInRed.flush()]);

      inRed.publish('news', 'for red');
      inBlue.publish('news', 'for blue');

      assert.equal((await take(seenByRed, 1))[0].string(), 'for red');
      assert.equal((await take(seenByBlue, 1))[0].string(), 'for blue');
      await assert.rejects(inRed.request('nobody.here', 'x', { timeout: 10_000 }), (error) => client.isNoResponders(error));
    });
  });
}
