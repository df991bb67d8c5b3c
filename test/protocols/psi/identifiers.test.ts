import { describe, expect, it } from 'vitest';
import { composite, email, exact, phone } from '../../../src/protocols/psi/identifiers.ts';

describe('identifiers', () => {
  it('normalises e-mail addresses: NFC, trimmed, lower case, dots left alone', () => {
    expect(email.normalise('  Ada.Lovelace@Example.ORG ')).toBe('ada.lovelace@example.org');
    expect(email.normalise('jose\u0301@example.org')).toBe('jos\u00e9@example.org');
    expect(email.normalise('a.b@gmail.com')).not.toBe(email.normalise('ab@gmail.com'));
    for (const cell of ['', '   ', 'no at sign', 'a@b@c', 'a b@c', '@c', 'a@'])
      expect(email.normalise(cell), cell).toBeUndefined();
  });

  it('writes phone numbers as E.164 whatever the default country', () => {
    expect(phone('GB').normalise('020 7946 0018')).toBe('+442079460018');
    expect(phone('US').normalise('+44 20 7946 0018')).toBe('+442079460018');
    expect(phone('US').label).toBe(phone('GB').label);
    expect(phone('GB').normalise('12')).toBeUndefined();
    expect(() => phone('XX')).toThrow(/XX/);
  });

  it('keeps composite parts apart', () => {
    const key = composite([exact, exact]);
    expect(key.normalise(['ab', 'c'])).not.toBe(key.normalise(['a', 'bc']));
    expect(key.normalise(['a', ''])).toBeUndefined();
    expect(key.label).toBe('exact/1+exact/1');
    expect(composite([email]).normalise(['A@b'])).toBe('a@b');
    expect(() => key.normalise(['a'])).toThrow(RangeError);
  });
});
