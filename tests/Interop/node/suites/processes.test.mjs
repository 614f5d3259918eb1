// One storage-node and two gateways as processes of their own: what holds within one gateway holds across both, and comes back by itself.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clients } from '../lib/clients.mjs';
import { Cluster } from '../lib/servers.mjs';
import { StatusLog, take, until } from '../lib/wait.mjs';

/** Recovery of processes that were killed: start of a process, its connection to the storage-node, back-off of clients. */
const RECOVERY_MS = 30_000;

const patient = { maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 };

/** Interest travels to the other gateway on its own time: publishes probes until the subscriber has seen one. */
async function untilHeard(publisher, subscriber, subject, milliseconds) {
  let heard = false;
  const probe = subscriber.subscribe(subject, { callback: () => { heard = true; } });
  await subscriber.flush();
  await until(async () => {
    publisher.publish(subject, 'probe');
    await publisher.flush();
    return heard;
  }, `${subject} is heard at the other gateway`, milliseconds);
  probe.unsubscribe();
}

for (const client of clients) {
  describe(`two gateways with ${client.name}`, () => {
    let cluster;
    const open = [];
    const connect = async (at, options = {}) => {
      open.push(await client.connect({ servers: cluster.gateways[at].url, ...patient, ...options }));
      return open.at(-1);
    };
    before(async () => { cluster = await Cluster.start(2); });
    after(async () => {
      await Promise.all(open.map((connection) => connection.close()));
      await cluster.dispose();
    });

    it('delivers from one to the other: everything, in order, with headers and reply', async () => {
      const [publisher, subscriber] = [await connect(0), await connect(1)];
      const subscription = subscriber.subscribe('across.*');
      await untilHeard(publisher, subscriber, 'heard.across');
      await untilHeard(publisher, subscriber, 'across.ready');
      const headers = client.headers();
      headers.append('Name', 'one');
      headers.append('Name', 'two');
      const numbers = Array.from({ length: 10_000 }, (_, at) => `${at}`);

      publisher.publish('across.start', 'begin', { headers, reply: 'some.where' });
      for (const number of numbers)
        publisher.publish('across.number', number);

      const received = [];
      for await (const message of subscription) {
        if (message.subject !== 'across.ready')
          received.push(message);
        if (received.length === numbers.length + 1)
          break;
      }
      assert.deepEqual(received[0].headers.values('Name'), ['one', 'two']);
      assert.equal(received[0].reply, 'some.where');
      assert.deepEqual(received.slice(1).map((message) => message.string()), numbers);
    });

    it('delivers once to those at home and once to those at the other', async () => {
      const [publisher, here, there] = [await connect(0), await connect(0), await connect(1)];
      const [atHome, away] = [here.subscribe('both'), there.subscribe('both')];
      await Promise.all([here.flush(), there.flush()]);
      await until(async () => {
        publisher.publish('both', 'probe');
        await publisher.flush();
        return away.getReceived() > 0;
      }, 'both is known');

      for (let at = 0; at < 1000; at++)
        publisher.publish('both', `${at}`);
      publisher.publish('both', 'last');

      const lastOf = async (subscription) => {
        const seen = [];
        for await (const message of subscription) {
          if (message.string() !== 'probe')
            seen.push(message.string());
          if (message.string() === 'last')
            return seen;
        }
        return seen;
      };
      const expected = [...Array.from({ length: 1000 }, (_, at) => `${at}`), 'last'];
      assert.deepEqual(await lastOf(atHome), expected);
      assert.deepEqual(await lastOf(away), expected);
    });

    it('answers requests from the other side, and says where nobody does', async () => {
      const [service, requester] = [await connect(0), await connect(1)];
      service.subscribe('double', { callback: (_, message) => message.respond(`${2 * Number(message.string())}`) });
      await service.flush();
      await until(() => requester.request('double', '1', { timeout: 1000 }).then(() => true, () => false), 'the service is known');

      const answers = await Promise.all(Array.from({ length: 200 }, (_, at) => requester.request('double', `${at}`, { timeout: 5000 })));

      assert.deepEqual(answers.map((answer) => Number(answer.string())), Array.from({ length: 200 }, (_, at) => 2 * at));
      await assert.rejects(requester.request('nobody.anywhere', 'x', { timeout: 5000 }), (error) => client.isNoResponders(error));
    });

    it('forgets a subscriber of the other side that has gone', async () => {
      const [service, requester] = [await connect(0), await connect(1)];
      service.subscribe('going', { callback: (_, message) => message.respond('here') });
      await service.flush();
      await until(() => requester.request('going', 'x', { timeout: 1000 }).then(() => true, () => false), 'the service is known');

      await service.close();

      await until(() => requester.request('going', 'x', { timeout: 500 }).then(() => false, (error) => client.isNoResponders(error)), 'nobody answers');
    });

    it('splits a queue group over both, evenly, each message to one', async () => {
      const members = await Promise.all([connect(0), connect(0), connect(1), connect(1)]);
      const publishers = [await connect(0), await connect(1)];
      const seen = members.map(() => []);
      for (const [at, member] of members.entries())
        member.subscribe('work', { queue: 'workers', callback: (_, message) => { seen[at].push(message.string()); } });
      await Promise.all(members.map((member) => member.flush()));
      // Until both gateways know of all members.
      await until(async () => {
        for (const list of seen)
          list.length = 0;
        for (const publisher of publishers) {
          for (let at = 0; at < 100; at++)
            publisher.publish('work', 'probe');
          await publisher.flush();
        }
        return until(() => seen.flat().length === 200, 'all probes', 2000).then(() => seen.every((list) => list.length > 20), () => false);
      }, 'all members get probes');
      for (const list of seen)
        list.length = 0;

      const jobs = Array.from({ length: 8000 }, (_, at) => `${at}`);
      for (const [at, job] of jobs.entries())
        publishers[at % 2].publish('work', job);
      await until(() => seen.flat().length >= jobs.length, 'all jobs');

      assert.deepEqual(seen.flat().sort((a, b) => a - b), jobs);
      for (const list of seen)
        assert.ok(list.length > 1200 && list.length < 2800, `balanced: ${seen.map((each) => each.length)}`);
    });

    it('goes on when a gateway is killed, and has it back when it is started again', async () => {
      const [stable, moved, fixed] = [
        await connect(1),
        await connect(0, { servers: [cluster.gateways[0].url, cluster.gateways[1].url], noRandomize: true }),
        await connect(0),
      ];
      const [movedStatus, fixedStatus] = [new StatusLog(moved), new StatusLog(fixed)];
      const [movedSubscription, fixedSubscription] = [moved.subscribe('survive'), fixed.subscribe('survive')];
      await untilHeard(stable, moved, 'survive.ready');

      await cluster.gateways[0].kill();
      await movedStatus.until('reconnect', RECOVERY_MS);
      await moved.flush();
      stable.publish('survive', 'without it');
      assert.equal((await take(movedSubscription, 1))[0].string(), 'without it');
      await assertForgotten(client, stable);

      await cluster.gateways[0].start();
      await fixedStatus.until('reconnect', RECOVERY_MS);
      await untilHeard(stable, fixed, 'survive.again', RECOVERY_MS);
      await until(async () => {
        stable.publish('survive', 'with it');
        await stable.flush();
        return fixedSubscription.getReceived() > 0;
      }, 'the subscription is back', RECOVERY_MS);
    });

    it('keeps its clients when the storage-node is killed, and reaches across again when it is back', async () => {
      const [publisher, neighbour, subscriber] = [await connect(0), await connect(0), await connect(1)];
      const status = [publisher, neighbour, subscriber].map((connection) => new StatusLog(connection));
      const [heardAtHome, heardAcross] = [[], []];
      neighbour.subscribe('outage', { callback: (_, message) => { heardAtHome.push(message.string()); } });
      subscriber.subscribe('outage', { callback: (_, message) => { heardAcross.push(message.string()); } });
      await untilHeard(publisher, subscriber, 'outage.ready');
      await neighbour.flush();

      for (const round of ['first', 'second', 'third']) {
        await cluster.storage.kill();
        publisher.publish('outage', `at home, ${round}`);
        await until(() => heardAtHome.includes(`at home, ${round}`), 'the neighbour is served');
        await cluster.storage.start();

        await untilHeard(publisher, subscriber, `outage.over.${round}`, RECOVERY_MS);
        await until(async () => {
          publisher.publish('outage', `across, ${round}`);
          await publisher.flush();
          return heardAcross.includes(`across, ${round}`);
        }, 'the subscription reaches across', RECOVERY_MS);
        await untilHeard(subscriber, publisher, `outage.back.${round}`, RECOVERY_MS);
      }
      assert.ok(status.every((each) => !each.has('disconnect')), 'no client noticed');
      for (const gateway of cluster.gateways)
        await until(() => fetch(`${gateway.monitoringUrl}/healthz`).then((answer) => answer.ok), 'healthy again', RECOVERY_MS);
    });
  });
}

/** A killed gateway's subscribers are nobody's responders any more. */
function assertForgotten(client, requester) {
  return until(() => requester.request('survive.ready', 'x', { timeout: 500 }).then(() => false, (error) => client.isNoResponders(error)), 'the killed gateway is forgotten');
}
