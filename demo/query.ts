import { argv, stderr, stdout } from 'node:process';
import pg from 'pg';

/** Stands in for `psql` where that isn't installed: runs each argument as a query, where PGHOST and so on say. */
const client = new pg.Client();
client.on('error', fail);
client.on('notice', ({ message }) => stderr.write(`NOTICE:  ${message}\n`));
try {
  await client.connect();
  for (const text of argv.slice(2)) {
    const { rows, fields } = await client.query<unknown[]>({ text, rowMode: 'array' });
    stdout.write(
      `${[fields.map((field) => field.name), ...rows].map((row) => row.map((cell) => String(cell ?? '')).join(' | ')).join('\n')}\n`,
    );
  }
  await client.end();
} catch (error) {
  fail(error);
}

function fail(error: unknown): never {
  const {
    severity = 'ERROR',
    message = String(error),
    hint,
  } = error as { severity?: string; message?: string; hint?: string };
  stderr.write(`${severity}:  ${message}\n${hint ? `HINT:  ${hint}\n` : ''}`);
  process.exit(1);
}
