import type { RecordedColumn, RecordingHeader, TimelineEvent } from '@drawbridge/contract';
import type { CliContext } from '../cli-context.ts';
import { printable, printableLines } from '../output/printable.ts';
import { type Cell, table } from '../output/table.ts';
import { clockTime, offset } from '../output/time.ts';
import { ChannelLines } from './channel-lines.ts';
import { refusalLine } from './refusal-line.ts';

/** A recording's events as lines: statements and commands with what was decided, rows as tables, how they ended. */
export class ReplayView {
  readonly #context: Pick<CliContext, 'style' | 'width' | 'clock'>;
  readonly #rows: number;
  readonly #columns = new Map<number, readonly RecordedColumn[]>();
  readonly #texts = new Map<number, string>();
  readonly #channels: ChannelLines;
  /** Rows of the result that is being read, held until it is whole so that the columns align. */
  #pending: { statement: number; rows: (readonly (string | null)[])[]; count: number } | undefined;

  constructor(context: Pick<CliContext, 'style' | 'width' | 'clock'>, rows: number) {
    this.#context = context;
    this.#rows = rows;
    this.#channels = new ChannelLines(context.style, rows);
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
      case 'review': {
        const by = event.by?.map(({ name }) => name).join(', ');
        const what = event.state === 'pending' ? `held for ${event.groups?.join(', ')}` : event.state;
        return [`${time}  ${style.warn(printable(by ? `${what} by ${by}` : what))}`];
      }
      case 'cancel':
        return [`${time}  ${style.warn('cancelled by the client')}`];
      case 'channel':
      case 'output':
      case 'input':
      case 'resize':
      case 'signal':
      case 'file':
      case 'exit':
        return this.#channels.event(event, time);
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
      ...(refusal === undefined ? [] : [refusalLine(style, refusal, policies)]),
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
