import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import sasl from 'pg/lib/crypto/sasl.js';
import type { PostgresCredential } from '../../../sessions/session.ts';
import { password, saslInitialResponse, saslResponse } from '../codec/frontend-messages.ts';
import { MessageReader } from '../codec/message-reader.ts';

/**
 * A hostile server could ask for hours of hashing. PostgreSQL's default is 4096 (`scram_iterations`).
 */
const MAX_ITERATIONS = 200_000;

/** Codes of authentication requests. */
const Request = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

/** Thrown when the target wants a sign-in that would expose the password, or can't prove that it knows it. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
}

/** What a target has said so far about who we are. */
export class SignIn {
  readonly #credential: PostgresCredential;
  readonly #socket: Socket;
  #sasl: ReturnType<typeof sasl.startSession> | undefined;
  #proven = false;

  constructor(credential: PostgresCredential, socket: Socket) {
    this.#credential = credential;
    this.#socket = socket;
  }

  /**
   * Answers one authentication request.
   * @returns true once the target is content.
   * @throws SignInRefused, MalformedMessage
   */
  async answer(frame: Buffer): Promise<boolean> {
    const request = new MessageReader(frame, 5, frame.length);
    const code = request.int32();
    switch (code) {
      case Request.ok:
        if (this.#sasl !== undefined && !this.#proven)
          throw new SignInRefused('the target skipped its proof');
        return true;
      case Request.cleartext:
        this.#requireTls('cleartext');
        this.#socket.write(password(this.#credential.password));
        return false;
      case Request.md5:
        this.#requireTls('md5');
        this.#socket.write(password(this.#md5(request.bytes(4))));
        return false;
      case Request.sasl:
        this.#begin(request);
        return false;
      case Request.saslContinue:
        await this.#continue(frame.toString('utf8', 9));
        return false;
      case Request.saslFinal:
        this.#verify(frame.toString('utf8', 9));
        return false;
      default:
        throw new SignInRefused(`authentication method ${code} is not supported`);
    }
  }

  /** Channel binding where there is a channel: a man in the middle with a trusted certificate gains nothing. */
  get #tls(): TLSSocket | null {
    return this.#socket instanceof TLSSocket ? this.#socket : null;
  }

  #requireTls(method: string): void {
    if (this.#tls === null) throw new SignInRefused(`${method} authentication without TLS`);
  }

  #begin(request: MessageReader): void {
    if (this.#sasl !== undefined) throw new SignInRefused('the target began SCRAM twice');
    const mechanisms: string[] = [];
    for (let name = request.cstring(); name !== ''; name = request.cstring()) mechanisms.push(name);
    this.#sasl = this.#refusing(() => sasl.startSession(mechanisms, this.#tls, MAX_ITERATIONS));
    this.#socket.write(saslInitialResponse(this.#sasl.mechanism, this.#sasl.response));
  }

  async #continue(serverFirst: string): Promise<void> {
    const session = this.#sasl;
    if (session === undefined) throw new SignInRefused('SCRAM went on before it began');
    try {
      await sasl.continueSession(session, this.#credential.password, serverFirst, this.#tls);
    } catch (error) {
      throw new SignInRefused('SCRAM failed', { cause: error });
    }
    this.#socket.write(saslResponse(session.response));
  }

  #verify(serverFinal: string): void {
    const session = this.#sasl;
    if (session === undefined) throw new SignInRefused('SCRAM ended before it began');
    this.#refusing(() => sasl.finalizeSession(session, serverFinal));
    this.#proven = true;
  }

  #refusing<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      throw new SignInRefused('SCRAM failed', { cause: error });
    }
  }

  /** `md5(md5(password + user) + salt)`, as AuthenticationMD5Password says. */
  #md5(salt: Buffer): string {
    const hash = (...parts: (string | Buffer)[]) => {
      const sum = createHash('md5');
      for (const part of parts) sum.update(part);
      return sum.digest('hex');
    };
    return `md5${hash(hash(this.#credential.password, this.#credential.username), salt)}`;
  }
}
