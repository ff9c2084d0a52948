import { createReadStream, existsSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { RecordingKey } from '@drawbridge/contract';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { ClientError } from '../../client-error.ts';
import {
  checkRecording,
  exportCast,
  exportRecording,
  fetchRecording,
  fetchRecordingKeys,
  type RecordingFormat,
} from '../../recording.ts';
import { addCommand, channelArgument } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { findSessionId } from '../find-by-id.ts';
import { printable, printableJson } from '../output/printable.ts';
import { clockTime } from '../output/time.ts';

type ExportFormat = RecordingFormat | 'cast' | 'cast-v2' | 'asciicast';

interface ExportOptions extends CommonOptions {
  readonly format: ExportFormat;
  readonly channel?: number;
  readonly output?: string;
}

interface VerifyOptions extends CommonOptions {
  readonly key?: string;
}

export function registerRecordings(program: Command, context: CliContext): void {
  addCommand(program, 'export <session>', 'Write a recording to a file or to stdout', [
    'drawbridge export ses_9f3a1c2b --format csv > rows.csv',
    'drawbridge export last --format cast -o session.cast && asciinema play session.cast',
    'drawbridge export last --format recording -o session.recording   # can be verified without the gateway',
  ])
    .addOption(
      new Option(
        '-f, --format <format>',
        'ndjson: all events; csv: result rows; cast, cast-v2: the terminal, for asciinema 3 or 2; recording: as signed',
      )
        .choices(['ndjson', 'csv', 'cast', 'cast-v2', 'asciicast', 'recording'])
        .default('ndjson'),
    )
    .option('--channel <number>', 'of a cast: which one (default: the first shell)', channelArgument)
    .option('-o, --output <file>', 'default: stdout')
    .action((text: string, options: ExportOptions) => exportSession(context, text, options));

  addCommand(program, 'verify <session-or-file>', 'Check that a recording is whole and unchanged', [
    'drawbridge verify ses_9f3a1c2b',
    'drawbridge verify session.recording --key recording-keys.json   # needs no gateway',
  ])
    .option('--key <file>', 'public keys to trust, as JWK or JWK set (default: ask the gateway)')
    .action((text: string, options: VerifyOptions) => verify(context, text, options));

  addCommand(program, 'recording-keys', 'Print the public keys that verify recordings, as a JWK set', [
    'drawbridge recording-keys > recording-keys.json',
  ]).action(async (options: CommonOptions) => {
    const { api } = await context.connect(options);
    const keys = await fetchRecordingKeys(api);
    context.show({ json: true }, { keys }, () => []);
  });
}

async function exportSession(context: CliContext, text: string, options: ExportOptions): Promise<void> {
  const { api } = await context.connect(options);
  const id = await findSessionId(api, text);
  const pieces = await exported(() => fetchRecording(api, id), options);
  if (options.output === undefined || options.output === '-') {
    if (options.format === 'recording' && context.stdout.isTTY)
      throw context.usage(
        'a recording is binary; it would garble the terminal',
        `drawbridge export ${text} --format recording -o FILE`,
      );
    await writeOut(context, pieces);
    return;
  }
  const bytes = await writeFile(options.output, pieces);
  const file = options.output;
  context.show(options, { session: id, file, format: options.format, bytes }, () => [
    `${context.style.good('✓')} ${printable(file)}, ${bytes} bytes`,
    ...(options.format === 'recording' ? [context.next(`drawbridge verify ${file}`)] : []),
  ]);
}

async function exported(
  open: () => ReturnType<typeof fetchRecording>,
  { format, channel }: ExportOptions,
): Promise<AsyncIterable<string | Uint8Array>> {
  switch (format) {
    case 'cast':
    case 'asciicast':
      return exportCast(open, { channel });
    case 'cast-v2':
      return exportCast(open, { channel, version: 2 });
    default:
      return exportRecording(await open(), format);
  }
}

async function writeOut(context: CliContext, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    const safe =
      typeof piece === 'string' && context.stdout.isTTY ? piece.split('\n').map(printable).join('\n') : piece;
    if (!context.stdout.write(safe)) await new Promise((resolve) => context.stdout.once('drain', resolve));
  }
}

/** Through a temporary file of mode 0600: a broken-off export never looks like a whole one. */
async function writeFile(file: string, pieces: AsyncIterable<string | Uint8Array>): Promise<number> {
  const temporary = `${file}.part`;
  let bytes = 0;
  try {
    const handle = await open(temporary, 'w', 0o600);
    try {
      for await (const piece of pieces) {
        await handle.writeFile(piece);
        bytes += Buffer.byteLength(piece);
      }
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    return bytes;
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(file, error);
  }
}

async function verify(context: CliContext, text: string, options: VerifyOptions): Promise<void> {
  const fromFile = existsSync(text);
  const connected = fromFile && options.key !== undefined ? undefined : await context.connect(options);
  const keys =
    options.key === undefined
      ? connected && (await fetchRecordingKeys(connected.api))
      : await readKeys(options.key);
  const session = fromFile || !connected ? undefined : await findSessionId(connected.api, text);
  const bytes =
    session === undefined || !connected
      ? createReadStream(text)
      : await fetchRecording(connected.api, session);
  const verification = await checkRecording(bytes, keys ?? [], session);
  if (!verification.ok) {
    const where = verification.at === undefined ? '' : ` at event ${verification.at}`;
    if (options.json) context.stdout.write(`${printableJson(verification, 2)}\n`);
    throw new ClientError(
      'recording_invalid',
      `${text} does not verify${where}: ${verification.reason}`,
      'Do not rely on this recording; keep it and tell whoever is responsible for audits.',
    );
  }
  const { manifest, header, events, kid } = verification;
  const { style, clock } = context;
  context.show(options, verification, () => [
    `${style.good('✓')} The recording is whole and unchanged.`,
    `  ${style.dim('session')}  ${manifest.session}`,
    `  ${style.dim('of')}       ${printable(header.principal.displayName)} on ${header.resource} (${header.profile})`,
    `  ${style.dim('events')}   ${events}, sealed ${clockTime(manifest.sealedAt, clock.now())}${manifest.crashed ? style.warn(' after the gateway had crashed') : ''}, end: ${printable(manifest.endCode.replaceAll('_', ' '))}`,
    `  ${style.dim('chain')}    ${manifest.head}`,
    `  ${style.dim('key')}      ${printable(kid)}${options.key === undefined ? style.dim('  (as the gateway gives it; --key FILE trusts your own copy)') : ''}`,
  ]);
}

const KeyFile = z.union([
  z.object({ keys: z.array(RecordingKey).min(1) }),
  RecordingKey.transform((key) => ({ keys: [key] })),
]);

async function readKeys(file: string): Promise<RecordingKey[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw fileError(file, error);
  }
  try {
    return KeyFile.parse(JSON.parse(text)).keys;
  } catch (error) {
    throw new ClientError(
      'file_unreadable',
      `${file} holds no Ed25519 key as JWK or JWK set`,
      'Save one with: drawbridge recording-keys > recording-keys.json',
      { cause: error },
    );
  }
}

function fileError(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  return new ClientError('file_unreadable', `${file}: ${error.message}`, undefined, { cause: error });
}
