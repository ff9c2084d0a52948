import { connect, createServer } from 'node:net';
const s = createServer({ noDelay: true }, (n) => { const f = connect({ port: Number(process.argv[2]), host: '127.0.0.1', noDelay: true }); n.pipe(f); f.pipe(n); n.on('error', () => f.destroy()); f.on('error', () => n.destroy()); }).listen(0, '127.0.0.1', () => console.log(s.address().port));
