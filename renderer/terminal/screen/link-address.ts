/** A web address as a person can judge it: who would be asked, and the whole. */
export interface LinkAddress {
  /** With the port, in the form that a browser would look up: `xn--` where it isn't ASCII. */
  readonly host: string;
  readonly href: string;
}

/** Longest address that is shown. */
const LONGEST = 4000;

/** Reads the address of a link that a program printed; undefined where it is none of the web. */
export function linkAddress(text: string): LinkAddress | undefined {
  if (text.length > LONGEST || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  return { host: url.host, href: url.href };
}
