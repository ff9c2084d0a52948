import { lengthed } from './public-key-line.ts';
import { MalformedSshData, SshReader } from './ssh-reader.ts';
import { verifySignature } from './verify-signature.ts';

/** OpenSSH's certificates, version 01 (PROTOCOL.certkeys in its sources). */
export interface SshCertificate {
  /** e.g. `ssh-ed25519-cert-v01@openssh.com`. */
  readonly type: string;
  /** The plain key that is certified, as on the wire. */
  readonly key: Buffer;
  readonly serial: bigint;
  /** 1: a user's, 2: a host's. */
  readonly kind: number;
  readonly keyId: string;
  readonly principals: readonly string[];
  /** Seconds since 1970; valid from the first, no longer at the second. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  /** Names. Whoever doesn't know one must refuse the certificate. */
  readonly criticalOptions: readonly string[];
  /** Names. Unknown ones are to be ignored. */
  readonly extensions: readonly string[];
  /** The authority's plain key, as on the wire. */
  readonly authority: Buffer;
  /** What is signed, and the signature. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

export const CertificateKind = { user: 1, host: 2 } as const;

/** How many strings the key consists of, after its type. */
const KEY_FIELDS: Readonly<Record<string, { readonly plain: string; readonly fields: number }>> = {
  'ssh-ed25519-cert-v01@openssh.com': { plain: 'ssh-ed25519', fields: 1 },
  'ecdsa-sha2-nistp256-cert-v01@openssh.com': { plain: 'ecdsa-sha2-nistp256', fields: 2 },
  'ecdsa-sha2-nistp384-cert-v01@openssh.com': { plain: 'ecdsa-sha2-nistp384', fields: 2 },
  'ecdsa-sha2-nistp521-cert-v01@openssh.com': { plain: 'ecdsa-sha2-nistp521', fields: 2 },
  'ssh-rsa-cert-v01@openssh.com': { plain: 'ssh-rsa', fields: 2 },
};

/** Whether a blob says that it is a certificate of a type that can be read here. */
export function isCertificate(blob: Uint8Array): boolean {
  return Object.hasOwn(KEY_FIELDS, new SshReader(blob).text());
}

/**
 * Takes a certificate apart. Nothing of it is to be believed before `isSigned`.
 * @throws MalformedSshData
 */
export function parseCertificate(blob: Buffer): SshCertificate {
  const reader = new SshReader(blob);
  const type = reader.text();
  const layout = Object.hasOwn(KEY_FIELDS, type) ? KEY_FIELDS[type] : undefined;
  if (layout === undefined) throw new MalformedSshData('not a certificate');
  reader.string(); // The nonce.
  const fields = Array.from({ length: layout.fields }, () => lengthed(reader.string()));
  const key = Buffer.concat([lengthed(Buffer.from(layout.plain)), ...fields]);
  const parts = {
    serial: reader.uint64(),
    kind: reader.uint32(),
    keyId: reader.text(),
    principals: readNames(reader.string()),
    validAfter: reader.uint64(),
    validBefore: reader.uint64(),
    criticalOptions: readOptions(reader.string()),
    extensions: readOptions(reader.string()),
  };
  reader.string(); // Reserved.
  const authority = reader.string();
  const signed = blob.subarray(0, reader.offset);
  const signature = reader.string();
  reader.end();
  return { type, key, ...parts, authority, signed, signature };
}

/**
 * Whether the authority that the certificate names did sign it. Who that is, is for the caller to compare.
 * @throws MalformedSshData
 */
export function isSigned({ authority, signed, signature }: SshCertificate): boolean {
  return verifySignature(authority, signed, signature);
}

function readNames(list: Buffer): string[] {
  const reader = new SshReader(list);
  const names: string[] = [];
  while (!reader.atEnd) names.push(reader.text());
  return names;
}

function readOptions(list: Buffer): string[] {
  const reader = new SshReader(list);
  const names: string[] = [];
  while (!reader.atEnd) {
    names.push(reader.text());
    reader.string(); // Its data.
  }
  return names;
}
