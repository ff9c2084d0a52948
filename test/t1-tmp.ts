import { startClientWorld } from '/work/main/test/support/client-world.ts';
import { connectionSettings } from '@drawbridge/gateway-client';
import { writeFileSync } from 'node:fs';
writeFileSync('/tmp/t1-world.pid', String(process.pid)); const t=Date.now();
const w = await startClientWorld();
let text='';
for (const [n,p] of Object.entries(w.places)) { for (const k of ['production','staging','support'] as const) text+=`export ${n[0]}_${k}='${connectionSettings(p[k]).url}'\n`; text+=`export ${n[0]}_target='${p.targetUrl('production')}'\nexport ${n[0]}_stagingtarget='${p.targetUrl('staging')}'\n`; }
text+=`export GW=${w.demo.demo.url} GWPID=${w.demo.demo.pids.gateway} GWDATA=${w.demo.demo.data}\n`;
writeFileSync('/tmp/t1-env', text);
console.log('ready', Date.now()-t);
process.on('SIGTERM', async()=>{ await w.stop(); console.log(w.demo.log.slice(-40).join('\n')); process.exit(0)});
setInterval(()=>{},1000);
