import { EmbeddedServer } from './gateway/src/store/embedded-server.ts';
const server = await EmbeddedServer.start({ folder: process.argv[2]!, throwaway: true });
console.log(server.url());
process.on('SIGTERM', async () => { await server.stop(); process.exit(0); });
setInterval(() => {}, 1e6);
