// A certificate authority of its own for every run, made with openssl.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const openssl = promisify(execFile).bind(null, 'openssl');

/** Files of an authority, a server certificate for localhost and 127.0.0.1, a client's, and one of an authority that nobody trusts. */
export class Certificates {
  #directory;

  static async create() {
    const certificates = new Certificates();
    certificates.#directory = await mkdtemp(join(tmpdir(), 'robustmq-certificates-'));
    await certificates.#createAuthority('ca');
    await certificates.#createAuthority('other-ca');
    await certificates.#issue('server', 'ca', '/CN=localhost', 'DNS:localhost,IP:127.0.0.1', 'serverAuth');
    await certificates.#issue('client', 'ca', '/CN=ann', 'DNS:ann.example', 'clientAuth');
    await certificates.#issue('stranger', 'other-ca', '/CN=ann', 'DNS:ann.example', 'clientAuth');
    return certificates;
  }

  certificate(name) { return join(this.#directory, `${name}.pem`); }

  key(name) { return join(this.#directory, `${name}.key`); }

  dispose() { return rm(this.#directory, { recursive: true, force: true }); }

  async #createAuthority(name) {
    await openssl(['req', '-x509', ...newKey, '-keyout', this.key(name), '-out', this.certificate(name), '-days', '2', '-subj', `/CN=${name}`,
      '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign']);
  }

  async #issue(name, authority, subject, names, usage) {
    const request = join(this.#directory, `${name}.csr`);
    const extensions = join(this.#directory, `${name}.ext`);
    await writeFile(extensions, `subjectAltName=${names}\nextendedKeyUsage=${usage}\nbasicConstraints=CA:FALSE\n`);
    await openssl(['req', '-new', ...newKey, '-keyout', this.key(name), '-out', request, '-subj', subject]);
    await openssl(['x509', '-req', '-in', request, '-CA', this.certificate(authority), '-CAkey', this.key(authority), '-CAcreateserial', '-days', '2',
      '-extfile', extensions, '-out', this.certificate(name)]);
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
