// A storage-node and two gateways as processes; one gateway is killed under load, then the storage-node.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withDeadline } from '../../../Interop/node/lib/process.mjs';
import { until } from '../../../Interop/node/lib/wait.mjs';
import { KafkaProcesses, leaseMs } from '../lib/cluster.mjs';

/** Clients under load; says how many records are there as it goes, and at the end what became of them. */
class Load {
  said = '';

  constructor(script, bootstrap, topic) {
    const path = fileURLToPath(new URL(`../../python/${script}`, import.meta.url));
    this.child = spawn('/usr/bin/python3', [path, bootstrap.join(','), topic], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdout.on('data', (chunk) => { this.said += chunk; });
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
  }

  done() { return Number(/.*(?:consumed|copied) (\d+)\s*$/m.exec(this.said.trimEnd().split('\n').at(-1))?.[1] ?? 0); }

  async finish() {
    this.child.stdin.end('stop\n');
    const code = await withDeadline(this.exited, 110_000, () => `the load does not end: ${this.said.slice(-500)}`);
    assert.equal(code, 0, this.said.slice(-500));
    return JSON.parse(this.said.trimEnd().split('\n').at(-1));
  }

  kill() { this.child.kill('SIGKILL'); }
}

describe('two gateways under load', () => {
  let cluster, load;
  const loads = [];
  const begin = (script, topic) => {
    load = new Load(script, cluster.bootstrap, topic);
    loads.push(load);
  };
  before(async () => { cluster = await KafkaProcesses.start(2); });
  after(async () => {
    loads.forEach((each) => each.kill());
    await cluster.dispose();
  });

  const goesOn = async (what) => {
    const before = load.done();
    await until(() => load.done() > before + 500, () => `records after ${what}: ${load.said.trimEnd().split('\n').at(-1)}`, 60_000);
  };

  for (const [what, victim] of [['gateway', () => cluster.gateways[0]], ['storage-node', () => cluster.storage]]) {
    it(`loses nothing acknowledged and repeats nothing of idempotent producers when the ${what} is killed`, async () => {
      begin('load.py', `load-${what}`);
      await goesOn('the start');
      await victim().kill();
      if (what === 'storage-node')
        await victim().start();
      await goesOn(`the ${what}'s death`);
      if (what === 'gateway') {
        await victim().start();
        await goesOn('its return');
      }
      const told = await load.finish();
      assert.ok(told.acknowledged > 1000, JSON.stringify(told));
      assert.deepEqual({ lost: told.lost, stored_twice: told.stored_twice, out_of_order: told.out_of_order, failed: told.failed, unread: told.unread },
        { lost: 0, stored_twice: 0, out_of_order: 0, failed: 0, unread: 0 });
    });
  }

  it('copies every record once with transactions when a gateway and the storage-node are killed, and one is paused for longer than its leases', async () => {
    begin('copying.py', 'copies');
    await goesOn('the start');
    await cluster.gateways[1].kill();
    await goesOn('the gateway\'s death');
    await cluster.gateways[1].start();
    await cluster.storage.kill();
    await cluster.storage.start();
    await goesOn('the storage-node\'s death');
    // It takes itself for the coordinator of what is another's by now.
    await cluster.gateways[0].pause(leaseMs * 2);
    await goesOn('the pause');
    const { fed, not_copied, copied_twice, out_of_order, failures, aborted } = await load.finish();
    assert.ok(fed > 1000, `${fed} records`);
    assert.deepEqual({ not_copied, copied_twice, out_of_order, failures }, { not_copied: 0, copied_twice: 0, out_of_order: 0, failures: [] }, `aborted: ${aborted}`);
  });
});
