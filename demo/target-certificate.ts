import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** PEM texts: the authority a client trusts, and the server's certificate and key signed by it. */
export interface TargetCertificate {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const DAY = 86_400_000;
const FILES = { ca: 'ca.crt', cert: 'server.crt', key: 'server.key' } as const;

/**
 * The demo database's own certificate authority and certificate, made at first start and again a week before they
 * lapse. The authority's key is thrown away: it signs this one certificate and nothing else, ever.
 */
export async function targetCertificate(folder: string, now: Date): Promise<TargetCertificate> {
  return (await readKept(folder, now)) ?? (await make(folder, now));
}

async function readKept(folder: string, now: Date): Promise<TargetCertificate | undefined> {
  try {
    const [ca, cert, key] = await Promise.all(
      [FILES.ca, FILES.cert, FILES.key].map((file) => readFile(join(folder, file), 'utf8')),
    );
    if (ca === undefined || cert === undefined || key === undefined) return undefined;
    const lapses = new Date(new X509Certificate(cert).validTo).getTime();
    return lapses - now.getTime() > 7 * DAY ? { ca, cert, key } : undefined;
  } catch {
    return undefined;
  }
}

async function make(folder: string, now: Date): Promise<TargetCertificate> {
  const validity = {
    notBeforeDate: new Date(now.getTime() - DAY),
    notAfterDate: new Date(now.getTime() + 365 * DAY),
  };
  const common = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256', ...validity } as const;
  const authority = await generate([{ name: 'commonName', value: 'Drawbridge demo authority' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'orders-db' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const made = { ca: authority.cert, cert: server.cert, key: server.private };
  for (const part of ['key', 'cert', 'ca'] as const)
    await writeFile(join(folder, FILES[part]), made[part], { mode: 0o600 });
  return made;
}
