/** Ends a command that the person stopped and that has said so already. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
