import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes/index.ts';
import { run } from '../../src/cli/main.ts';
import { verifySignature } from '../../src/crypto/index.ts';
import {
  formatPublicKey,
  formatSecretKey,
  IdentityFileError,
  IdentityKey,
  parsePublicKey,
  parseSecretKey,
  readIdentity,
  writeIdentity,
} from '../../src/session/index.ts';

/** RFC 8032, section 7.1, test 1. */
const SEED = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
const PUBLIC = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';

describe('keys as text', () => {
  it('is what the specification shows', () => {
    const identity = new IdentityKey(SEED);
    expect(toHex(identity.publicKey)).toBe(PUBLIC);
    expect(formatPublicKey(identity.publicKey)).toBe(
      'subrosa-public-key-11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURqw_ZKf',
    );
    expect(formatSecretKey(identity)).toBe('subrosa-secret-key-nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DMrR16');
  });

  it('comes back as it went', () => {
    for (let i = 0; i < 20; i++) {
      const identity = IdentityKey.generate();
      expect(parsePublicKey(` ${formatPublicKey(identity.publicKey)}\n`)).toEqual(identity.publicKey);
      const again = parseSecretKey(formatSecretKey(identity));
      expect(again.publicKey).toEqual(identity.publicKey);
      const message = Uint8Array.of(1, 2);
      expect(verifySignature(identity.publicKey, message, again.sign(message))).toBe(true);
    }
  });

  it('notices every changed, lost and added character', () => {
    const text = formatPublicKey(new IdentityKey(SEED).publicKey);
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'A' ? 'B' : 'A';
      expect(() => parsePublicKey(text.slice(0, at) + other + text.slice(at + 1))).toThrow(TypeError);
      expect(() => parsePublicKey(text.slice(0, at) + text.slice(at + 1))).toThrow(TypeError);
      expect(() => parsePublicKey(text.slice(0, at) + other + text.slice(at))).toThrow(TypeError);
    }
    expect(() => parsePublicKey(text.replace(/.$/, '+'))).toThrow('not base64url');
    expect(() => parsePublicKey('')).toThrow('expected subrosa-public-key-');
    expect(() => formatPublicKey(new Uint8Array(32))).toThrow('small order');
  });

  it('does not take one half for the other, and does not repeat a secret', () => {
    const identity = new IdentityKey(SEED);
    const secret = formatSecretKey(identity);
    expect(() => parsePublicKey(secret)).toThrow('the other half');
    expect(() => parseSecretKey(formatPublicKey(identity.publicKey))).toThrow('the other half');
    for (const text of [`${secret.slice(0, -1)}A`, secret.slice(0, -1), `${secret.slice(0, -1)}!`]) {
      try {
        parseSecretKey(text);
        expect.unreachable();
      } catch (error) {
        expect((error as Error).message).not.toContain(secret.slice(25, 35));
      }
    }
    const printed = formatPublicKey(identity.publicKey);
    expect([String(identity), JSON.stringify(identity), inspect(identity)]).toEqual([printed, `"${printed}"`, printed]);
  });
});

describe('identity files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'subrosa-identity-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are for their owner only and are never overwritten', async () => {
    const path = join(folder, 'mine');
    const identity = IdentityKey.generate();
    await writeIdentity(path, identity);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readIdentity(path)).publicKey).toEqual(identity.publicKey);
    const text = await readFile(path, 'utf8');
    expect(text).toBe(
      `# subrosa identity: keep this file secret. Public key: ${formatPublicKey(identity.publicKey)}\n${formatSecretKey(identity)}\n`,
    );
    await expect(writeIdentity(path, IdentityKey.generate())).rejects.toThrow('exists already');
    expect(await readFile(path, 'utf8')).toBe(text);
    await expect(writeIdentity(join(folder, 'no', 'folder'), identity)).rejects.toThrow(IdentityFileError);
  });

  it('say in one line what is wrong with them', async () => {
    const secret = formatSecretKey(IdentityKey.generate());
    const wrong: Record<string, string> = {
      '': '0 lines that are no comments, expected 1',
      '# only a comment\n': '0 lines',
      [`${secret}\n${secret}\n`]: '2 lines',
      'hello\n': 'not a secret key',
      [secret.slice(0, -1)]: '47 characters',
      [`${'x'.repeat(5000)}`]: 'too long',
    };
    let i = 0;
    for (const [text, message] of Object.entries(wrong)) {
      const path = join(folder, `wrong-${i++}`);
      await writeFile(path, text, { mode: 0o600 });
      await expect(readIdentity(path)).rejects.toThrow(message);
      await expect(readIdentity(path)).rejects.toThrow(IdentityFileError);
      await expect(readIdentity(path)).rejects.not.toThrow('\n');
    }
    await expect(readIdentity(join(folder, 'missing'))).rejects.toThrow('there is no such file');
    await expect(readIdentity(folder)).rejects.toThrow(IdentityFileError);
  });

  it('may have comments, empty lines and the line ends of Windows', async () => {
    const identity = IdentityKey.generate();
    const path = join(folder, 'windows');
    await writeFile(path, `# mine\r\n\r\n${formatSecretKey(identity)}\r\n`, { mode: 0o600 });
    expect((await readIdentity(path)).publicKey).toEqual(identity.publicKey);
  });

  it.skipIf(process.platform === 'win32')('are refused when others can read them', async () => {
    const path = join(folder, 'open');
    await writeIdentity(path, IdentityKey.generate());
    await chmod(path, 0o640);
    await expect(readIdentity(path)).rejects.toThrow(`${path} can be read by others (mode 640): chmod 600 ${path}`);
  });

  it('are made by subrosa keygen', async () => {
    const path = join(folder, 'made');
    const text = { stdout: '', stderr: '' };
    const terminal = {
      stdout: { write: (chunk: string) => (text.stdout += chunk) },
      stderr: { write: (chunk: string) => (text.stderr += chunk) },
      signal: new AbortController().signal,
    };
    expect(await run(['keygen', '--out', path], terminal)).toBe(0);
    const { publicKey } = await readIdentity(path);
    expect(text).toEqual({ stdout: `${formatPublicKey(publicKey)}\n`, stderr: '' });

    text.stdout = '';
    expect(await run(['keygen', '--out', path], terminal)).toBe(1);
    expect(text.stdout).toBe('');
    expect(text.stderr).toContain(`subrosa: error: ${path} exists already`);

    expect(await run(['keygen', '--out', `${path}.json`, '--json'], terminal)).toBe(0);
    const second = await readIdentity(`${path}.json`);
    expect(JSON.parse(text.stdout)).toEqual({ publicKey: String(second), file: `${path}.json` });
  });
});
