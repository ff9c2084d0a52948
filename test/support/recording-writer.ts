/**
 * A process that records until it is killed, and says after each record what it has recorded, for tests of
 * what survives. Arguments: folder, gateway id, master key (base64). Prints the session's id, then numbers.
 */
import { writeSync } from 'node:fs';
import { GatewayId } from '@drawbridge/contract';
import { systemClock } from '../../gateway/src/clock.ts';
import { createFileRecordings } from '../../gateway/src/recording/file-recordings.ts';
import { Keyring } from '../../gateway/src/store/keyring.ts';
import { recordedRun, recordingHeader, recordingKeyPair } from './recording-session.ts';

const [dir = '', gateway = '', masterKey = ''] = process.argv.slice(2);
const gatewayId = GatewayId.parse(gateway);
const recordings = await createFileRecordings({
  dir,
  keyring: new Keyring([Buffer.from(masterKey, 'base64')]),
  signingKey: recordingKeyPair().signingKey,
  gatewayId,
  clock: systemClock,
});
const header = recordingHeader(gatewayId);
const recorder = recordings.open(header);
writeSync(1, `${header.session}\n`);
for (let number = 0; ; number++) {
  recorder.record(recordedRun(number, number % 50 === 0 ? 300_000 : undefined));
  writeSync(1, `${number}\n`);
}
