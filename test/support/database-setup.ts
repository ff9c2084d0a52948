import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedServer } from '@drawbridge/gateway/embedded-server';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser's connection string to the PostgreSQL server of this test run. */
    postgresUrl: string;
  }
}

/** Vitest `globalSetup`: one PostgreSQL server for the whole run, gone when it is over. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-test-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const server = await EmbeddedServer.start({
      folder,
      throwaway: true,
      settings: { max_connections: 400 },
    });
    project.provide('postgresUrl', server.url());
    return async () => {
      await server.stop();
      await remove();
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
