import { createHash, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Algorithms, ServerChannel } from 'ssh2';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { run, startSshWorld, startTargetHost } from '../../../../../test/support/ssh-relay-world.ts';
import { keepsNoInput, type Ssh2Wire } from '../server/ssh2-wire.ts';

/** What ssh2 makes its ciphers from. */
interface Ssh2Crypto {
  readonly init: Promise<void>;
  readonly CIPHER_INFO: Record<string, { readonly keyLen: number; readonly ivLen: number }>;
  readonly MAC_INFO: Record<string, { readonly len: number }>;
  createCipher(config: object): { allocPacket(length: number): Buffer; encrypt(packet: Buffer): void };
  createDecipher(config: object): { decrypt(data: Buffer, from: number, to: number): unknown };
}
const crypto: Ssh2Crypto = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js');
const PAYLOAD = Buffer.from('what a target says in one packet');

/** A packet with `PAYLOAD`, encrypted, and a decipher for it. */
function encrypted(cipher: string, mac: string) {
  const [cipherInfo, macInfo] = [crypto.CIPHER_INFO[cipher], crypto.MAC_INFO[mac]];
  if (cipherInfo === undefined || macInfo === undefined) throw new Error('ssh2 does not have it');
  const [key, macKey] = [randomBytes(cipherInfo.keyLen), randomBytes(macInfo.len)];
  const iv = randomBytes(cipherInfo.ivLen);
  const written: Buffer[] = [];
  const out = crypto.createCipher({
    outbound: {
      ...{ seqno: 0, cipherInfo, cipherKey: key, cipherIV: Buffer.from(iv), macInfo, macKey },
      onWrite: (data: Buffer) => written.push(Buffer.from(data)),
    },
  });
  const packet = out.allocPacket(PAYLOAD.length);
  packet.set(PAYLOAD, 5);
  out.encrypt(packet);
  const payloads: string[] = [];
  const decipher = crypto.createDecipher({
    inbound: {
      ...{ seqno: 0, decipherInfo: cipherInfo, decipherKey: key, decipherIV: iv, macInfo, macKey },
      onPayload: (payload: Buffer) => void payloads.push(payload.toString()),
    },
  });
  return { bytes: Buffer.concat(written), decipher, payloads };
}

/** Feeds a packet in two reads into the same buffer, split at `at`. Returns what came of it. */
function readInto(shared: Buffer, at: number, { bytes, decipher, payloads }: ReturnType<typeof encrypted>) {
  try {
    for (const part of [bytes.subarray(0, at), bytes.subarray(at)]) {
      shared.fill(0xff).set(part);
      decipher.decrypt(shared.subarray(0, part.length), 0, part.length);
    }
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
  return payloads;
}

describe('whether a decipher keeps a part of what it is given', () => {
  beforeAll(() => crypto.init);

  it.each([
    ['aes128-gcm@openssh.com', 'hmac-sha2-256', true],
    ['aes256-gcm@openssh.com', 'hmac-sha2-256', true],
    ['aes256-ctr', 'hmac-sha2-256', true],
    ['aes256-ctr', 'hmac-sha2-512-etm@openssh.com', true],
    ['chacha20-poly1305@openssh.com', 'hmac-sha2-256', false],
  ])('is known of %s with %s', (cipher, mac, keepsNothing) => {
    const { bytes, decipher } = encrypted(cipher, mac);
    expect(keepsNoInput({ _decipher: decipher } as unknown as Ssh2Wire)).toBe(keepsNothing);
    const shared = Buffer.alloc(bytes.length);
    const splits = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);
    const whole = splits.map((at) => readInto(shared, at, encrypted(cipher, mac)));
    if (keepsNothing) expect(whole).toEqual(splits.map(() => [PAYLOAD.toString()]));
    else expect(whole).toContain('Invalid MAC');
  });
});

it.each(['aes128-gcm@openssh.com', 'aes256-ctr', 'chacha20-poly1305@openssh.com'])(
  '8 MB come from a target with %s byte for byte, on two connections at once',
  async (cipher) => {
    const sent = randomBytes(8 * 1024 * 1024);
    const host = await startTargetHost(
      (session) => {
        session.on('exec', (accept) => {
          const channel: ServerChannel = accept();
          channel.write(sent);
          channel.exit(0);
          channel.end();
        });
      },
      { cipher: [cipher] } as Algorithms,
    );
    onTestFinished(() => host.close());
    const world = await startSshWorld(host.credential);
    onTestFinished(() => world.close());
    const [one, other] = [await world.signIn(), await world.signIn()];
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    const received = await Promise.all([run(one.client, 'cat'), run(other.client, 'cat')]);
    const recorded = [one, other].map(({ session }) => session.payload('output', 'stdout'));
    for (const bytes of [...received.map(({ stdout }) => stdout), ...recorded])
      expect(sha256(bytes)).toBe(sha256(sent));
  },
);
