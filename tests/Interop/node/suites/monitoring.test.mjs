// What nats-top and other tools read over HTTP, in nats-server's names and kinds.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect } from '@nats-io/transport-node';
import { startAllInOne } from '../lib/servers.mjs';
import { until } from '../lib/wait.mjs';

/** Recorded from nats-server 2.15: the fields that describe a server and its clients, without those of clusters, JetStream and MQTT. */
const recorded = {
  varz: {
    server_id: 'string', server_name: 'string', version: 'string', proto: 'number', go: 'string', host: 'string', port: 'number', max_connections: 'number',
    ping_interval: 'number', ping_max: 'number', http_host: 'string', http_port: 'number', auth_timeout: 'number', max_control_line: 'number', max_payload: 'number',
    max_pending: 'number', start: 'string', now: 'string', uptime: 'string', mem: 'number', cores: 'number', cpu: 'number', connections: 'number',
    total_connections: 'number', routes: 'number', remotes: 'number', leafnodes: 'number', in_msgs: 'number', in_bytes: 'number', out_msgs: 'number', out_bytes: 'number',
    slow_consumers: 'number', stale_connections: 'number', subscriptions: 'number',
  },
  connz: { server_id: 'string', now: 'string', num_connections: 'number', total: 'number', offset: 'number', limit: 'number', connections: 'object' },
  connection: {
    cid: 'number', kind: 'string', type: 'string', ip: 'string', port: 'number', start: 'string', last_activity: 'string', rtt: 'string', uptime: 'string', idle: 'string',
    pending_bytes: 'number', in_msgs: 'number', out_msgs: 'number', in_bytes: 'number', out_bytes: 'number', subscriptions: 'number', name: 'string', lang: 'string',
    version: 'string',
  },
  closed: { stop: 'string', reason: 'string' },
  subsz: { server_id: 'string', now: 'string', num_subscriptions: 'number', total: 'number', offset: 'number', limit: 'number' },
  subscription: { subject: 'string', sid: 'string', msgs: 'number', cid: 'number' },
};

/** INTEROP_MONITORING_URL, beside INTEROP_URL, compares the recording with another server. */
let server, client, monitoring;
before(async () => {
  server = await startAllInOne();
  monitoring = process.env.INTEROP_MONITORING_URL ?? server.monitoringUrl;
  client = await connect({ servers: server.url, name: 'watched' });
  client.subscribe('a.b', { callback: () => {} });
  client.publish('a.b', 'hello');
  await client.flush();
  await (await connect({ servers: server.url, name: 'gone' })).close();
  // The server measures a round trip soon after a client has come.
  await until(async () => (await row('watched')).rtt, 'a round trip was measured');
});
after(async () => {
  await client.close();
  await server.dispose();
});

const report = async (path) => {
  const answer = await fetch(monitoring + path);
  assert.equal(answer.status, 200, path);
  assert.match(answer.headers.get('content-type'), /^application\/json/);
  return answer.json();
};
const row = async (name, query = '') => (await report(`/connz?${query}`)).connections.find((connection) => connection.name === name);

function assertFields(actual, fields) {
  for (const [name, kind] of Object.entries(fields))
    assert.equal(typeof actual[name], kind, `${name} is a ${kind}`);
}

describe('monitoring', () => {
  it('/varz describes the server and counts its traffic', async () => {
    const varz = await report('/varz');

    assertFields(varz, recorded.varz);
    assert.equal(varz.connections, 1);
    assert.ok(varz.total_connections >= 2);
    assert.deepEqual([varz.in_msgs, varz.in_bytes, varz.out_msgs, varz.out_bytes], [1, 5, 1, 5]);
    assert.ok(varz.mem > 1_000_000);
    assert.match(varz.uptime, /^\d+s$/);
  });

  it('/connz lists connections', async () => {
    assertFields(await report('/connz'), recorded.connz);
    const connection = await row('watched');
    assertFields(connection, recorded.connection);
    assert.deepEqual([connection.in_msgs, connection.out_msgs, connection.subscriptions], [1, 1, 1]);
    assert.match(connection.rtt, /^[\d.]+(µs|ms)$/);
  });

  it('/connz names subscriptions where asked', async () => {
    assert.equal((await row('watched')).subscriptions_list, undefined);
    assert.deepEqual((await row('watched', 'subs=1')).subscriptions_list, ['a.b']);
    const [detail] = (await row('watched', 'subs=detail')).subscriptions_list_detail;
    assertFields(detail, recorded.subscription);
  });

  it('/connz lists closed connections with their reason', async () => {
    const { connections } = await report('/connz?state=closed');
    const gone = connections.find((connection) => connection.name === 'gone');

    assertFields(gone, recorded.closed);
    assert.equal(gone.reason, 'Client Closed');
  });

  it('/connz sorts by what nats-top sorts by, and pages', async () => {
    for (const sort of ['cid', 'start', 'subs', 'pending', 'msgs_to', 'msgs_from', 'bytes_to', 'bytes_from', 'last', 'idle', 'uptime', 'rtt'])
      assert.equal((await report(`/connz?sort=${sort}&limit=1024`)).num_connections, 1, sort);
    const page = await report('/connz?limit=1&offset=1');
    assert.deepEqual([page.num_connections, page.total, page.offset, page.limit, page.connections.length], [0, 1, 1, 1, 0]);
  });

  it('/connz refuses an order that it does not know', async () => {
    for (const sort of ['nonsense', 'stop', 'reason'])
      assert.equal((await fetch(`${monitoring}/connz?sort=${sort}`)).status, 400, sort);
  });

  it('/subsz counts and lists subscriptions', async () => {
    const subsz = await report('/subsz?subs=1');

    assertFields(subsz, recorded.subsz);
    const subscription = subsz.subscriptions_list.find((each) => each.subject === 'a.b');
    assertFields(subscription, recorded.subscription);
    assert.equal(typeof subscription.account, 'string');
    assert.equal(subscription.msgs, 1);
  });

  it('/healthz is ok', async () => {
    assert.deepEqual(await report('/healthz'), { status: 'ok' });
  });
});
