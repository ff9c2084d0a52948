import {
  type RecordedColumn,
  type RecordingHeader,
  recordingTimeline,
  type TimelineEvent,
} from '@drawbridge/contract';
import type { Command } from 'commander';
import { fetchRecording, recordingParts } from '../../recording.ts';
import { addCommand, countArgument, factorArgument } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { findSessionId } from '../find-by-id.ts';
import { interruptible } from '../interrupt.ts';
import { printable, printableJson, printableLines } from '../output/printable.ts';
import { type Cell, table } from '../output/table.ts';
import { clockTime, offset } from '../output/time.ts';

interface ReplayOptions extends CommonOptions {
  readonly rows: number;
  readonly speed?: number;
}

export function registerReplay(program: Command, context: CliContext): void {
  addCommand(program, 'replay <session>', 'Show what was done in a session, and what was seen', [
    'drawbridge replay ses_9f3a1c2b',
    'drawbridge replay last --rows 50',
    'drawbridge replay last --speed 8   # at eight times the pace it happened',
  ])
    .option('--rows <count>', 'at most so many rows of each result', countArgument, 10)
    .option(
      '--speed <factor>',
      'take the time it took, divided by this (default: no waiting)',
      factorArgument,
    )
    .action((text: string, options: ReplayOptions) => replay(context, text, options));
}

async function replay(context: CliContext, text: string, options: ReplayOptions): Promise<void> {
  const { api } = await context.connect(options);
  const interrupt = interruptible();
  try {
    const id = await findSessionId(api, text);
    const view = new ReplayView(context, options.rows);
    let at = 0;
    let sealed = false;
    for await (const entry of recordingTimeline(
      recordingParts(await fetchRecording(api, id, interrupt.signal)),
    )) {
      if (entry.kind === 'manifest') sealed = true;
      if (options.json) {
        // The same lines as `export --format ndjson`.
        const line =
          entry.kind === 'event'
            ? entry.event
            : entry.kind === 'header'
              ? { type: 'header', ...entry.header }
              : { type: 'manifest', jws: entry.jws };
        context.stdout.write(`${printableJson(line)}\n`);
        continue;
      }
      if (entry.kind === 'header') context.print(...view.header(entry.header));
      if (entry.kind !== 'event') continue;
      if (options.speed !== undefined && entry.event.at > at)
        await context.clock.sleep((entry.event.at - at) / options.speed, interrupt.signal);
      at = entry.event.at;
      context.print(...view.event(entry.event));
    }
    if (!options.json)
      context.print(
        ...view.end(),
        '',
        sealed
          ? context.next(`drawbridge verify ${id}`)
          : context.style.warn('The session is still open; its recording goes on.'),
      );
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    interrupt.dispose();
  }
}

/** A recording's events as lines: statements with what was decided, their rows as tables, how they ended. */
class ReplayView {
  readonly #context: Pick<CliContext, 'style' | 'width' | 'clock'>;
  readonly #rows: number;
  readonly #columns = new Map<number, readonly RecordedColumn[]>();
  readonly #texts = new Map<number, string>();
  /** Rows of the result that is being read, held until it is whole so that the columns align. */
  #pending: { statement: number; rows: (readonly (string | null)[])[]; count: number } | undefined;

  constructor(context: Pick<CliContext, 'style' | 'width' | 'clock'>, rows: number) {
    this.#context = context;
    this.#rows = rows;
  }

  header(header: RecordingHeader): string[] {
    const { style, clock } = this.#context;
    const approved =
      header.approvedBy.length > 0
        ? `approved by ${header.approvedBy.map(({ displayName }) => printable(displayName)).join(', ')}`
        : 'granted by policy';
    return [
      `${style.bold(`${printable(header.principal.displayName)} on ${header.resource} (${header.profile})`)}  ${style.dim(clockTime(header.startedAt, clock.now()))}`,
      `  ${style.dim('reason')}   ${printable(header.reason)}, ${approved}`,
      `  ${style.dim('session')}  ${header.session}${header.clientAddress === undefined ? '' : ` from ${printable(header.clientAddress)}`}`,
      '',
    ];
  }

  event(event: TimelineEvent): string[] {
    if (event.type === 'rows') {
      if (this.#pending?.statement !== event.statement) {
        const before = this.#flush();
        this.#hold(event.statement, event.values ?? [], event.count);
        return before;
      }
      this.#hold(event.statement, event.values ?? [], event.count);
      return [];
    }
    return [...this.#flush(), ...this.#line(event)];
  }

  end(): string[] {
    return this.#flush();
  }

  #line(event: Exclude<TimelineEvent, { type: 'rows' }>): string[] {
    const { style } = this.#context;
    const time = style.dim(offset(event.at));
    switch (event.type) {
      case 'client':
        return [
          `${time}  ${style.dim(`connected${event.name === undefined ? '' : ` with ${printable(event.name)}`}`)}`,
        ];
      case 'statement':
        this.#texts.set(event.statement, event.text);
        return this.#statement(
          time,
          event.text,
          event.mode === 'prepare',
          event.decision === 'deny' ? (event.reason ?? 'refused by policy') : undefined,
          event.policies,
        );
      case 'execute': {
        const parameters = event.parameters.map(
          (value, i) =>
            `$${i + 1} = ${value === null ? style.dim('NULL') : printable(JSON.stringify(value))}`,
        );
        const first = printableLines(this.#texts.get(event.statement) ?? '')[0] ?? '';
        return [
          `${time}  ${style.dim('run')} ${style.bold(first.slice(0, 100))}`,
          ...(parameters.length > 0 ? [`           ${style.dim('with')} ${parameters.join(', ')}`] : []),
        ];
      }
      case 'columns':
        this.#columns.set(event.statement, event.columns);
        return [];
      case 'copy':
        return [
          `           ${style.dim(event.direction === 'in' ? 'sent' : 'got')} ${printableLines(event.data ?? '')[0]?.slice(0, 100) ?? ''}`,
        ];
      case 'result':
        if (event.error)
          return [
            `           ${style.bad(`${printable(event.error.severity)} ${printable(event.error.code)}: ${printable(event.error.message)}`)}`,
            '',
          ];
        return [`           ${style.good('✓')} ${style.dim(printable(event.tag ?? event.status))}`, ''];
      case 'message':
        return [`           ${style.dim(event.kind)} ${printable(event.text)}`];
      case 'cancel':
        return [`${time}  ${style.warn('cancelled by the client')}`];
      case 'end':
        return [`${time}  ${style.dim(`ended: ${printable(event.reason || event.code)}`)}`];
      default:
        event satisfies never;
        return [];
    }
  }

  #statement(
    time: string,
    text: string,
    prepared: boolean,
    refusal: string | undefined,
    policies: readonly string[] | undefined,
  ): string[] {
    const { style } = this.#context;
    const lines = printableLines(text.trim());
    return [
      ...lines.map(
        (line, i) =>
          `${i === 0 ? time : ' '.repeat(9)}  ${i === 0 && prepared ? style.dim('prepare ') : ''}${style.bold(line)}`,
      ),
      ...(refusal === undefined
        ? []
        : [
            `           ${style.bad('✗ refused:')} ${printable(refusal)}${policies && policies.length > 0 ? style.dim(` (${policies.map(printable).join(', ')})`) : ''}`,
          ]),
    ];
  }

  #hold(statement: number, values: readonly (readonly (string | null)[])[], count: number): void {
    this.#pending ??= { statement, rows: [], count: 0 };
    this.#pending.rows.push(...values.slice(0, Math.max(0, this.#rows - this.#pending.rows.length)));
    this.#pending.count += count;
  }

  #flush(): string[] {
    const pending = this.#pending;
    this.#pending = undefined;
    if (!pending) return [];
    const { style, width } = this.#context;
    const columns = this.#columns.get(pending.statement) ?? [];
    const shown = pending.rows.map((row) =>
      row.map((value, i): Cell => {
        const masked = columns[i]?.masked !== undefined;
        if (value === null) return { text: 'NULL', paint: style.dim };
        return { text: printable(value), ...(masked ? { paint: style.masked } : {}) };
      }),
    );
    // A mark beside the colour: what is masked must show without one too.
    const titles = columns.map(({ name, masked }) => ({
      title: `${printable(name)}${masked ? ' ▒' : ''}`,
      shrinkTo: 6,
    }));
    const rest = pending.count - pending.rows.length;
    const maskedNames = columns.flatMap(({ masked }) =>
      masked ? [`${printable(masked.column)} ${masked.mask}`] : [],
    );
    return [
      ...(this.#rows === 0 ? [] : table(titles, shown, { width, indent: ' '.repeat(11), header: style.dim })),
      ...(rest > 0 ? [`           ${style.dim(`… and ${rest} more row${rest === 1 ? '' : 's'}`)}`] : []),
      ...(maskedNames.length > 0
        ? [`           ${style.masked('▒')} ${style.dim(`masked: ${[...new Set(maskedNames)].join(', ')}`)}`]
        : []),
    ];
  }
}
