// Mailboxes over two gateways and a storage-node: nothing of a mailbox is in a gateway, and nothing answered for is lost with a process.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clients } from '../lib/clients.mjs';
import { bodies, freshName, Mailboxes } from '../lib/mailboxes.mjs';
import { Cluster } from '../lib/servers.mjs';
import { StatusLog, until } from '../lib/wait.mjs';

const RECOVERY_MS = 30_000;
const patient = { maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 };

for (const client of clients) {
  describe(`mq9 over two gateways with ${client.name}`, () => {
    let cluster;
    const connections = [];
    const mail = [];
    before(async () => {
      cluster = await Cluster.start(2);
      for (const gateway of cluster.gateways) {
        connections.push(await client.connect({ servers: gateway.url, ...patient }));
        mail.push(new Mailboxes(client, connections.at(-1)));
      }
    });
    after(async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await cluster.dispose();
    });

    /** Asks until the storage-node is reached again; only for what may be asked twice. */
    const patiently = (question) => until(() => question().catch(() => null), 'the storage-node is reached', RECOVERY_MS);

    it('is one mailbox at both', async () => {
      const name = freshName('both');
      await mail[0].create(name);
      assert.deepEqual(await mail[1].ask('MAILBOX.CREATE', { name }), { error: `mailbox ${name} already exists` });
      for (let at = 0; at < 100; at++)
        assert.equal(await mail[at % 2].send(name, `${at}`), at);

      const expected = Array.from({ length: 100 }, (_, at) => `${at}`);
      for (const each of mail)
        assert.deepEqual(bodies(await each.fetch(name, { deliver: 'earliest' })), expected);
    });

    it('executes a request once, whoever subscribes to it', async () => {
      const name = freshName('once');
      await mail[0].create(name);
      const witness = connections[1].subscribe('>');
      await connections[1].flush();

      assert.equal(await mail[0].send(name, 'only one'), 0);

      assert.deepEqual(bodies(await mail[1].query(name)), ['only one']);
      await connections[1].flush();
      const overheard = [];
      witness.drain();
      for await (const message of witness)
        overheard.push(message.subject);
      assert.deepEqual(overheard.filter((subject) => subject.startsWith('$mq9.')), []);
    });

    it('wakes a fetch at one gateway for a send at the other', async () => {
      const name = freshName('wake');
      await mail[0].create(name);

      const waiting = mail[1].fetch(name, { deliver: 'earliest', wait: 30_000 });
      await mail[0].send(name, 'across');

      assert.deepEqual(bodies(await waiting), ['across']);
    });

    it('serves a subscription of the earlier form at one gateway with what is sent at the other', async () => {
      const name = freshName('feed');
      await mail[0].create(name);
      await mail[0].send(name, 'stored');
      const subscription = connections[1].subscribe(`$mq9.AI.MAILBOX.MSG.${name}.*`);
      await until(() => subscription.getReceived() === 1, 'the stored one');

      await mail[0].send(name, 'live', { 'mq9-priority': 'urgent' });
      await until(() => subscription.getReceived() === 2, 'the live one');
    });

    it('agrees on agents at both', async () => {
      const agent = { mailbox: freshName('agent'), name: 'twice known' };
      await mail[0].expect('AGENT.REGISTER', agent);
      const known = async (at) => (await mail[at].expect('AGENT.DISCOVER', { limit: 1000 })).agents.some((each) => each.agent_id === agent.mailbox);

      assert.ok(await known(1));
      await mail[1].expect('AGENT.UNREGISTER', { mailbox: agent.mailbox });
      assert.ok(!await known(0));
    });

    it('has every acknowledged message, in order, for every size of a fetch, after the storage-node was killed', async () => {
      const [name, elsewhere] = [freshName('killed'), freshName('elsewhere')];
      await mail[0].create(name);
      await mail[0].create(elsewhere);
      const sent = { critical: [], urgent: [], normal: [] };
      for (let at = 0; at < 24; at++) {
        const priority = ['normal', 'critical', 'urgent'][at % 3];
        await mail[at % 2].send(name, `${at}`, { 'mq9-priority': priority });
        sent[priority].push(`${at}`);
      }
      const expected = [...sent.critical, ...sent.urgent, ...sent.normal];

      await cluster.storage.kill();
      // No answer within the second, or an error: in no case an id.
      assert.equal((await mail[0].ask(`MSG.SEND.${elsewhere}`, 'unanswered', undefined, 1000).catch(() => ({}))).msg_id, undefined);
      await cluster.storage.start();

      await patiently(() => mail[0].query(name));
      await patiently(() => mail[1].query(name));
      for (let count = 1; count <= 24; count++)
        assert.deepEqual(bodies(await mail[count % 2].fetch(name, { deliver: 'earliest', count })), expected.slice(0, count), `${count} of 24`);
    });

    it('goes on where a gateway was killed and started again', async () => {
      const name = freshName('gateway');
      await mail[0].create(name);
      await mail[0].send(name, 'before');
      const status = new StatusLog(connections[0]);

      await cluster.gateways[0].kill();
      await patiently(() => mail[1].send(name, 'meanwhile'));
      await cluster.gateways[0].start();
      await status.until('reconnect', RECOVERY_MS);

      assert.deepEqual(bodies(await patiently(() => mail[0].fetch(name, { deliver: 'earliest' }))), ['before', 'meanwhile']);
    });
  });
}
