/** One side broke SFTP, so that nothing it says can be told apart any more. */
export class SftpViolation extends Error {
  override readonly name = 'SftpViolation';

  /** Whose fault it is: a client loses the channel, a target the session. */
  readonly side: 'client' | 'target';

  /** @param message a sentence for the person at the client; nothing secret in it. */
  constructor(side: 'client' | 'target', message: string, options?: ErrorOptions) {
    super(message, options);
    this.side = side;
  }
}
