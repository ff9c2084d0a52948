import type { Plugin } from 'vite';

const STYLE_ELEMENT = /[\w.$]+\.createElement\("style"\)/g;
const STYLE_ATTRIBUTE = /(\w+)\.setAttribute\("style",(`[^`]*`)\)/g;
const NONCED = `const __nonced = (element) => {
  element.nonce = document.querySelector('meta[property="csp-nonce"]')?.nonce ?? '';
  return element;
};
`;

/**
 * xterm.js draws with style elements that carry no nonce, and with `style` attributes, which no nonce covers. Built in,
 * the elements carry the one of the page and the attributes are properties, so that the content security policy needs
 * no exception. Its `documentOverride` is no way to that: half of it uses the page's own document all the same.
 */
export function xtermStyles(): Plugin {
  return {
    name: 'xterm-styles',
    apply: 'build',
    transform: {
      filter: { id: /@xterm\/xterm\/lib\/xterm\.mjs$/ },
      handler: (code) => ({ code: withoutInlineStyles(code), map: null }),
    },
  };
}

/** @throws Error where the code is not what is known here, as after an update */
function withoutInlineStyles(code: string): string {
  const count = (pattern: RegExp) => code.match(pattern)?.length ?? 0;
  // The attribute is read where it is set, which makes five.
  if (count(STYLE_ELEMENT) !== 3 || count(STYLE_ATTRIBUTE) !== 1 || count(/(["'])style\1/g) !== 5)
    throw new Error('xterm.js makes its styles in another way than renderer/xterm-styles.ts knows');
  return (
    NONCED +
    code
      .replaceAll(STYLE_ELEMENT, (made) => `__nonced(${made})`)
      .replaceAll(STYLE_ATTRIBUTE, (_all, element, value) => `${element}.style.cssText=${value}`)
  );
}
