import { listenPostgres, credentialOf } from './test/support/postgres-listener.ts';
import { TestSession } from './test/support/test-session.ts';
import { connect, createServer } from 'node:net';
import { RecordedColumn } from '@drawbridge/contract';
const [kind, url] = process.argv.slice(2) as [string, string];
class Null extends TestSession { override record() {} }
const plan = { recordedText: 'x', count: 1, actions: [{ name: 'sql.read', context: {} }], tables: ['t'], decision: { verdict: 'allow', policies: [] }, masks: kind === 'mask', texts: 'pass' } as const;
let analysis: any = { plan: (t: string) => ({ ...plan, recordedText: t }), describe: (frame: Buffer) => ({ columns: [], rowDescription: frame }), invalidate() {} };
if (kind === 'mask') {
  const { ScriptedAnalysis } = await import('./test/support/scripted-analysis.ts');
  analysis = new ScriptedAnalysis();
}
if (kind === 'pipe') {
  const c = credentialOf(url);
  const s = createServer({ noDelay: true }, (n) => { const f = connect({ port: c.port, host: c.host, noDelay: true }); n.pipe(f); f.pipe(n); n.on('error', () => f.destroy()); f.on('error', () => n.destroy()); }).listen(0, '127.0.0.1', () => console.log((s.address() as any).port));
} else {
  const l = await listenPostgres(credentialOf(url), { session: (t) => new Null(t), analyze: async () => analysis });
  console.log(l.port);
}
process.on('SIGTERM', () => process.exit(0));
