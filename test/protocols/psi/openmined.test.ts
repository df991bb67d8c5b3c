import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/bytes/index.ts';
import { ProtocolError } from '../../../src/errors.ts';
import { OpenMinedServer, openMinedRequest } from '../../../src/protocols/psi/index.ts';
import { CommutativeCipher } from '../../../src/protocols/psi/openmined/cipher.ts';
import type { DataStructure } from '../../../src/protocols/psi/openmined/index.ts';
import {
  decodeRequest,
  decodeServerSetup,
  encodeRequest,
  encodeServerSetup,
} from '../../../src/protocols/psi/openmined/wire.ts';

interface Case {
  readonly revealIntersection: boolean;
  readonly serverItems: readonly string[];
  readonly clientItems: readonly string[];
  readonly structure: DataStructure;
  readonly falsePositives: number;
  readonly request: string;
  readonly setup: string;
  readonly response: string;
  readonly count: number;
  readonly indices: readonly number[] | null;
}

const vectors: { serverKey: string; clientKey: string; cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../../vectors/psi/openmined/2.0.6.json', import.meta.url), 'utf8'),
);
const serverKey = fromHex(vectors.serverKey);
const clientKey = fromHex(vectors.clientKey);

describe('openmined-p256, against messages of @openmined/psi.js 2.0.6', () => {
  it('encrypts alice under the key 01..20 as published', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
    const element = toHex(new CommutativeCipher(key).encrypt(utf8('alice')));
    expect(element).toBe('03587a10b9ec52fa223474b0d0d35499aedab8a75aa8acf9b0d61f197f0a8b5f95');
  });

  for (const [i, vector] of vectors.cases.entries()) {
    const { revealIntersection, structure, serverItems, falsePositives } = vector;
    it(`case ${i}: ${structure}, ${serverItems.length} items, rate ${falsePositives}, reveal ${revealIntersection}`, () => {
      const server = new OpenMinedServer({ revealIntersection, key: serverKey });
      const [awaiting, request] = openMinedRequest(vector.clientItems, { revealIntersection, key: clientKey });
      expect(toHex(request)).toBe(vector.request);
      expect(toHex(server.setup(serverItems, structure, falsePositives, vector.clientItems.length))).toBe(vector.setup);
      expect(toHex(server.answer(fromHex(vector.request)))).toBe(vector.response);
      const result = awaiting.receive(fromHex(vector.setup), fromHex(vector.response));
      expect(result.count).toBe(vector.count);
      expect(result.indices).toEqual(vector.indices ?? undefined);
    });
  }
});

describe('openmined-p256, hostile peers', () => {
  const code = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof ProtocolError) return error.code;
      throw error;
    }
    return 'accepted';
  };
  const server = () => new OpenMinedServer({ revealIntersection: true, key: serverKey, maximumSize: 3 });
  const element = new CommutativeCipher(clientKey).encrypt(utf8('alice'));
  const ask = (...elements: Uint8Array[]) => encodeRequest({ revealIntersection: true, elements });

  it('refuses what is not a request for it', () => {
    expect(code(() => server().answer(ask(element)))).toBe('accepted');
    expect(code(() => server().answer(ask(element, element)))).toBe('duplicate-element');
    expect(code(() => server().answer(encodeRequest({ revealIntersection: false, elements: [element] })))).toBe(
      'policy',
    );
    expect(
      code(() =>
        server().answer(ask(...[1, 2, 3, 4].map((i) => new CommutativeCipher(clientKey).encrypt(utf8(`${i}`))))),
      ),
    ).toBe('policy');
    expect(code(() => server().answer(ask(Uint8Array.of(0))))).toBe('identity-element');
    expect(code(() => server().answer(ask(element.subarray(1))))).toBe('not-canonical');
    expect(code(() => server().answer(ask(Uint8Array.from([5, ...element.subarray(1)]))))).toBe('not-canonical');
    expect(code(() => server().answer(ask(new Uint8Array(33).fill(255, 1).fill(2, 0, 1))))).toBe('not-canonical');
  });

  it('refuses a response of another size, and is spent by its first', () => {
    const [awaiting] = openMinedRequest(['alice'], { revealIntersection: true, key: clientKey });
    const setup = server().setup(['alice'], 'raw', 0.001, 1);
    expect(code(() => awaiting.receive(setup, new Uint8Array(0)))).toBe('size-mismatch');
    expect(() => awaiting.receive(setup, new Uint8Array(0))).toThrow(TypeError);
  });

  it('decodes strictly: every truncation and extension of a message is refused or another message', () => {
    const bytes = encodeServerSetup({ kind: 'gcs', div: 10, hashRange: 6000n, bits: Uint8Array.of(1, 2, 3) });
    for (let i = 0; i < bytes.length; i++)
      expect(code(() => decodeServerSetup(bytes.subarray(0, i), 9))).toBe('malformed');
    expect(code(() => decodeServerSetup(Uint8Array.from([...bytes, 0]), 9))).toBe('malformed');
    expect(code(() => decodeServerSetup(Uint8Array.from([...bytes, ...bytes]), 9))).toBe('malformed');
  });

  it('never throws anything but a ProtocolError at random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        code(() => decodeRequest(bytes, 10));
        code(() => decodeServerSetup(bytes, 10));
      }),
    );
  });

  it('refuses a structure that the format has not', () => {
    const server = new OpenMinedServer({ revealIntersection: true });
    expect(() => server.setup(['a'], 'GCS' as 'gcs', 0.1, 1)).toThrow(/structure "GCS", expected raw, gcs or bloom/);
  });

  it('does not print its key', () => {
    expect(String(new CommutativeCipher(serverKey))).toBe('[CommutativeCipher]');
    expect(JSON.stringify(new CommutativeCipher(serverKey))).not.toContain('1');
  });
});
