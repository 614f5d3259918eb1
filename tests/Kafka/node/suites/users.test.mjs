// Users and grants made while two gateways run: kafkajs makes ACLs, @platformatic/kafka makes the users that they are for.
import assert from 'node:assert/strict';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import kafkajs from 'kafkajs';
import { alterUserScramCredentialsV0, Connection, describeUserScramCredentialsV0 } from '@platformatic/kafka';
import { until } from '../../../Interop/node/lib/wait.mjs';
import { KafkaProcesses } from '../lib/cluster.mjs';
import { Gathered } from '../lib/gather.mjs';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } = kafkajs;

const root = { username: 'root', password: 'all of it' };

/** KIP-554: the client salts, so that the password is not told. */
function credential(name, password, mechanism) {
  const [hash, length] = mechanism === 1 ? ['sha256', 32] : ['sha512', 64];
  const salt = randomBytes(20);
  return { name, mechanism, iterations: 4096, salt, saltedPassword: pbkdf2Sync(password, salt, 4096, length, hash) };
}

const acl = (principal, resourceType, resourceName, operation, more = {}) => ({
  resourceType, resourceName, resourcePatternType: ResourcePatternTypes.LITERAL, principal, host: '*', operation, permissionType: AclPermissionTypes.ALLOW, ...more,
});

describe('users and grants made at run time', () => {
  let cluster, admin;
  const open = [];
  const connect = (brokers, sasl) => new Kafka({ brokers, sasl, ssl: false, clientId: 'users-suite', connectionTimeout: 10_000, logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const onOpen = async (client) => {
    open.push(client);
    await client.connect();
    return client;
  };
  before(async () => {
    cluster = await KafkaProcesses.start(2, { auth: { users: [{ name: root.username, password: root.password }] } });
    admin = await onOpen(connect([cluster.bootstrap[0]], { mechanism: 'plain', ...root }).admin());
    await admin.createTopics({ topics: [{ topic: 'granted', numPartitions: 1 }] });
  });
  after(async () => {
    await Promise.all(open.map((client) => client.disconnect()));
    await cluster.dispose();
  });

  /** One request of an administrator to the first gateway. */
  async function ask(api, ...request) {
    const [host, port] = cluster.bootstrap[0].split(':');
    const connection = new Connection('users-suite', { sasl: { mechanism: 'PLAIN', ...root } });
    await connection.connect(host, Number(port));
    try {
      return await api.api.async(connection, ...request);
    } finally {
      await connection.close();
    }
  }

  const alter = (deletions, upsertions) => ask(alterUserScramCredentialsV0, deletions, upsertions);

  const sends = async (producer) => {
    try {
      await producer.send({ topic: 'granted', messages: [{ value: 'x' }] });
      return true;
    } catch (error) {
      assert.match(`${error.type} ${error.message}`, /AUTHORIZATION|not authorized/i);
      return false;
    }
  };

  for (const [mechanism, number] of [['scram-sha-256', 1], ['scram-sha-512', 2], ['plain', 1]]) {
    it(`serves a new user by ${mechanism} at the other gateway what was granted, as long as it is`, async () => {
      const user = `eve-${mechanism}`;
      await alter([], [credential(user, 'her password', number)]);
      // The other gateway hears of it a moment later.
      const kafka = connect([cluster.bootstrap[1]], { mechanism, username: user, password: 'her password' });
      const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      open.push(producer);
      await until(() => producer.connect().then(() => true, () => false), 'a login at the other gateway');
      assert.equal(await sends(producer), false);

      const grants = [
        acl(`User:${user}`, AclResourceTypes.TOPIC, 'granted', AclOperationTypes.WRITE),
        acl(`User:${user}`, AclResourceTypes.TOPIC, 'gran', AclOperationTypes.READ, { resourcePatternType: ResourcePatternTypes.PREFIXED }),
        acl(`User:${user}`, AclResourceTypes.GROUP, user, AclOperationTypes.READ),
      ];
      await admin.createAcls({ acl: grants });
      await until(() => sends(producer), 'what was granted is served');

      const consumer = await onOpen(kafka.consumer({ groupId: user, heartbeatInterval: 200, sessionTimeout: 6000, maxWaitTimeInMs: 100 }));
      const gathered = new Gathered();
      await consumer.subscribe({ topic: 'granted', fromBeginning: true });
      await consumer.run({ eachMessage: async ({ message }) => { gathered.push(message); } });
      await gathered.reach(1);
      await consumer.stop();

      const filter = { ...grants[0], resourcePatternType: ResourcePatternTypes.ANY };
      const { filterResponses } = await admin.deleteAcls({ filters: [filter] });
      assert.equal(filterResponses[0].matchingAcls.length, 1);
      await until(async () => !(await sends(producer)), 'what was taken back is refused');

      await alter([{ name: user, mechanism: number }], []);
      const late = connect([cluster.bootstrap[1]], { mechanism, username: user, password: 'her password' }).admin();
      open.push(late);
      await until(() => late.connect().then(() => late.disconnect()).then(() => false, () => true), 'nobody logs in who is no more');
    });
  }

  it('describes and deletes acls as they were made', async () => {
    const made = [
      acl('User:kim', AclResourceTypes.TOPIC, 'one', AclOperationTypes.READ),
      acl('User:kim', AclResourceTypes.TOPIC, 'one', AclOperationTypes.WRITE, { permissionType: AclPermissionTypes.DENY }),
      acl('User:kim', AclResourceTypes.TRANSACTIONAL_ID, 'ids-', AclOperationTypes.WRITE, { resourcePatternType: ResourcePatternTypes.PREFIXED }),
      acl('User:kim', AclResourceTypes.CLUSTER, 'kafka-cluster', AclOperationTypes.IDEMPOTENT_WRITE),
    ];
    await admin.createAcls({ acl: made });
    const all = { resourceType: AclResourceTypes.ANY, resourcePatternType: ResourcePatternTypes.ANY, principal: 'User:kim', operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY };
    const lines = (acls) => acls.map((each) => JSON.stringify(each, Object.keys(made[0]).sort())).sort();
    const { resources } = await admin.describeAcls(all);
    const found = resources.flatMap(({ acls, resourceType, resourceName, resourcePatternType }) => acls.map((each) => ({ ...each, resourceType, resourceName, resourcePatternType })));
    assert.deepEqual(lines(found), lines(made));

    const { filterResponses } = await admin.deleteAcls({ filters: [all] });
    assert.deepEqual(lines(filterResponses[0].matchingAcls), lines(made));
    assert.equal((await admin.describeAcls(all)).resources.length, 0);
  });

  it('refuses what cannot hold, and a stored user is there after everything was started again', async () => {
    await assert.rejects(admin.createAcls({ acl: [acl('User:kim', AclResourceTypes.TOPIC, 'one', AclOperationTypes.READ, { host: '10.0.0.1' })] }), /policy/i);
    await assert.rejects(alter([], [{ ...credential('kim', 'x', 1), iterations: 1 }]));
    await alter([], [credential('kim', 'x', 1)]);
    await cluster.storage.kill();
    for (const gateway of cluster.gateways)
      await gateway.kill();
    await cluster.storage.start();
    for (const gateway of cluster.gateways)
      await gateway.start();
    const { results } = await ask(describeUserScramCredentialsV0, [{ name: 'kim' }]);
    assert.equal(results[0].credentialInfos[0].iterations, 4096);
    const kim = await onOpen(connect([cluster.bootstrap[1]], { mechanism: 'scram-sha-256', username: 'kim', password: 'x' }).admin());
    assert.deepEqual(await kim.listTopics(), []);
  });
});
