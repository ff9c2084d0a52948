import type { SshTargetCredential } from '../../../sessions/session.ts';
import {
  fingerprint,
  isPublicKeyType,
  type PublicKey,
  parsePublicKeyLine,
  publicKeyObject,
} from '../keys/public-key.ts';
import {
  CertificateKind,
  isCertificate,
  isSigned,
  parseCertificate,
  type SshCertificate,
} from '../keys/ssh-certificate.ts';
import { MalformedSshData, SshReader } from '../keys/ssh-reader.ts';
import { SshTargetFailure } from './ssh-target-failure.ts';

/** What a target may show to be the host that its resource means. */
export interface HostRule {
  readonly resource: string;
  /** The name that a host certificate must be for. */
  readonly host: string;
  readonly pinned: readonly PublicKey[];
  /** Whose host certificates count. */
  readonly authority: PublicKey | undefined;
}

/** @throws SshTargetFailure where a resource has no key that a host could be verified by. */
export function hostRule(
  resource: string,
  { host, hostKeys, hostAuthority }: Pick<SshTargetCredential, 'host' | 'hostKeys' | 'hostAuthority'>,
): HostRule {
  if (hostKeys.length === 0 && hostAuthority === undefined)
    throw new SshTargetFailure(
      'trust',
      `${resource} has neither target.hostKeys nor target.hostAuthority, so its host can't be verified: ask whoever runs the gateway to add what ssh-keyscan prints, checked at the host`,
    );
  return {
    resource,
    host: host.toLowerCase(),
    pinned: hostKeys.map((line, index) => usable(line, resource, `target.hostKeys[${index}]`)),
    authority:
      hostAuthority === undefined ? undefined : usable(hostAuthority, resource, 'target.hostAuthority'),
  };
}

function usable(line: string, resource: string, where: string): PublicKey {
  try {
    const key = parsePublicKeyLine(line);
    if (!isPublicKeyType(key.type))
      throw new MalformedSshData('its type is none of ssh-ed25519, ecdsa-sha2-nistp*, ssh-rsa');
    publicKeyObject(key.blob);
    return key;
  } catch (cause) {
    if (!(cause instanceof MalformedSshData)) throw cause;
    throw new SshTargetFailure(
      'trust',
      `${where} of ${resource} is not a host key that the gateway can verify (${cause.message}): ask whoever runs the gateway to correct it`,
      cause,
    );
  }
}

/**
 * Whether a host may be talked to, having shown this key or certificate. That it holds the private key is for the
 * key exchange to prove.
 * @param now ms since 1970.
 * @returns why not.
 */
export function refuseHost(rule: HostRule, shown: Buffer, now: number): SshTargetFailure | undefined {
  try {
    if (isPinned(rule, shown)) return undefined;
    if (!isCertificate(shown)) return wrongKey(rule, shown);
    const certificate = parseCertificate(shown);
    // A host with a certificate shows no plain key any more, also where its plain key is what was pinned.
    if (isPinned(rule, certificate.key)) return undefined;
    const why = refuseCertificate(rule, certificate, now);
    return why === undefined ? undefined : wrongCertificate(rule, why);
  } catch (cause) {
    if (!(cause instanceof MalformedSshData)) throw cause;
    return new SshTargetFailure(
      'host_key',
      `the host key of ${rule.resource} can't be read (${cause.message}), so it was refused`,
      cause,
    );
  }
}

const isPinned = (rule: HostRule, blob: Buffer) => rule.pinned.some((key) => key.blob.equals(blob));

/** The order matters: nothing of a certificate is looked at before its signature is known to be the authority's. */
function refuseCertificate(
  { authority, host }: HostRule,
  certificate: SshCertificate,
  now: number,
): string | undefined {
  if (authority === undefined) return 'the resource names no target.hostAuthority';
  if (!certificate.authority.equals(authority.blob))
    return `it is signed by ${fingerprint(certificate.authority)} and not by target.hostAuthority (${fingerprint(authority.blob)})`;
  if (!isSigned(certificate)) return 'its signature is wrong';
  publicKeyObject(certificate.key);
  if (certificate.kind !== CertificateKind.host) return 'it is not a host certificate (ssh-keygen -h)';
  // OpenSSH once took one without principals for every host; it would let any host of the authority stand in.
  if (!certificate.principals.includes(host))
    return "its principals don't have the name in target.host (ssh-keygen -n)";
  if (certificate.criticalOptions.length > 0)
    return 'it has a critical option, of which none is known for hosts';
  const seconds = BigInt(Math.floor(now / 1000));
  if (seconds < certificate.validAfter) return 'it is not valid yet';
  if (seconds >= certificate.validBefore) return 'it has expired: have it renewed at the host';
  return undefined;
}

function wrongKey({ resource, pinned, authority }: HostRule, shown: Buffer): SshTargetFailure {
  const key = `${shownType(shown)} ${fingerprint(shown)}`;
  if (pinned.length === 0 && authority !== undefined) return noCertificate(resource);
  const expected = pinned.map(({ type, blob }) => `${type} ${fingerprint(blob)}`).join(' or ');
  return new SshTargetFailure(
    'host_key',
    `the host key of ${resource} is not one that its resource pins: it shows ${key}, pinned is ${expected}. If the host was reinstalled, check its new key at the host and apply it in target.hostKeys; if not, somebody may be in between`,
  );
}

const wrongCertificate = ({ resource }: HostRule, why: string) =>
  new SshTargetFailure('host_certificate', `the host certificate of ${resource} was refused: ${why}`);

const noCertificate = (resource: string) =>
  new SshTargetFailure(
    'host_certificate',
    `${resource} shows no host certificate, which its target.hostAuthority asks for: ask whoever runs the host to set HostCertificate for sshd`,
  );

/** What to say where the host has no key of a kind that would be accepted. */
export function noSuchHostKey({ resource, pinned, authority }: HostRule): SshTargetFailure {
  if (pinned.length === 0 && authority !== undefined) return noCertificate(resource);
  const expected = pinned.map(({ type, blob }) => `${type} ${fingerprint(blob)}`).join(' or ');
  return new SshTargetFailure(
    'host_key',
    `${resource} shows no host key of the kind that its resource pins (${expected}). If the host was reinstalled, check its new key at the host and apply it in target.hostKeys; if not, somebody may be in between`,
  );
}

/** The target's own words are not passed on; only names that are known are. */
function shownType(blob: Buffer): string {
  const type = new SshReader(blob).text();
  return isPublicKeyType(type) ? type : 'another kind of key,';
}
