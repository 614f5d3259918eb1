// mq9 over plain requests, as an application without an SDK would ask.

const PREFIX = '$mq9.AI.';

/** Asks mq9 on a connection of either client. */
export class Mailboxes {
  /** @param client one of lib/clients.mjs */
  constructor(client, connection) {
    this.client = client;
    this.connection = connection;
  }

  /** The answer's object, an error's too. */
  async ask(subject, payload = '', headers = undefined, timeout = 10_000) {
    const body = typeof payload === 'string' || payload instanceof Uint8Array ? payload : JSON.stringify(payload);
    return JSON.parse((await this.connection.request(PREFIX + subject, body, { timeout, headers: this.#headers(headers) })).string());
  }

  /** The same, and an error is thrown as SDKs do. */
  async expect(subject, payload, headers, timeout) {
    const answer = await this.ask(subject, payload, headers, timeout);
    if (answer.error)
      throw new Error(answer.error);
    return answer;
  }

  create(name, more = {}) { return this.expect('MAILBOX.CREATE', { name, ...more }); }

  async send(address, payload, headers) { return (await this.expect(`MSG.SEND.${address}`, payload, headers)).msg_id; }

  async fetch(address, { count = 100, wait = 0, ...more } = {}) {
    return (await this.expect(`MSG.FETCH.${address}`, { ...more, config: { num_msgs: count, max_wait_ms: wait } }, undefined, wait + 10_000)).messages;
  }

  acknowledge(address, group, id) { return this.expect(`MSG.ACK.${address}`, { group_name: group, mail_address: address, msg_id: id }); }

  async query(address, payload) { return (await this.expect(`MSG.QUERY.${address}`, payload)).messages; }

  #headers(pairs) {
    if (!pairs)
      return undefined;
    const headers = this.client.headers();
    for (const [name, value] of Object.entries(pairs))
      headers.append(name, value);
    return headers;
  }
}

export const bodies = (messages) => messages.map((message) => Buffer.from(message.payload, 'base64').toString());

let names = 0;

/** A mailbox name that no other test of this process has. */
export const freshName = (stem) => `${stem}.${process.pid}.${++names}`;
