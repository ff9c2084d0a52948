import type { Detector, MaskKind } from '@drawbridge/contract';
import type { TextMaskingRule } from '../rule.ts';
import { strictestFirst } from '../rule-match.ts';
import { EmailFinder } from './email-finder.ts';
import type { Finder } from './finder.ts';
import { NumberFinder } from './number-finder.ts';
import { PatternFinder } from './pattern-finder.ts';
import { PrivateKeyFinder } from './private-key-finder.ts';
import { createTextMask, hideAll } from './text-mask.ts';
import { TokenFinder } from './token-finder.ts';

/** What looks for all that the rules name; where several name the same, the strictest mask holds. */
export function createFinders(rules: readonly TextMaskingRule[], maskingKey: Uint8Array): readonly Finder[] {
  const detectors = new Map<Detector, MaskKind>();
  const patterns = new Map<string, MaskKind>();
  for (const rule of rules) {
    if ('detect' in rule) detectors.set(rule.detect, stricter(rule.mask, detectors.get(rule.detect)));
    else patterns.set(rule.pattern, stricter(rule.mask, patterns.get(rule.pattern)));
  }
  const maskOf = (detector: Detector) => {
    const kind = detectors.get(detector);
    return kind && createTextMask(kind, maskingKey);
  };
  const finders: Finder[] = [];
  const numbers = { card: maskOf('card'), ssn: maskOf('ssn'), iban: maskOf('iban') };
  if (numbers.card ?? numbers.ssn ?? numbers.iban) finders.push(new NumberFinder(numbers));
  const email = maskOf('email');
  if (email) finders.push(new EmailFinder(email));
  const token = maskOf('token');
  if (token) finders.push(new TokenFinder(token));
  const privateKey = detectors.get('private-key');
  if (privateKey) finders.push(new PrivateKeyFinder(hideAll(privateKey)));
  for (const [pattern, kind] of patterns)
    finders.push(new PatternFinder(pattern, createTextMask(kind, maskingKey)));
  return finders;
}

const stricter = (a: MaskKind, b: MaskKind | undefined): MaskKind =>
  b !== undefined && strictestFirst.indexOf(b) < strictestFirst.indexOf(a) ? b : a;
