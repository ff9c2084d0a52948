import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DrawbridgeError, SecretSource } from '@drawbridge/contract';
import { parseAllDocuments } from 'yaml';

/**
 * Reads the documents of `bootstrap:` files (YAML, several to a file). Here the gateway is the side that applies,
 * so passwords given as `{ env: … }` or `{ file: … }` are read here; a file's path counts from the document's.
 * @throws DrawbridgeError `invalid_document` naming every file, line or variable that can't be read, and no value
 */
export async function readBootstrapFiles(
  files: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<unknown[]> {
  const issues: { path: string; message: string }[] = [];
  const documents: unknown[] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      issues.push({ path: file, message: `can't be read (${error.code ?? 'unknown error'})` });
      return '';
    });
    for (const document of parseAllDocuments(text)) {
      issues.push(
        ...document.errors.map((error) => ({
          path: `${file}:${error.linePos?.[0].line ?? 1}`,
          message: `is not YAML (${error.code})`,
        })),
      );
      if (document.errors.length > 0 || document.contents === null) continue;
      const value: unknown = document.toJS();
      await resolveSecrets(value, file, env, issues);
      documents.push(value);
    }
  }
  if (issues.length > 0)
    throw new DrawbridgeError(
      'invalid_document',
      `bootstrap documents can't be used: ${issues.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
      { issues },
    );
  return documents;
}

/** What of a credential is secret. */
const SECRETS = ['password', 'privateKey'];

/** Puts values in the place of sources, in every secret of `profiles.*.credential` there is; all else is left to `parseDocuments`. */
async function resolveSecrets(
  document: unknown,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  issues: { path: string; message: string }[],
): Promise<void> {
  for (const profile of Object.values(
    isRecord(document) && isRecord(document.profiles) ? document.profiles : {},
  )) {
    if (!isRecord(profile) || !isRecord(profile.credential)) continue;
    for (const name of SECRETS) {
      const source = SecretSource.safeParse(profile.credential[name]);
      if (!source.success || 'value' in source.data) continue;
      const value =
        'env' in source.data
          ? env[source.data.env]
          : await readFile(resolve(dirname(file), source.data.file), 'utf8').then(
              (text) => text.replace(/\r?\n$/, ''),
              () => undefined,
            );
      if (value) profile.credential[name] = { value };
      else
        issues.push(
          'env' in source.data
            ? { path: file, message: `names ${source.data.env}, which is not set` }
            : { path: file, message: `names ${source.data.file}, which can't be read or is empty` },
        );
    }
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
