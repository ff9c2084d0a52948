/** The page a browser shows once the loopback listener has its answer. No script, nothing loaded from elsewhere. */
export function callbackPage(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · Drawbridge</title>
<style>
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; margin: 0; text-align: center }
  h1 { font-size: 1.25rem; margin: 0 0 .25rem }
  p { margin: 0; opacity: .75 }
</style>
<main><h1>${title}</h1><p>${text}</p></main>
</html>
`;
}
