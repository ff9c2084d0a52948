import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { ITheme } from '@xterm/xterm';

type Token = (name: string) => string;

/** Reads a design token of the theme that is set. */
export const tokenOf = (element: Element): Token => {
  const style = getComputedStyle(element);
  return (name) => style.getPropertyValue(`--${name}`).trim();
};

/** The terminal's colours, from the design tokens. */
export function screenTheme(token: Token, dark: boolean): ITheme {
  const [red, green, yellow, blue, magenta, cyan] = [
    'term-red',
    'term-green',
    'term-yellow',
    'term-blue',
    'term-magenta',
    'term-cyan',
  ].map(token) as [string, string, string, string, string, string];
  const text = token('term-text');
  const dim = token('term-dim');
  return {
    background: token('term-bg'),
    foreground: text,
    cursor: token('accent'),
    cursorAccent: token('term-bg'),
    selectionBackground: token('accent-soft'),
    selectionInactiveBackground: token('bg-active'),
    scrollbarSliderBackground: token('border'),
    scrollbarSliderHoverBackground: token('border-strong'),
    scrollbarSliderActiveBackground: token('border-strong'),
    // What stands out from the background is the one of the two that isn't near it.
    black: dark ? token('bg-active') : text,
    white: dark ? text : dim,
    brightBlack: dim,
    brightWhite: token('text'),
    red,
    green,
    yellow,
    blue,
    magenta,
    cyan,
    brightRed: red,
    brightGreen: green,
    brightYellow: yellow,
    brightBlue: blue,
    brightMagenta: magenta,
    brightCyan: cyan,
  };
}

/** How matches of a search are marked. */
export const searchMarks = (token: Token): ISearchDecorationOptions => ({
  matchBackground: token('pending-soft'),
  matchBorder: token('pending-line'),
  matchOverviewRuler: token('pending-mark'),
  activeMatchBackground: token('pending-line'),
  activeMatchBorder: token('pending-mark'),
  activeMatchColorOverviewRuler: token('pending-mark'),
});
