/** What is stored can't be read as it was written. Reading stops there; nothing is left out silently. */
export class RecordingDamaged extends Error {
  override readonly name = 'RecordingDamaged';
  /** `key`: it can't be decrypted with the keys there are, which says nothing about what is stored. */
  readonly code: 'damaged' | 'key';

  constructor(message: string, code: 'damaged' | 'key' = 'damaged', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
