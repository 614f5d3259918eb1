// Waiting on conditions, always with a deadline, never for a fixed time.
import { withDeadline } from './process.mjs';

export const DEADLINE_MS = 10_000;

/** Resolves with the next count messages of a subscription. */
export function take(subscription, count) {
  const messages = [];
  const taken = (async () => {
    for await (const message of subscription) {
      messages.push(message);
      if (messages.length === count)
        break;
    }
    return messages;
  })();
  return withDeadline(taken, DEADLINE_MS, () => `${subscription.getSubject()}: ${messages.length} of ${count} messages`);
}

/** Asks again and again until the answer is true (or anything but false and null), and returns it. What is waited for is a text, or is asked for when it did not come. */
export async function until(question, what, milliseconds = DEADLINE_MS) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const answer = await question();
    if (answer)
      return answer;
    if (Date.now() > end)
      throw new Error(`never came true: ${typeof what === 'function' ? what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Collects the status events of a connection; waits for one by its type. */
export class StatusLog {
  events = [];

  constructor(connection) {
    (async () => {
      for await (const event of connection.status())
        this.events.push(event);
    })();
  }

  has(type) { return this.events.some((event) => event.type === type); }

  until(type, milliseconds) { return until(() => this.events.find((event) => event.type === type), `status ${type}`, milliseconds); }
}
