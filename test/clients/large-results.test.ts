import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClientWorld, startClientWorld } from '../support/client-world.ts';

let world: ClientWorld;
beforeAll(async () => {
  world = await startClientWorld();
});
afterAll(() => world?.stop());

const MB = 1024 * 1024;

/** Resident memory of the gateway's process, in bytes. */
async function resident(): Promise<number> {
  const status = await readFile(`/proc/${world.demo.demo.pids.gateway}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

async function peakDuring(work: Promise<unknown>): Promise<number> {
  let [peak, running] = [0, true];
  const done = work.finally(() => {
    running = false;
  });
  while (running) {
    peak = Math.max(peak, await resident());
    await Promise.race([done.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 50))]);
  }
  await done;
  return peak;
}

const million = (rows: number) =>
  `select c.id, c.full_name, c.ssn, c.email, n from customers c, generate_series(1, ${rows / 100}) n where c.id <= 100`;
const read = async (rows: number) => {
  const { status, stdout, stderr } = await world.clients.run(world.places.debian.production, 'sh', [
    '-c',
    `psql -X -At -v FETCH_COUNT=0 -c '${million(rows)}' | awk -F'|' '{ n++; if (substr($3, 1, 3) == "•") m++; else if (index($3, "••••••") == 1) m++ } END { print n, m }'`,
  ]);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout.trim()).toBe(`${rows} ${rows}`);
};

it('a million masked rows pass in flat memory', async () => {
  // The first rows let it compile what is hot and grow its heap to the usual size.
  await read(200_000);
  const before = await resident();
  const peak = await peakDuring(read(1_000_000));
  expect((peak - before) / MB).toBeLessThan(64);
}, 120_000);

it('a client that reads slowly holds the target back instead of filling the gateway', async () => {
  const before = await resident();
  const psql = world.clients.start(world.places.embedded.production, 'sh', [
    '-c',
    `psql -X -At -c "copy (select repeat('x', 1000) from generate_series(1, 400000)) to stdout" | (sleep 3; wc -l)`,
  ]);
  const peak = await peakDuring(psql.ended);
  expect((await psql.ended).stdout.trim()).toBe('400000');
  expect((peak - before) / MB).toBeLessThan(64);
}, 120_000);

it('sessions at once get each their own rows', async () => {
  const one = async (n: number) => {
    const { stdout } = await world.clients.psql(
      world.places[n % 2 === 0 ? 'debian' : 'embedded'].production,
      `select ${n} * 1000 + i, ssn from customers, generate_series(1, 20) i where id <= 100 order by i, id;`,
      { flags: ['-At'] },
    );
    const rows = stdout.trim().split('\n');
    expect(rows).toHaveLength(2_000);
    expect(
      rows.every((row) => Math.floor(Number(row.split('|')[0]) / 1000) === n && row.includes('••••••')),
    ).toBe(true);
  };
  await Promise.all(Array.from({ length: 16 }, (_, n) => one(n + 1)));
});
