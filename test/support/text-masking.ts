import type { MaskKind, TextRule } from '@drawbridge/contract';
import fc from 'fast-check';
import { createTextMasker, type TextMasker } from '../../gateway/src/masking/text/text-masker.ts';

const key = Buffer.alloc(32, 7);
export const CARD = '4111 1111 1111 1111';
export const TOKEN = `ghp_${'a1B2'.repeat(9)}`;
export const PEM = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'b3BlbnNzaC1rZXktdjEAAAAA\n'.repeat(20)}-----END OPENSSH PRIVATE KEY-----`;
export const DOTS = '••••••';
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one.
export const COLOUR = /\u001b\[\d*m/g;

/** All detectors. */
export const all: TextRule[] = (['card', 'email', 'iban', 'ssn', 'token', 'private-key'] as const).map(
  (detect) => ({
    detect,
    mask: 'full',
  }),
);

export function masker(rules: readonly TextRule[] = all, terminal = false): TextMasker {
  const made = createTextMasker(
    rules.map((rule) => ({ ...rule, rule: 'pii' })),
    key,
    { terminal },
  );
  if (!made) throw new Error('rules make a masker');
  return made;
}

/** What comes out of the chunks, one after the other without a silence. */
export function run(
  chunks: readonly (string | Uint8Array)[],
  rules?: readonly TextRule[],
  terminal?: boolean,
): string {
  const stream = masker(rules, terminal);
  const out = chunks.map((chunk) => stream.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  return Buffer.concat([...out, stream.flush()]).toString();
}

/** One detector alone. */
export const one = (detect: Extract<TextRule, { detect: string }>['detect'], mask: MaskKind): TextRule[] => [
  { detect, mask },
];

/** Places for `split`, whatever the length. */
export const cuts = fc.array(fc.nat(), { maxLength: 12 });

export function split(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((start, i) => bytes.subarray(start, places[i] ?? bytes.length));
}
