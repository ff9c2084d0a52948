import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What lies in the home folder of the demo's host at first; the numbers are those that card companies give out for tests. */
const FILES: Readonly<Record<string, string>> = {
  'README.txt':
    'This is build-box, the demo host of Drawbridge. Try: ls, cat deploy.log, tail -f deploy.log, vim notes.txt\n',
  'deploy.log': [
    '2026-11-20T08:14:03Z deploy 412 started by ci',
    '2026-11-20T08:14:09Z pulling image shop/api:2026.11.20',
    '2026-11-20T08:14:31Z smoke test: paid with 4111 1111 1111 1111, receipt to ada.lovelace@shop.example',
    '2026-11-20T08:14:32Z uploading with AKIAIOSFODNN7EXAMPLE',
    '2026-11-20T08:14:40Z deploy 412 finished, 3 of 3 healthy',
    '',
  ].join('\n'),
  'notes.txt': 'Rotate the deploy token on Friday.\n',
  'app/config.yaml': 'service: shop-api\nreplicas: 3\n',
  'app/release.txt': '2026.11.20\n',
};

/** Makes it at the first start; what people changed there since stays. */
export async function homeFolder(folder: string): Promise<string> {
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  await mkdir(join(folder, 'app'), { recursive: true, mode: 0o700 });
  if (there) return folder;
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
  return folder;
}
