/** node-postgres' SCRAM client (RFC 5802, RFC 7677, RFC 5929), which its own types leave out. */
declare module 'pg/lib/crypto/sasl.js' {
  import type { TLSSocket } from 'node:tls';

  interface SaslSession {
    readonly mechanism: string;
    /** What to send next. */
    readonly response: string;
  }
  /** @param stream for channel binding; null where there is no TLS. */
  function startSession(
    mechanisms: readonly string[],
    stream: TLSSocket | null,
    maxIterations?: number,
  ): SaslSession;
  function continueSession(
    session: SaslSession,
    password: string,
    serverData: string,
    stream: TLSSocket | null,
  ): Promise<void>;
  /** @throws Error when the server can't prove that it knows the password. */
  function finalizeSession(session: SaslSession, serverData: string): void;
  const sasl: {
    startSession: typeof startSession;
    continueSession: typeof continueSession;
    finalizeSession: typeof finalizeSession;
  };
  // biome-ignore lint/style/noDefaultExport: that is how an ES module sees a CommonJS one.
  export default sasl;
}
