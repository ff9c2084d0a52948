import { type KeyObject, sign } from 'node:crypto';
import type { RecordingManifest } from '@drawbridge/contract';
import { MANIFEST_TYPE } from '@drawbridge/contract/recording-chain';

/** The gateway's key for recordings. */
export interface RecordingSigningKey {
  readonly kid: string;
  /** Private, Ed25519. */
  readonly key: KeyObject;
}

/** The manifest as compact JWS (RFC 7515), EdDSA over Ed25519 (RFC 8037). */
export function signManifest(manifest: RecordingManifest, { kid, key }: RecordingSigningKey): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode({ alg: 'EdDSA', typ: MANIFEST_TYPE, kid })}.${encode(manifest)}`;
  return `${content}.${sign(null, Buffer.from(content), key).toString('base64url')}`;
}
