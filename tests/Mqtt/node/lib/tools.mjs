// Command line clients as a user runs them.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withDeadline } from '../../../Interop/node/lib/process.mjs';

/** Longer than what the scripts give themselves: they know better what they waited for. */
const DEADLINE_MS = 60_000;

/** Runs a tool to its end and returns what it printed; fails where it does. */
export async function run(tool, args, input = '') {
  const tools = start(tool, args, input);
  const code = await withDeadline(tools.exited, DEADLINE_MS, () => `${tool} ${args.join(' ')} does not end: ${tools.output()}`);
  if (code !== 0)
    throw new Error(`${tool} ${args.join(' ')} ended with ${code}: ${tools.output()}`);
  return tools.output();
}

/** Starts a tool that goes on. */
export function start(tool, args, input = '') {
  // Into a pipe the C library gathers output until there is much of it.
  const child = spawn('stdbuf', ['-oL', tool, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (text) => { output += text; });
  child.stderr.on('data', (text) => { output += text; });
  // A tool that reads nothing may have ended before it is written to.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const exited = new Promise((resolve) => child.once('close', (code) => resolve(code)));
  return { exited, output: () => output, kill: () => child.kill('SIGKILL') };
}

export const mosquitto = (address, ...more) => {
  const { hostname, port } = new URL(address);
  return ['-h', hostname, '-p', port, ...more];
};

export const python = (script, ...args) => run('/usr/bin/python3', [fileURLToPath(new URL(`../../python/${script}`, import.meta.url)), ...args]);
