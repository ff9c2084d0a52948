import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import postgres from 'postgres';
const url = process.argv[2]!; const N = Number(process.argv[3] ?? 10);
for (let i = 0; i < N; i++) {
  const sql = postgres(url, { max: 4, onnotice: () => undefined });
  let step = 'create';
  const timer = setTimeout(() => { console.log('HUNG at', step, 'round', i); process.exit(1); }, 8000);
  await sql`create table if not exists scratch.streamed (n int, label text)`;
  step = 'in';
  const lines = Array.from({ length: 50_000 }, (_, n) => `${n}\tlabel ${n}\n`);
  const w = await sql`copy scratch.streamed from stdin`.writable();
  step = 'in pipeline';
  await pipeline(Readable.from(lines), w);
  step = 'out';
  let back = '';
  const r = await sql`copy (select * from scratch.streamed order by n) to stdout`.readable();
  step = 'out reading';
  for await (const chunk of r) back += String(chunk);
  step = 'count ' + (back === lines.join(''));
  await sql`select count(*)::int as n from scratch.streamed`;
  step = 'drop';
  await sql`drop table scratch.streamed`;
  step = 'end';
  await sql.end({timeout: 1});
  clearTimeout(timer);
}
console.log('ok');
