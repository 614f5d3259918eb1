// Records as they come, and waiting for them.
import { until } from '../../../Interop/node/lib/wait.mjs';

const PATIENCE_MS = 30_000;

/** Collects whatever a client hands over; waits until there are as many as wanted. */
export class Gathered extends Array {
  // What is derived from it is a plain array.
  static get [Symbol.species]() { return Array; }

  async reach(count) {
    await until(() => this.length >= count, `${count} records`, PATIENCE_MS).catch((error) => { throw new Error(`${error.message}: ${this.length} are there`); });
    return this;
  }
}

export const numbers = (count, from = 0) => Array.from({ length: count }, (_, at) => `number ${from + at} of many that look alike`);
