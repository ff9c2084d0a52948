import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { GatewayId, RecordingHeader, RecordingKey, SessionId } from '@drawbridge/contract';
import { newId } from '../../gateway/src/new-id.ts';
import type { RecordingEntry } from '../../gateway/src/recording/recorder.ts';

/** A session's header, as the session host would write it. */
export function recordingHeader(gateway: GatewayId, session: SessionId = newId('ses')): RecordingHeader {
  return {
    version: 1,
    session,
    grant: newId('grt'),
    gateway,
    principal: { kind: 'user', id: newId('usr'), name: 'alice', displayName: 'Alice' },
    resource: 'orders-db',
    profile: 'read',
    protocol: 'postgres',
    reason: 'a reason nobody else should read',
    approvedBy: [],
    startedAt: new Date().toISOString(),
  };
}

/** One execution with a number to find it again, and bulk data of `size` bytes after it. */
export function recordedRun(number: number, size?: number): RecordingEntry[] {
  const run: RecordingEntry = { event: { type: 'execute', statement: 1, parameters: [`marker ${number}`] } };
  if (size === undefined) return [run];
  const data: RecordingEntry = {
    event: { type: 'copy', statement: 1, direction: 'out', format: 'postgres.CopyData' },
    payload: randomBytes(size),
  };
  return [run, data];
}

/** A fresh key that signs recordings, and what verifies it. */
export function recordingKeyPair() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const kid = randomBytes(4).toString('hex');
  const verifyKey: RecordingKey = {
    kty: 'OKP',
    crv: 'Ed25519',
    x: String(publicKey.export({ format: 'jwk' }).x),
    kid,
    alg: 'EdDSA',
    use: 'sig',
  };
  return { signingKey: { kid, key: privateKey }, verifyKey };
}
