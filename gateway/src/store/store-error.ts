/**
 * Why the store can't be used. `unreachable`: no connection; `newer`: made by a later release;
 * `migration_failed`: the schema could not be brought up to date, and is as it was; `taken`: another process is this
 * gateway there.
 */
export type StoreErrorCode = 'unreachable' | 'newer' | 'migration_failed' | 'taken';

/** A failure of the store itself; its message says what to do and holds no connection string. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
