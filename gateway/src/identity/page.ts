import { createHash } from 'node:crypto';

const STYLE = `
:root{color-scheme:light dark;--ink:#14181f;--soft:#5b6472;--card:#fff;--ground:#f3f4f6;--line:#dfe2e7;--accent:#2f5bea;--on:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#edeff3;--soft:#9aa4b2;--card:#1a1e25;--ground:#101318;--line:#2c323c;--accent:#7d9bff;--on:#0d1017}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{width:100%;max-width:420px;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:32px}
.brand{display:flex;gap:10px;align-items:center;font-weight:600;color:var(--soft);margin:0 0 24px}
.brand svg{width:24px;height:24px;color:var(--accent)}
h1{font-size:22px;line-height:1.25;margin:0 0 8px}
p{margin:0 0 12px;color:var(--soft);overflow-wrap:anywhere}
form{margin:20px 0 0;display:grid;gap:12px}
label{display:grid;gap:6px;font-weight:500}
input{font:600 22px/1.2 ui-monospace,monospace;letter-spacing:.12em;text-transform:uppercase;text-align:center;padding:12px;border:1px solid var(--line);border-radius:9px;background:var(--ground);color:inherit;width:100%}
button,.button{font:600 16px/1.2 system-ui,sans-serif;padding:12px 16px;border-radius:9px;border:1px solid transparent;background:var(--accent);color:var(--on);cursor:pointer;text-align:center;text-decoration:none;display:block}
button.quiet{background:none;border-color:var(--line);color:inherit}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.code{font:600 28px/1.3 ui-monospace,monospace;letter-spacing:.12em;text-align:center;color:var(--ink);padding:12px;border:1px dashed var(--line);border-radius:9px;margin:16px 0}
.error{color:#b3261e}@media (prefers-color-scheme:dark){.error{color:#ff9c93}}
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * Policy of every page: no script, no request, no frame. `anyForm` leaves out where forms may lead: a browser
 * holds a form's redirects to it too, and a sign-in goes on to the company's provider, wherever that sends it.
 */
export const contentSecurityPolicy = ({ anyForm = false } = {}): string =>
  `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'${anyForm ? '' : "; form-action 'self'"}`;

const BRAND = `<p class="brand"><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M3 20V8m0 0 3-3m-3 3h4M21 20V8m0 0-3-3m3 3h-4M3 20h18M6 20l6-9 6 9"/></svg>Drawbridge</p>`;

/** A page of the gateway. `body` is HTML; whatever comes from outside has been through `escapeHtml`. */
export function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Drawbridge</title>
<style>${STYLE}</style>
</head>
<body><main>${BRAND}<h1>${escapeHtml(title)}</h1>${body}</main></body>
</html>
`;
}

/** Text as it may stand in HTML, between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export const paragraph = (text: string): string => `<p>${escapeHtml(text)}</p>`;
