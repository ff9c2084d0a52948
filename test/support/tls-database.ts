import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedServer } from '@drawbridge/gateway/embedded-server';
import { generate } from 'selfsigned';

export interface TlsDatabase {
  /** Superuser's connection string, by address. */
  readonly url: string;
  /** PEM of the certificate, which names `localhost` and is its own authority. */
  readonly cert: string;
  /** PEM of another certificate for the same name. */
  readonly foreign: string;
  stop(): Promise<void>;
}

/** A PostgreSQL server of its own that speaks TLS. */
export async function startTlsDatabase(): Promise<TlsDatabase> {
  const [own, foreign] = await Promise.all([certificate(), certificate()]);
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-tls-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const server = await EmbeddedServer.start({
      folder,
      throwaway: true,
      tls: { cert: own.cert, key: own.private },
    });
    const stop = async () => {
      await server.stop();
      await remove();
    };
    return { url: server.url(), cert: own.cert, foreign: foreign.cert, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

const certificate = () =>
  generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
