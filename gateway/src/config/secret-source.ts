import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SecretSource } from '@drawbridge/contract';
import { z } from 'zod';

/** What the values of a configuration refer to. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute folder that relative paths start from. */
  readonly folder: string;
}

/** A secret as configuration names it: `{ env: NAME }`, `{ file: PATH }` or `{ value: TEXT }`; its text once parsed. */
export const secretText = ({ env, folder }: Surroundings) =>
  z
    .union([...SecretSource.options], { error: 'must be { env: NAME }, { file: PATH } or { value: TEXT }' })
    .transform((source, context) => {
      const refuse = (message: string) => {
        context.addIssue({ code: 'custom', message });
        return z.NEVER;
      };
      if ('value' in source) return source.value;
      if ('env' in source)
        return env[source.env] || refuse(`the environment variable ${source.env} is not set`);
      const path = resolve(folder, source.file);
      try {
        return readFileSync(path, 'utf8').replace(/\r?\n$/, '') || refuse(`the file ${path} is empty`);
      } catch (error) {
        return refuse(`the file ${path} can't be read (${(error as NodeJS.ErrnoException).code})`);
      }
    });
