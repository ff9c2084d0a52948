import { createHash } from 'node:crypto';
import type { DemoPerson } from './people.ts';

const STYLE = `
:root{color-scheme:light dark;--ink:#1d1b16;--soft:#6b665c;--card:#fffdf9;--ground:#f4efe6;--line:#e4dccd;--hover:#faf5ea;--tint:#0f766e;--note:#fdf3d7;--noteink:#6d4c00}
@media (prefers-color-scheme:dark){:root{--ink:#f1ede4;--soft:#a8a193;--card:#211f1b;--ground:#161411;--line:#38342d;--hover:#2a2722;--tint:#5eead4;--note:#3a2f12;--noteink:#f6d98a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--ground);color:var(--ink);font:16px/1.45 system-ui,sans-serif}
main{width:100%;max-width:460px;background:var(--card);border:1px solid var(--line);border-radius:16px;padding:28px}
h1{font-size:22px;margin:0 0 4px}
p{margin:0;color:var(--soft)}
.note{margin:20px 0 0;padding:10px 14px;border-radius:10px;background:var(--note);color:var(--noteink);font-size:14px}
form{display:grid;gap:8px;margin:20px 0 0}
button{font:inherit;color:inherit;text-align:left;display:grid;grid-template-columns:44px 1fr auto;gap:14px;align-items:center;width:100%;padding:12px 14px;border:1px solid var(--line);border-radius:12px;background:none;cursor:pointer}
button:hover{background:var(--hover)}
button:focus-visible{outline:3px solid var(--tint);outline-offset:2px}
.face{width:44px;height:44px;border-radius:50%;display:grid;place-items:center;background:var(--tint);color:var(--card);font-weight:700}
.who{display:grid}.who small{color:var(--soft)}
.groups{display:flex;gap:4px;flex-wrap:wrap;justify-content:flex-end;font-size:12px;color:var(--soft)}
.groups span{border:1px solid var(--line);border-radius:99px;padding:2px 8px}
.cancel{display:block;text-align:center;border-color:transparent;color:var(--soft)}
`;

/** Headers of the provider's pages. Where forms may lead is left open: a sign-in goes on to whoever asked for it. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;

function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body><main>${body}</main></body>
</html>
`;
}

/** Lists the people; one press signs in. */
export function signInPage(action: string, people: readonly DemoPerson[]): string {
  return page(
    'Sign in · Shop demo',
    `<h1>Sign in to the shop</h1>
<p>Choose who you are.</p>
<p class="note">This is the demo’s identity provider. Its people are made up and have no passwords.</p>
<form method="post" action="${escapeHtml(action)}">
${people.map(personButton).join('\n')}
<button class="cancel" name="cancel" value="yes">Cancel</button>
</form>`,
  );
}

export const problemPage = (problem: string): string =>
  page('Shop demo', `<h1>This did not work</h1><p role="alert">${escapeHtml(problem)}</p>`);

function personButton({ id, name, groups, role }: DemoPerson): string {
  const initials = name
    .split(' ')
    .map((word) => word.charAt(0))
    .join('');
  const labels = groups.length === 0 ? ['no groups'] : groups;
  return `<button name="person" value="${escapeHtml(id)}"><span class="face" aria-hidden="true">${escapeHtml(initials)}</span><span class="who">${escapeHtml(name)}<small>${escapeHtml(role)}</small></span><span class="groups">${labels.map((label) => `<span>${escapeHtml(label)}</span>`).join('')}</span></button>`;
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
