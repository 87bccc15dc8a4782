/** Keys, signatures and ciphers of SNMPv3 against published vectors and against Node's own objects. */
import { createCipheriv, createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  authHash,
  authKeyAt,
  localize,
  masterKey,
  privKeyAt,
  usmObjection,
  usmSupports,
} from '../../../collector/snmp/usm/keys.ts';
import { createPrivKey, decrypt, encrypt, encryptedOctets, type PrivKey } from '../../../collector/snmp/usm/privacy.ts';
import { createAuthKey, sign, takeSignature } from '../../../collector/snmp/usm/signature.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const ENGINE = hex('000000000000000000000002');

describe('keys', () => {
  // MD5 and SHA: RFC 3414 A.3. The others: the same procedure in Python's hashlib.
  test.each([
    ['md5', '9faf3283884e92834ebc9847d8edd963', '526f5eed9fcce26f8964c2930787d82b'],
    ['sha', '9fb5cc0381497b3793528939ff788d5d79145211', '6695febc9288e36282235fc7151f128497b38f3f'],
    [
      'sha224',
      '282a5867ee9aac639ad59df9572c7d3ac0fbc13a905b6df07dbbf00b',
      '0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674',
    ],
    [
      'sha256',
      'ab51014d1e077f6017df2b12bee5f5aa72993177e9bb569c4dff5a4ca0b4afac',
      '8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b',
    ],
    [
      'sha384',
      'e06eccdf2c68a06ed034723c9c26e0db3b669e1e2efed49150b55377a2e98f383c86fb836857444654b287c93f51ff64',
      '3b298f16164a11184279d5432bf169e2d2a48307de02b3d3f7e2b4f36eb6f0455a53689a3937eea07319a633d2ccba78',
    ],
    [
      'sha512',
      '7e4396de5aadc77be853819b98c9406265b3a9c37cc3176569847a4e4f6fba63dd3a73d04924d31a63f95a601f9385af6be4ed1b37f87d040f7c6ed6f8d38a91',
      '22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099ad1ea87a8db096714d9788bd544047c9021e4229ce27e4c0a69250adfcffbb0b',
    ],
  ] as const)('%s: of a passphrase, and at an engine', (auth, master, localized) => {
    expect(masterKey(auth, 'maplesyrup').toString('hex')).toBe(master);
    expect(localize(auth, hex(master), ENGINE).toString('hex')).toBe(localized);
    expect(authKeyAt(auth, 'maplesyrup', ENGINE).toString('hex')).toBe(localized);
    expect(privKeyAt(auth, 'aes', 'maplesyrup', ENGINE).toString('hex')).toBe(localized.slice(0, 32));
  });

  // Reeder with MD5 and SHA: the draft's appendix B. The others: the same procedures in Python's hashlib.
  test.each([
    ['md5', 'aes256r', '526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12'],
    ['sha', 'aes256r', '6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c'],
    ['sha224', 'aes256r', '0bd8827c6e29f8065e08e09237f177e410f69b90e1782be68207567422c34be4'],
    ['md5', 'aes256b', '526f5eed9fcce26f8964c2930787d82bfa24a92467426c2f4b09192be10dfaec'],
    ['sha', 'aes256b', '6695febc9288e36282235fc7151f128497b38f3f505e07eb9af25568fa1f5dbe'],
    ['sha224', 'aes256b', '0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674e82d9bf0'],
    ['sha256', 'aes256b', '8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b'],
    ['sha512', 'aes256r', '22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099'],
  ] as const)('%s made long enough for %s', (auth, priv, key) => {
    expect(privKeyAt(auth, priv, 'maplesyrup', ENGINE).toString('hex')).toBe(key);
  });

  test('passphrases of any length, in any letters', () => {
    for (const passphrase of ['x', 'pass word', 'höchst geheim ✓', 'long '.repeat(5_000)]) {
      const repeated = Buffer.alloc(2 ** 20, passphrase);
      expect(masterKey('sha', passphrase)).toEqual(createHash('sha1').update(repeated).digest());
    }
    expect(() => masterKey('sha', '')).toThrow(RangeError);
  });

  test('more passphrases than are kept still give the right keys', () => {
    const first = authKeyAt('md5', 'passphrase 0', ENGINE);
    for (let i = 1; i < 600; i++) authKeyAt('md5', `passphrase ${i}`, ENGINE);
    expect(authKeyAt('md5', 'passphrase 0', ENGINE)).toEqual(first);
    expect(authKeyAt('md5', 'passphrase 1', ENGINE)).not.toEqual(first);
  });
});

describe('signatures', () => {
  // RFC 2202 and RFC 4231, case 2: key "Jefe". The whole digests, of which as much is compared as is sent.
  test.each([
    ['md5', '750c783e6ab0b503eaa86e310a5db738'],
    ['sha', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
    ['sha224', 'a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44'],
    ['sha256', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
    ['sha384', 'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649'],
    [
      'sha512',
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ],
  ] as const)('%s', (auth, digest) => {
    const { sentOctets } = authHash(auth);
    const key = createAuthKey(authHash(auth), Buffer.from('Jefe'));
    const text = Buffer.from('what do ya want for nothing?');
    const bytes = new Uint8Array(128 + text.length + 64);
    bytes.set(text, 128);
    sign(key, bytes, 128, 128 + text.length, 128 + text.length);
    expect(Buffer.from(bytes.subarray(128 + text.length)).toString('hex')).toBe(digest.slice(0, 2 * sentOctets).padEnd(128, '0'));
  });

  test('of anything are those of an Hmac object, and no other one passes', () => {
    const anyAuth = fc.constantFrom('md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512');
    fc.assert(
      fc.property(anyAuth, fc.uint8Array({ minLength: 64, maxLength: 1_500 }), fc.nat(), (auth, message, spoil) => {
        const kind = authHash(auth);
        const key = message.slice(0, kind.keyOctets);
        const bytes = new Uint8Array(128 + message.length);
        bytes.set(message, 128);
        bytes.fill(0, 128, 128 + kind.sentOctets);
        const expected = createHmac(kind.name, key).update(bytes.subarray(128)).digest().subarray(0, kind.sentOctets);
        const authKey = createAuthKey(kind, key);
        sign(authKey, bytes, 128, bytes.length, 128);
        expect(Buffer.from(bytes.subarray(128, 128 + kind.sentOctets))).toEqual(expected);
        expect(takeSignature(authKey, bytes.slice(), 128, bytes.length, 128)).toBe(true);
        const spoilt = bytes.slice();
        const at = 128 + (spoil % message.length);
        spoilt[at] = (spoilt[at] ?? 0) ^ (1 << (spoil % 8));
        expect(takeSignature(authKey, spoilt, 128, spoilt.length, 128)).toBe(false);
      }),
    );
  });
});

describe('privacy', () => {
  const ROOM = 16;
  const both = (key: PrivKey, plain: Uint8Array, boots: number, timeS: number, salt: Uint8Array) => {
    const size = encryptedOctets(key, plain.length);
    const bytes = new Uint8Array(ROOM + size + 8).fill(0xee);
    bytes.fill(0, ROOM, ROOM + size);
    bytes.set(plain, ROOM);
    encrypt(key, bytes, ROOM, ROOM + size, boots, timeS, salt);
    const secret = Buffer.from(bytes.slice(ROOM, ROOM + size));
    expect(decrypt(key, bytes, ROOM, ROOM + size, boots, timeS, salt)).toBe(true);
    expect(Buffer.from(bytes.subarray(ROOM, ROOM + plain.length))).toEqual(Buffer.from(plain));
    expect([...bytes.subarray(ROOM + size)]).toEqual(Array.from({ length: 8 }, () => 0xee));
    return secret;
  };

  // NIST SP 800-38A, F.3.13 and F.3.17.
  const plain = hex(
    '6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51 30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710',
  );
  test.each([
    [
      '2b7e151628aed2a6abf7158809cf4f3c',
      '3b3fd92eb72dad20333449f8e83cfb4a c8a64537a0b3a93fcde3cdad9f1ce58b 26751f67a3cbb140b1808cf187a4f4df c04b05357c5d1c0eeac4c66f9ff7f2e6',
    ],
    [
      '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
      'dc7e84bfda79164b7ecd8486985d3860 39ffed143b28b1c832113c6331e5407b df10132415e54b92a13ed0a8267ae2f9 75a385741ab9cef82031623d55b1e471',
    ],
  ])('AES in cipher feedback mode, key %s', (key, secret) => {
    const salt = hex('08090a0b0c0d0e0f');
    const aes = createPrivKey(false, hex(key));
    for (let again = 0; again < 3; again++) expect(both(aes, plain, 0x00010203, 0x04050607, salt)).toEqual(hex(secret));
    expect(both(aes, plain.subarray(0, 21), 0x00010203, 0x04050607, salt)).toEqual(hex(secret).subarray(0, 21));
  });

  test('DES: one block of a known vector', () => {
    const preIv = hex('1122334455667788');
    const des = createPrivKey(true, Buffer.concat([hex('133457799bbcdff1'), preIv]));
    for (let again = 0; again < 3; again++) {
      expect(both(des, hex('0123456789abcdef'), 1, 2, preIv).toString('hex')).toBe('85e813540f0ab405');
    }
  });

  test('any messages of many users in any order are encrypted as by an object made for each', () => {
    const keys = [16, 32, 16].map((octets, i) => ({ des: i === 2, key: Buffer.alloc(octets, `key ${i}`) }));
    const kept = keys.map(({ des, key }) => createPrivKey(des, key));
    const message = fc.tuple(
      fc.nat({ max: 2 }),
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.nat({ max: 2 ** 31 - 1 }),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        for (const [who, text, boots, salt] of messages) {
          const { des, key } = keys[who] ?? { des: false, key: Buffer.alloc(16) };
          const clock = Buffer.alloc(8);
          clock.writeUInt32BE(boots, 0);
          clock.writeUInt32BE(boots >> 3, 4);
          const thrice = Buffer.concat([key.subarray(0, 8), key.subarray(0, 8), key.subarray(0, 8)]);
          const object = des
            ? createCipheriv(
                'des-ede3-cbc',
                thrice,
                salt.map((octet, i) => octet ^ (key[8 + i] ?? 0)),
              ).setAutoPadding(false)
            : createCipheriv(`aes-${key.length * 8}-cfb`, key, Buffer.concat([clock, salt]));
          const filled = Buffer.concat([text, Buffer.alloc(des ? (8 - (text.length % 8)) % 8 : 0)]);
          const expected = Buffer.concat([object.update(filled), object.final()]);
          expect(both(kept[who] ?? createPrivKey(des, key), text, boots, boots >> 3, salt)).toEqual(expected);
        }
      }),
    );
  });

  test('more users than ciphers are kept for do not disturb each other', () => {
    const salt = hex('0102030405060708');
    const keyOf = (i: number) => Buffer.from(`key of user ${String(i).padStart(4, '0')}`);
    const users = Array.from({ length: 3_000 }, (_, i) => createPrivKey(false, keyOf(i)));
    for (let round = 0; round < 2; round++) {
      users.forEach((user, i) => {
        const expected = createCipheriv('aes-128-cfb', keyOf(i), hex('0000000100000002 0102030405060708')).update(plain);
        expect(both(user, plain, 1, 2, salt)).toEqual(expected);
      });
    }
    expect(users.filter((user) => user.encryptor !== null).length).toBeLessThanOrEqual(2_048);
  });

  test('what cannot be encrypted octets is refused', () => {
    const bytes = new Uint8Array(64);
    expect(decrypt(createPrivKey(true, Buffer.alloc(16, 1)), bytes, 16, 31, 0, 0, bytes)).toBe(false);
    expect(decrypt(createPrivKey(true, Buffer.alloc(16, 1)), bytes, 16, 16, 0, 0, bytes)).toBe(false);
    expect(decrypt(createPrivKey(false, Buffer.alloc(16, 1)), bytes, 16, 16, 0, 0, bytes)).toBe(false);
  });
});

describe('credentials', () => {
  const good = {
    version: '3',
    user: 'strong',
    auth: { protocol: 'sha', key: 'a' },
    priv: { protocol: 'aes', key: 'b' },
  } as const;
  test('that work', () => {
    for (const priv of ['des', 'aes', 'aes256b', 'aes256r'] as const) {
      expect(usmSupports('md5', priv)).toBe(true);
      expect(usmObjection({ ...good, priv: { protocol: priv, key: 'b' } })).toBe('');
    }
    expect(usmSupports(null, null)).toBe(true);
    expect(usmObjection({ ...good, auth: null, priv: null })).toBe('');
  });
  test('that cannot are objected to, without a secret', () => {
    expect(usmSupports(null, 'aes')).toBe(false);
    expect(usmObjection({ ...good, auth: null })).toMatch(/needs authentication/);
    expect(usmObjection({ ...good, auth: { protocol: 'sha', key: '' } })).toMatch(/empty/);
    expect(usmObjection({ ...good, user: 'x'.repeat(33) })).toMatch(/32 octets/);
  });
});
