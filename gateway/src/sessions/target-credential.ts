import type { ResourceDocument } from '@drawbridge/contract';
import type { SshLogin, TargetCredential } from './session.ts';

type Place = {
  [P in ResourceDocument['protocol']]: Pick<
    Extract<ResourceDocument, { protocol: P }>,
    'protocol' | 'target'
  >;
}[ResourceDocument['protocol']];

/** How a profile signs in, with its secret unsealed. */
interface Opened {
  readonly username: string;
  readonly kind?: 'password' | 'privateKey' | 'certificate';
  readonly secret: string | undefined;
}

/** What a protocol dials with: where the resource is, and how its profile signs in. Undefined where a secret is missing. */
export function targetCredential(
  resource: Place,
  { username, kind = 'password', secret }: Opened,
  certify: (username: string) => Extract<SshLogin, { kind: 'certificate' }>,
): TargetCredential | undefined {
  if (resource.protocol === 'postgres') {
    const { host, port, database, tls, ca } = resource.target;
    if (secret === undefined) return undefined;
    return {
      protocol: 'postgres',
      ...{ host, port, database, tls, username, password: secret },
      ...(ca !== undefined && { ca }),
    };
  }
  const { host, port, hostKeys = [], hostAuthority } = resource.target;
  const login = sshLogin(kind, secret, () => certify(username));
  if (login === undefined) return undefined;
  return {
    protocol: 'ssh',
    ...{ host, port, hostKeys, username, login },
    ...(hostAuthority !== undefined && { hostAuthority }),
  };
}

function sshLogin(
  kind: NonNullable<Opened['kind']>,
  secret: string | undefined,
  certify: () => SshLogin,
): SshLogin | undefined {
  if (kind === 'certificate') return certify();
  if (secret === undefined) return undefined;
  return kind === 'password' ? { kind, password: secret } : { kind: 'key', privateKey: secret };
}
