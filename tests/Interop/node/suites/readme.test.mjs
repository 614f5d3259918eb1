// The README's walk-through, as it is printed there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { after, before, it } from 'node:test';
import { promisify } from 'node:util';
import { startAllInOne } from '../lib/servers.mjs';

let server;
before(async () => { server = await startAllInOne(); });
after(() => server.dispose());

it('prints what the README says that it prints', async () => {
  const readme = await readFile(new URL('../../../../README.md', import.meta.url), 'utf8');
  const section = readme.slice(readme.indexOf('## Mailboxes for agents'));
  const [, program, expected] = /```js\n([^]*?)```\s+```text\n([^]*?)```/.exec(section);
  // Beside the packages that it imports; only the port is another one.
  const file = new URL(`../readme-${process.pid}.mjs`, import.meta.url);
  await writeFile(file, program.replace('127.0.0.1:4222', new URL(server.url).host));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file.pathname], { timeout: 60_000 });
    assert.equal(stdout, expected);
  } finally {
    await rm(file);
  }
});
