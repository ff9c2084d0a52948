import type { MaskKind } from '@drawbridge/contract';

/** What a mask leaves of a value. */
export const maskWords: Readonly<Record<MaskKind, string>> = {
  full: 'Hides the whole value.',
  last4: 'Keeps the last four characters, hides the rest.',
  email: 'Keeps the domain, hides the rest.',
  hash: 'Shows a code in place of the value; equal values have equal codes.',
  null: 'Shows NULL in place of the value.',
};
