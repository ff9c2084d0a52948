import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Client } from 'ssh2';
import type { SshLogin } from '../../../sessions/session.ts';
import { parsePublicKeyLine } from '../keys/public-key.ts';
import { lengthed, publicKeyBlob } from '../keys/public-key-line.ts';
import { parseCertificate } from '../keys/ssh-certificate.ts';
import { protocolOf, Ssh2Changed } from './ssh2-internals.ts';

const USERAUTH_REQUEST = 50;
const METHOD = 'publickey';
/** The plain key's algorithm: the certificate names its own, the signature this one. */
const SIGNATURE = 'ssh-ed25519';

/** A key and the certificate of it, ready to sign in with. */
export interface CertificateLogin {
  readonly key: KeyObject;
  readonly type: string;
  readonly blob: Buffer;
}

/** @throws Error where the certificate is not one of this key. */
export function readCertificateLogin(login: Extract<SshLogin, { kind: 'certificate' }>): CertificateLogin {
  const key = createPrivateKey(login.privateKey);
  const { type, blob } = parsePublicKeyLine(login.certificate);
  if (!parseCertificate(blob).key.equals(publicKeyBlob(createPublicKey(key))))
    throw new Error('the certificate is not of the key that it came with');
  return { key, type, blob };
}

/**
 * Asks the target to let the user in by certificate (RFC 4252 section 7; PROTOCOL.certkeys in OpenSSH's sources).
 * ssh2 can't: it writes one algorithm name in both places, where the request has the certificate's and the signature
 * the plain key's. So this one message is written here, and ssh2 goes on with the answer to it. Call it when ssh2
 * asks what to try next, which is when no other request is under way.
 * @throws Ssh2Changed before anything is sent.
 */
export function requestCertificateLogin(
  client: Client,
  username: string,
  { key, type, blob }: CertificateLogin,
): void {
  const protocol = protocolOf(client);
  const session = protocol._kex?.sessionID;
  if (!Buffer.isBuffer(session)) throw new Ssh2Changed('ssh2 has no session identifier where it was');
  // While keys are exchanged nothing else may be sent; ssh2 would have it wait, and asks nobody then.
  if (protocol._kexinit !== undefined)
    throw new Ssh2Changed('ssh2 authenticates in the middle of an exchange');
  const request = Buffer.concat([
    Buffer.of(USERAUTH_REQUEST),
    text(username),
    text('ssh-connection'),
    text(METHOD),
    Buffer.of(1), // With the signature, so that nothing is asked twice.
    text(type),
    lengthed(blob),
  ]);
  const signature = sign(null, Buffer.concat([lengthed(session), request]), key);
  const payload = Buffer.concat([request, lengthed(Buffer.concat([text(SIGNATURE), lengthed(signature)]))]);
  const { write } = protocol._packetRW;
  const packet = write.alloc(payload.length);
  packet.set(payload, write.allocStart);
  protocol._authsQueue.push(METHOD);
  protocol._cipher.encrypt(write.finalize(packet));
}

const text = (value: string): Buffer => lengthed(Buffer.from(value, 'utf8'));
