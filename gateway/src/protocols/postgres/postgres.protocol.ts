import type { Clock } from '../../clock.ts';
import type { ProtocolHandler } from '../../sessions/session.ts';
import { actionsOfText } from './analysis/actions-of-text.ts';
import { AnalysisCache } from './analysis/analysis-cache.ts';
import { createAnalysis } from './analysis/create-analysis.ts';
import { PostgresServer, type PostgresServerParts } from './serve-postgres.ts';

export interface PostgresProtocolParts {
  readonly clock: Clock;
  /** What the mask `hash` is keyed with; the same on every gateway that shares a store. */
  readonly maskingKey: Uint8Array;
  readonly logger?: PostgresServerParts['logger'];
}

/** PostgreSQL: what the registry of protocols sees. */
export function createPostgresProtocol({
  clock,
  maskingKey,
  logger,
}: PostgresProtocolParts): ProtocolHandler {
  // Begun now, so that the first session need not wait; should it fail, each session says so.
  const loading = AnalysisCache.load({ clock, maskKey: maskingKey });
  loading.catch(() => undefined);
  const server = new PostgresServer({
    clock,
    analyze: async (session, catalogQuery, target) =>
      createAnalysis({ session, catalogQuery, target, cache: await loading }),
    ...(logger === undefined ? {} : { logger }),
  });
  return {
    protocol: server.protocol,
    accept: (stream, session) => server.accept(stream, session),
    analyze: async (text) => actionsOfText((await loading).read(text)),
  };
}
