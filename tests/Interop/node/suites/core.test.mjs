// The core API: what every NATS application uses.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clients } from '../lib/clients.mjs';
import { startAllInOne } from '../lib/servers.mjs';
import { StatusLog, take, until } from '../lib/wait.mjs';

let server;
before(async () => { server = await startAllInOne(); });
after(() => server.dispose());

const texts = (messages) => messages.map((message) => message.string());

for (const client of clients) {
  describe(`core with ${client.name}`, () => {
    const open = [];
    const connect = async (options = {}) => {
      const connection = await client.connect({ servers: server.url, ...options });
      open.push(connection);
      return connection;
    };
    after(() => Promise.all(open.map((connection) => connection.close())));

    it('delivers to exact, one-token and rest subscriptions', async () => {
      const [subscriber, publisher] = [await connect(), await connect()];
      const exact = subscriber.subscribe('orders.eu.new');
      const oneToken = subscriber.subscribe('orders.*.new');
      const rest = subscriber.subscribe('orders.>');
      await subscriber.flush();

      publisher.publish('orders.eu.new', 'first');
      publisher.publish('orders.us.new', 'second');
      publisher.publish('orders.us.new.again', 'third');
      publisher.publish('orders', 'nobody');
      publisher.publish('orders.eu.new', 'fourth');

      assert.deepEqual(texts(await take(exact, 2)), ['first', 'fourth']);
      assert.deepEqual(texts(await take(oneToken, 3)), ['first', 'second', 'fourth']);
      assert.deepEqual(texts(await take(rest, 4)), ['first', 'second', 'third', 'fourth']);
    });

    it('carries binary, empty and large payloads unchanged', async () => {
      const connection = await connect();
      const subscription = connection.subscribe('payloads');
      const payloads = [0, 1, 3000, 70_000, connection.info.max_payload].map((size) => Uint8Array.from({ length: size }, (_, at) => at * 7));

      for (const payload of payloads)
        connection.publish('payloads', payload);

      const received = await take(subscription, payloads.length);
      for (const [at, payload] of payloads.entries())
        assert.ok(Buffer.from(payload).equals(Buffer.from(received[at].data)), `payload of ${payload.length} bytes`);
    });

    it('keeps the order of one publisher', async () => {
      const [subscriber, publisher] = [await connect(), await connect()];
      const subscription = subscriber.subscribe('ordered.*');
      await subscriber.flush();
      const numbers = Array.from({ length: 20_000 }, (_, at) => `${at}`);

      for (const number of numbers)
        publisher.publish(`ordered.${number % 7}`, number);

      assert.deepEqual(texts(await take(subscription, numbers.length)), numbers);
    });

    it('carries headers with repeats, their case and their order', async () => {
      const connection = await connect();
      const subscription = connection.subscribe('headed');
      const headers = client.headers();
      headers.append('X-One', 'a');
      headers.append('X-One', 'b');
      headers.append('lower', 'text with spaces: and colons');

      connection.publish('headed', 'body', { headers });

      const [message] = await take(subscription, 1);
      assert.deepEqual(message.headers.values('X-One'), ['a', 'b']);
      assert.equal(message.headers.get('lower'), 'text with spaces: and colons');
      assert.deepEqual([...message.headers.keys()], ['X-One', 'lower']);
      assert.equal(message.string(), 'body');
    });

    it('answers requests, to the shared inbox and to one of their own', async () => {
      const [service, requester] = [await connect(), await connect()];
      service.subscribe('square', { callback: (_, message) => message.respond(`${Number(message.string()) ** 2}`) });
      await service.flush();

      const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => requester.request('square', `${at}`, { timeout: 10_000 })));
      const alone = await requester.request('square', '12', { noMux: true, timeout: 5000 });

      assert.deepEqual(answers.map((answer) => Number(answer.string())), Array.from({ length: 100 }, (_, at) => at * at));
      assert.equal(alone.string(), '144');
    });

    it('says at once that nobody answers', async () => {
      const connection = await connect();

      await assert.rejects(connection.request('nobody.home', 'x', { timeout: 10_000 }), (error) => client.isNoResponders(error), 'a 503, not a timeout');
    });

    it('leaves a request to its timeout where a subscriber does not answer', async () => {
      const connection = await connect();
      connection.subscribe('silent', { callback: () => {} });

      await assert.rejects(connection.request('silent', 'x', { timeout: 200 }), (error) => client.isTimeout(error));
    });

    it('gathers many answers: by count, by sentinel, and none with a 503', async () => {
      const [service, requester] = [await connect(), await connect()];
      for (const name of ['one', 'two', 'three'])
        service.subscribe('poll', { callback: (_, message) => message.respond(name) });
      service.subscribe('stream', {
        callback: (_, message) => {
          message.respond('part 1');
          message.respond('part 2');
          message.respond('');
        },
      });
      await service.flush();
      const gather = async (subject, options) => {
        const answers = [];
        for await (const answer of await requester.requestMany(subject, 'x', { maxWait: 1000, ...options }))
          answers.push(answer.string());
        return answers;
      };

      assert.deepEqual((await gather('poll', { strategy: 'count', maxMessages: 3 })).sort(), ['one', 'three', 'two']);
      assert.deepEqual((await gather('stream', { strategy: 'sentinel' })).filter(Boolean), ['part 1', 'part 2']);
      await assert.rejects(gather('poll.nobody', { strategy: 'count', maxMessages: 1 }), (error) => client.isNoResponders(error));
    });

    it('gives each message to one member of a queue group, and to plain subscribers besides', async () => {
      const [members, publisher] = [await Promise.all([connect(), connect(), connect()]), await connect()];
      const counts = [0, 0, 0];
      for (const [at, member] of members.entries())
        member.subscribe('jobs', { queue: 'workers', callback: () => { counts[at]++; } });
      const witness = members[0].subscribe('jobs');
      await Promise.all(members.map((member) => member.flush()));

      for (let job = 0; job < 3000; job++)
        publisher.publish('jobs', `${job}`);
      await take(witness, 3000);
      await Promise.all(members.map((member) => member.flush()));

      assert.equal(counts[0] + counts[1] + counts[2], 3000);
      for (const count of counts)
        assert.ok(count > 700 && count < 1300, `balanced: ${counts}`);
    });

    it('ends a subscription after the wanted number of messages', async () => {
      const connection = await connect();
      const limited = connection.subscribe('limited', { max: 3 });
      const all = connection.subscribe('limited');

      for (let at = 0; at < 10; at++)
        connection.publish('limited', `${at}`);
      await take(all, 10);

      assert.deepEqual(texts(await take(limited, 100)), ['0', '1', '2']);
      assert.ok(limited.isClosed());
    });

    it('ends a subscription at once', async () => {
      const connection = await connect();
      const gone = connection.subscribe('gone');
      gone.unsubscribe();

      await assert.rejects(connection.request('gone', 'x', { timeout: 5000 }), (error) => client.isNoResponders(error));
    });

    it('drains a subscription and a connection without losing what was sent', async () => {
      const [subscriber, publisher] = [await connect(), await connect()];
      let received = 0;
      subscriber.subscribe('draining', { callback: () => { received++; } });
      await subscriber.flush();
      for (let at = 0; at < 1000; at++)
        publisher.publish('draining', 'x');
      await publisher.drain();

      await subscriber.drain();

      assert.equal(received, 1000);
      assert.ok(subscriber.isClosed());
    });

    it('does not echo where the client asks so', async () => {
      const connection = await connect({ noEcho: true });
      const other = await connect();
      const own = connection.subscribe('echo');
      await connection.flush();

      connection.publish('echo', 'mine');
      await connection.flush();
      other.publish('echo', 'theirs');

      assert.deepEqual(texts(await take(own, 1)), ['theirs']);
    });

    it('serves verbose and pedantic clients', async () => {
      const connection = await connect({ verbose: true, pedantic: true });
      const subscription = connection.subscribe('strict');

      connection.publish('strict', 'ok');
      await connection.flush();

      assert.deepEqual(texts(await take(subscription, 1)), ['ok']);
    });

    it('announces max_payload, which the client then keeps', async () => {
      const connection = await connect();

      assert.equal(connection.info.max_payload, 1024 * 1024);
      assert.throws(() => connection.publish('big', new Uint8Array(connection.info.max_payload + 1)), (error) => client.isTooLarge(error));
    });

    it('answers pings', async () => {
      const connection = await connect({ pingInterval: 200, maxPingOut: 10 });
      const status = new StatusLog(connection);

      await until(() => status.events.filter((event) => /ping/i.test(event.type)).length > 5, 'pings');

      assert.ok(await connection.rtt() >= 0);
      assert.ok(!status.has('disconnect'));
    });

    it('takes subjects of any language and of many tokens', async () => {
      const connection = await connect();
      for (const subject of ['größe.日本.🚀', Array.from({ length: 500 }, (_, at) => `t${at}`).join('.'), 'a-b_c$d/e:f']) {
        const subscription = connection.subscribe(subject);
        connection.publish(subject, 'x');
        const [message] = await take(subscription, 1);
        assert.equal(message.subject, subject);
      }
    });
  });
}
