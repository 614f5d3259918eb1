// Mailboxes for agents: plain requests, as any application makes them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clients } from '../lib/clients.mjs';
import { bodies, freshName, Mailboxes } from '../lib/mailboxes.mjs';
import { startAllInOne } from '../lib/servers.mjs';
import { StatusLog, take, until } from '../lib/wait.mjs';

const patient = { maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 };
const settings = {
  auth: {
    users: [
      { name: 'all', password: 'secret' },
      { name: 'sender', password: 'secret', permissions: { publish: ['$mq9.AI.MSG.SEND.>'], subscribe: ['_INBOX.>'] } },
    ],
  },
};

let server;
before(async () => { server = await startAllInOne(settings); });
after(() => server.dispose());

for (const client of clients) {
  describe(`mq9 with ${client.name}`, () => {
    const open = [];
    const connect = async (options = {}) => {
      open.push(await client.connect({ servers: server.url, user: 'all', pass: 'secret', ...patient, ...options }));
      return open.at(-1);
    };
    let mail;
    before(async () => { mail = new Mailboxes(client, await connect()); });
    after(() => Promise.all(open.map((connection) => connection.close())));

    it('makes mailboxes under given names, once, and under names of its own', async () => {
      const name = freshName('made');
      const made = await mail.create(name, { ttl: 3600, desc: 'mine' });
      const [generated, another] = [await mail.ask('MAILBOX.CREATE'), await mail.ask('MAILBOX.CREATE', {})];

      assert.deepEqual(made, { mail_address: name, mail_id: name });
      assert.match(generated.mail_address, /^[a-z0-9]{20}$/);
      assert.notEqual(generated.mail_address, another.mail_address);
      assert.deepEqual(await mail.ask('MAILBOX.CREATE', { name }), { error: `mailbox ${name} already exists` });
    });

    it('sends bytes of every size and gives them back with their headers', async () => {
      const name = freshName('bytes');
      await mail.create(name);
      const payloads = [0, 1, 1000, 300_000].map((size) => Uint8Array.from({ length: size }, (_, at) => at * 7));

      const ids = [];
      for (const payload of payloads)
        ids.push(await mail.send(name, payload, { 'mq9-tags': 'a, b,,', 'mq9-key': `k${payload.length}`, Trace: 'x: y' }));
      const messages = await mail.fetch(name, { deliver: 'earliest' });

      assert.deepEqual(ids, [0, 1, 2, 3]);
      assert.deepEqual(messages.map((message) => message.msg_id), ids);
      for (const [at, message] of messages.entries()) {
        assert.ok(Buffer.from(message.payload, 'base64').equals(Buffer.from(payloads[at])), `payload of ${payloads[at].length} bytes`);
        assert.equal(message.key, `k${payloads[at].length}`);
        assert.deepEqual(message.tags, ['a', 'b']);
        assert.equal(message.headers.Trace, 'x: y');
        assert.match(Buffer.from(message.header).toString(), /^NATS\/1\.0\r\n[^]*Trace: x: y\r\n/);
        assert.ok(Math.abs(message.create_time - Date.now() / 1000) < 60);
      }
    });

    it('fetches critical before urgent before normal, first in first out, for every size of a fetch', async () => {
      const name = freshName('order');
      await mail.create(name);
      const expected = await sendMixed(mail, name, 30);

      for (let count = 1; count <= 31; count++)
        assert.deepEqual(bodies(await mail.fetch(name, { deliver: 'earliest', count })), expected.slice(0, count), `${count} of 30`);
    });

    it('begins where it is told to: an id, a time, the end', async () => {
      const name = freshName('begin');
      await mail.create(name);
      for (const body of ['zero', 'one', 'two'])
        await mail.send(name, body);

      assert.deepEqual(bodies(await mail.fetch(name, { deliver: 'from_id', from_id: 1 })), ['one', 'two']);
      assert.deepEqual(bodies(await mail.fetch(name, { deliver: 'from_time', from_time: Math.floor(Date.now() / 1000) - 60 })), ['zero', 'one', 'two']);
      assert.deepEqual(await mail.fetch(name, { deliver: 'from_time', from_time: Math.floor(Date.now() / 1000) + 3600 }), []);
      assert.deepEqual(await mail.fetch(name), []);
    });

    it('waits for a message and answers as soon as one comes', async () => {
      const name = freshName('wait');
      await mail.create(name);
      const other = new Mailboxes(client, await connect());

      const waiting = mail.fetch(name, { wait: 30_000 });
      // The sends go on until one came after the fetch had begun to wait.
      let done = false;
      waiting.finally(() => { done = true; });
      await until(async () => {
        await other.send(name, 'here', { 'mq9-priority': 'urgent' });
        return done;
      }, 'the fetch is answered');

      assert.equal(bodies(await waiting)[0], 'here');
    });

    it('keeps one message a key, finds by key, tags and time, and touches nothing by looking', async () => {
      const name = freshName('query');
      await mail.create(name);
      await mail.send(name, 'old state', { 'mq9-key': 'state' });
      await mail.send(name, 'event', { 'mq9-tags': 'red,green' });
      await mail.send(name, 'new state', { 'mq9-key': 'state', 'mq9-tags': 'blue' });

      assert.deepEqual(bodies(await mail.query(name)), ['event', 'new state']);
      assert.deepEqual(bodies(await mail.query(name, { key: 'state' })), ['new state']);
      assert.deepEqual(bodies(await mail.query(name, { tags: ['green', 'none'] })), ['event']);
      assert.deepEqual(bodies(await mail.query(name, { since: Math.floor(Date.now() / 1000) - 60, limit: 1 })), ['event']);
      assert.deepEqual(bodies(await mail.query(name, { limit: 1 })), ['new state']);
      assert.deepEqual(bodies(await mail.fetch(name, { deliver: 'earliest' })), ['event', 'new state']);
    });

    it('deletes one message of one mailbox', async () => {
      const [name, longer] = [freshName('delete')].flatMap((one) => [one, `${one}.1`]);
      await mail.create(name);
      await mail.create(longer);
      await mail.send(name, 'stays');
      await mail.send(longer, 'goes');

      assert.deepEqual(await mail.ask(`MSG.DELETE.${longer}.0`), { deleted: true });
      assert.deepEqual(await mail.ask(`MSG.DELETE.${longer}.0`), { error: 'message not found' });
      assert.deepEqual(await mail.ask(`MSG.DELETE.${name}.x`), { error: 'invalid msg_id: x' });
      assert.deepEqual(bodies(await mail.query(name)), ['stays']);
      assert.deepEqual(await mail.query(longer), []);
    });

    it('lets a message expire by itself', async () => {
      const name = freshName('expire');
      await mail.create(name);
      await mail.send(name, 'short', { 'mq9-ttl': '1' });
      await mail.send(name, 'long', { 'mq9-ttl': '3600' });
      assert.ok((await mail.query(name)).at(-1).expires_at > Date.now() / 1000);

      await until(async () => (await mail.query(name)).length === 1, 'the short one is gone');

      assert.deepEqual(bodies(await mail.fetch(name, { deliver: 'earliest' })), ['long']);
    });

    it('registers agents, finds them by words, and forgets them', async () => {
      const word = freshName('w').replaceAll('.', 'x');
      const [writer, painter] = [{ name: `writer-${word}`, mailbox: freshName('writer'), payload: `writes poems ${word}` }, { name: `painter-${word}`, skills: [{ id: 'oil', tags: [word, 'landscapes'] }] }];
      for (const agent of [writer, painter])
        assert.deepEqual(await mail.ask('AGENT.REGISTER', agent), {});
      await mail.expect('AGENT.REPORT', { mailbox: writer.mailbox, status: 'busy' });

      const find = async (query) => (await mail.expect('AGENT.DISCOVER', query)).agents;
      assert.deepEqual((await find({ text: `poems ${word}` })).map((agent) => agent.agent_id), [writer.mailbox, painter.name]);
      assert.deepEqual((await find({ text: `poems ${word}`, limit: 1, page: 2 })).map((agent) => agent.agent_id), [painter.name]);
      assert.deepEqual((await find({ semantic: `landscape ${word}` }))[0].agent_id, painter.name);
      const [found] = await find({ text: 'poems', limit: 1000 }).then((agents) => agents.filter((agent) => agent.agent_id === writer.mailbox));
      assert.deepEqual(JSON.parse(found.agent_info), writer);
      assert.equal(found.last_report.status, 'busy');
      assert.ok(Math.abs(found.last_report_time - Date.now() / 1000) < 60);

      await mail.expect('AGENT.UNREGISTER', { mailbox: writer.mailbox });
      assert.deepEqual((await find({ text: word })).map((agent) => agent.agent_id), [painter.name]);
      assert.deepEqual(await mail.ask('AGENT.REPORT', { mailbox: writer.mailbox }), { error: `agent ${writer.mailbox} is not registered` });
      await mail.expect('AGENT.UNREGISTER', { name: painter.name });
    });

    it('answers every mistake in words and stays', async () => {
      const mistakes = {
        'MAILBOX.CREATE': [['{', /^invalid CREATE payload: it is not valid JSON/], [{ name: 'Ä' }, /^name may only contain lowercase letters, digits, and dots$/], [{ name: 'a'.repeat(129) }, /128/], [{ ttl: -1 }, /ttl/], [{ what: 1 }, /what is not known/]],
        'MSG.SEND.no.such': [['x', /^mailbox no\.such does not exist$/]],
        'MSG.FETCH.no.such': [[{}, /^mailbox no\.such does not exist$/], ['[]', /not a JSON object/], [{ config: { num_msgs: -1 } }, /num_msgs/]],
        'MSG.FETCH.no.group': [[{ group_name: 'g' }, /^mailbox no\.group does not exist$/], [{ group_name: 'g'.repeat(300) }, /longer than 256/], [{ config: { lease_ms: 1 } }, /needs a group_name/]],
        'MSG.ACK.no.such': [[{ group_name: 'g', mail_address: 'no.such', msg_id: 1 }, /^mailbox no\.such does not exist$/], [{ msg_id: '1' }, /msg_id/]],
        'MSG.QUERY.no.such': [['', /^mailbox no\.such does not exist$/]],
        'MSG.DELETE.no.such.1': [['', /^mailbox no\.such does not exist$/]],
        'AGENT.REGISTER': [['"x"', /not a JSON object/], [{}, /mailbox or name is missing/]],
        'AGENT.DISCOVER': [[{ limit: 0 }, /limit/]],
        NONSENSE: [['', /^unrecognized mq9 subject: \$mq9\.AI\.NONSENSE$/]],
      };
      for (const [subject, cases] of Object.entries(mistakes)) {
        for (const [payload, words] of cases)
          assert.match((await mail.ask(subject, payload)).error, words, `${subject} ${JSON.stringify(payload)}`);
      }
      const name = freshName('still');
      await mail.create(name);
      assert.match((await mail.ask(`MSG.SEND.${name}`, 'x', { 'mq9-priority': 'important' })).error, /^invalid mq9-priority header/);
      assert.match((await mail.ask(`MSG.SEND.${name}`, 'x', { 'mq9-delay': 'soon' })).error, /^invalid mq9-delay header/);
      assert.equal((await mail.ask(`MSG.ACK.${name}`, { group_name: 'g', mail_address: name, msg_id: 0 })).error, 'group g does not exist');
      assert.equal(await mail.send(name, 'x'), 0);
    });

    it('honours the permissions of whoever asks', async () => {
      const name = freshName('allowed');
      await mail.create(name);
      const connection = await connect({ user: 'sender' });
      const status = new StatusLog(connection);
      const sender = new Mailboxes(client, connection);

      assert.equal(await sender.send(name, 'may be sent'), 0);
      await assert.rejects(sender.ask(`MSG.FETCH.${name}`, {}, undefined, 2000));
      await until(() => status.events.some((event) => client.saysPermissionViolation(event, /FETCH/)), 'the violation is told');
      assert.deepEqual(bodies(await mail.query(name)), ['may be sent']);
    });

    it('serves many at once, each message an id of its own', async () => {
      const name = freshName('many');
      await mail.create(name);
      const senders = await Promise.all(Array.from({ length: 16 }, async () => new Mailboxes(client, await connect())));

      const ids = (await Promise.all(senders.map((sender, at) => Promise.all(Array.from({ length: 50 }, (_, number) => sender.send(name, `${at} ${number}`)))))).flat();

      assert.deepEqual(ids.sort((a, b) => a - b), Array.from({ length: 800 }, (_, at) => at));
      const received = bodies(await mail.fetch(name, { deliver: 'earliest', count: 1000 }));
      for (let at = 0; at < 16; at++)
        assert.deepEqual(received.filter((body) => body.startsWith(`${at} `)), Array.from({ length: 50 }, (_, number) => `${at} ${number}`), 'in the order sent');
    });

    it('keeps a group where it is: what is not acknowledged comes again, the last of a batch stands for all', async () => {
      const name = freshName('group');
      await mail.create(name);
      const expected = await sendMixed(mail, name, 30);

      for (let size = 1; size <= 31; size += 5) {
        const group = `by ${size}`;
        const seen = [];
        while (seen.length < expected.length) {
          const again = await mail.fetch(name, { group_name: group, deliver: 'earliest', count: size });
          const messages = await mail.fetch(name, { group_name: group, count: size });
          assert.deepEqual(messages, again);
          await mail.acknowledge(name, group, messages.at(-1).msg_id);
          seen.push(...bodies(messages));
        }
        assert.deepEqual(seen, expected, `${size} at a time`);
        assert.deepEqual(await mail.fetch(name, { group_name: group, deliver: 'earliest' }), []);
      }
    });

    it('lets a group begin where it is told to, and anew when it is forced', async () => {
      const name = freshName('start');
      await mail.create(name);
      for (const body of ['zero', 'one', 'two'])
        await mail.send(name, body);
      const minuteAgo = Math.floor(Date.now() / 1000) - 60;

      assert.deepEqual(await mail.fetch(name, { group_name: 'latest' }), []);
      await mail.send(name, 'three');
      assert.deepEqual(bodies(await mail.fetch(name, { group_name: 'latest' })), ['three']);
      assert.deepEqual(bodies(await mail.fetch(name, { group_name: 'id', deliver: 'from_id', from_id: 2 })), ['two', 'three']);
      assert.deepEqual(bodies(await mail.fetch(name, { group_name: 'time', deliver: 'from_time', from_time: minuteAgo })), ['zero', 'one', 'two', 'three']);
      await mail.acknowledge(name, 'time', 3);
      assert.deepEqual(await mail.fetch(name, { group_name: 'time' }), []);
      assert.deepEqual(bodies(await mail.fetch(name, { group_name: 'time', deliver: 'from_id', from_id: 3, force_deliver: true })), ['three']);
    });

    it('serves the default group, where clients are that know no groups', async () => {
      const name = freshName('default');
      await mail.create(name);
      for (const body of ['zero', 'one'])
        await mail.send(name, body);

      assert.deepEqual(bodies(await mail.fetch(name, { group_name: '', deliver: 'from_id', from_id: 1 })), ['one']);
      assert.deepEqual(bodies(await mail.fetch(name, { group_name: '', deliver: 'earliest' })), ['zero', 'one']);
      await mail.acknowledge(name, '', 0);
      assert.deepEqual(bodies(await mail.fetch(name, { group_name: '', deliver: 'earliest' })), ['one']);
    });

    it('wakes a group that waits, with whatever is most urgent', async () => {
      const name = freshName('groupwait');
      await mail.create(name);
      const other = new Mailboxes(client, await connect());
      assert.deepEqual(await mail.fetch(name, { group_name: 'g' }), []);

      const waiting = mail.fetch(name, { group_name: 'g', wait: 30_000 });
      await other.send(name, 'here', { 'mq9-priority': 'urgent' });

      assert.deepEqual(bodies(await waiting), ['here']);
    });

    it('shares a group among workers that lease, each message done once', async () => {
      const name = freshName('lease');
      await mail.create(name);
      for (let at = 0; at < 40; at++)
        await mail.send(name, `${at}`);
      const workers = await Promise.all(Array.from({ length: 4 }, async () => new Mailboxes(client, await connect())));

      const done = (await Promise.all(workers.map(async (worker) => {
        const own = [];
        for (;;) {
          const messages = (await worker.expect(`MSG.FETCH.${name}`, { group_name: 'w', deliver: 'earliest', config: { num_msgs: 3, max_wait_ms: 0, lease_ms: 60_000 } })).messages;
          if (messages.length === 0)
            return own;
          for (const message of messages)
            await worker.acknowledge(name, 'w', message.msg_id);
          own.push(...bodies(messages));
        }
      }))).flat();

      assert.deepEqual(done.map(Number).sort((a, b) => a - b), Array.from({ length: 40 }, (_, at) => at));
    });

    it('holds a delayed message back until its time', async () => {
      const name = freshName('delay');
      await mail.create(name);

      assert.equal(await mail.send(name, 'later', { 'mq9-delay': '3', 'mq9-priority': 'critical' }), -1);
      assert.equal(await mail.send(name, 'never now', { 'mq9-delay': '3600' }), -1);
      assert.equal(await mail.send(name, 'now'), 0);
      assert.deepEqual(bodies(await mail.query(name)), ['now']);
      const [later] = await mail.fetch(name, { deliver: 'from_id', from_id: 1, wait: 30_000 });

      assert.equal(later.msg_id, 1);
      assert.deepEqual(bodies(await mail.fetch(name, { deliver: 'earliest' })), ['later', 'now']);
    });

    describe('the earlier form', () => {
      const subject = (rest) => `$mq9.AI.MAILBOX.MSG.${rest}`;

      it('delivers what is stored by priority, then what comes, with the priority in the subject', async () => {
        const name = freshName('feed');
        await mail.create(name);
        const connection = await connect();
        for (const priority of ['normal', 'low', 'critical', 'high'])
          connection.publish(subject(`${name}.${priority}`), priority);
        connection.publish(subject(name), 'plain');
        await until(async () => (await mail.query(name)).length === 5, 'all are stored');

        const every = connection.subscribe(subject(`${name}.*`));
        const [critical, plain] = [connection.subscribe(subject(`${name}.critical`)), connection.subscribe(subject(name))];
        const seen = (messages) => messages.map((message) => `${message.subject.slice(subject(name).length)} ${message.string()}`);
        const stored = take(every, 6);
        await until(() => every.getReceived() === 5, 'what is stored');
        await mail.send(name, 'live', { 'mq9-priority': 'critical' });

        assert.deepEqual(seen(await stored), ['.critical critical', '.high high', '.normal normal', '.normal plain', '.low low', '.critical live']);
        assert.deepEqual(seen(await take(critical, 2)), ['.critical critical', '.critical live']);
        assert.deepEqual(seen(await take(plain, 2)), [' normal', ' plain']);
      });

      it('gives each message to one member of a queue group', async () => {
        const name = freshName('queue');
        await mail.create(name);
        for (let at = 0; at < 20; at++)
          await mail.expect(`MAILBOX.MSG.${name}`, `${at}`);
        const received = [];
        for (let member = 0; member < 3; member++) {
          const subscription = (await connect()).subscribe(subject(`${name}.*`), { queue: 'workers' });
          (async () => { for await (const message of subscription) received.push(message.string()); })();
        }
        for (let at = 20; at < 40; at++)
          await mail.send(name, `${at}`);
        await until(() => received.length >= 40, 'all came');

        assert.deepEqual(received.map(Number).sort((a, b) => a - b), Array.from({ length: 40 }, (_, at) => at));
      });

      it('lists, deletes, and shows public mailboxes, without the key error', async () => {
        const name = freshName('public');
        const made = await mail.expect('MAILBOX.CREATE', { name, public: true, desc: 'open to all' });
        await mail.expect(`MAILBOX.MSG.${name}.low`, 'later');
        await mail.expect(`MAILBOX.MSG.${name}.high`, 'sooner');

        const listed = await mail.expect(`MAILBOX.LIST.${name}`);
        const deleted = await mail.expect(`MAILBOX.DELETE.${name}.${listed.messages[0].msg_id}`);
        const { mailboxes } = await mail.expect('PUBLIC.LIST');
        const heard = take((await connect()).subscribe('$mq9.AI.PUBLIC.LIST'), 1);

        for (const answer of [made, listed, deleted])
          assert.ok(!('error' in answer));
        assert.deepEqual(listed.messages.map((message) => [message.msg_id, message.priority]), [['1', 'high'], ['0', 'low']]);
        assert.deepEqual(bodies(await mail.query(name)), ['later']);
        assert.equal(mailboxes.find((mailbox) => mailbox.mail_id === name).desc, 'open to all');
        assert.equal(JSON.parse((await heard)[0].string()).event, 'created');
      });
    });
  });
}

/** Sends messages of all priorities, mixed; returns their bodies in the order of delivery. */
async function sendMixed(mail, name, count) {
  const sent = { critical: [], urgent: [], normal: [] };
  for (let at = 0; at < count; at++) {
    const priority = ['normal', 'urgent', 'normal', 'critical', 'urgent'][(at * 7) % 5];
    await mail.send(name, `${at}`, { 'mq9-priority': priority });
    sent[priority].push(`${at}`);
  }
  return [...sent.critical, ...sent.urgent, ...sent.normal];
}
