import type { TimelineEvent } from '@drawbridge/contract';
import { byteCount } from '../output/bytes.ts';
import { printable, printableLines } from '../output/printable.ts';
import type { Style } from '../output/style.ts';
import { refusalLine } from './refusal-line.ts';

type Event<T extends TimelineEvent['type']> = Extract<TimelineEvent, { type: T }>;
type ChannelEvent = Event<'channel' | 'output' | 'input' | 'resize' | 'signal' | 'file' | 'exit'>;

/** What is followed of an open channel. */
interface Channel {
  /** Lines of output are shown of commands; what a terminal shows is no lines. */
  readonly plain: boolean;
  /** What has come of each stream's last line. */
  readonly output: { stdout: string; stderr: string };
  shown: number;
  hidden: number;
  /** What has come of the line that is typed. */
  typed: string;
  /** Bytes typed into this line, and before it, that were not echoed so far. */
  readonly unseen: { line: number; before: number };
}

const INDENT = ' '.repeat(11);

/** File operations that say nothing beside the others around them. */
const QUIET: ReadonlySet<string> = new Set(['close', 'stat', 'real-path', 'read-link']);

/** Channels of a session as lines: shells and what was typed, commands and what they said, files, exits. */
export class ChannelLines {
  readonly #style: Style;
  readonly #rows: number;
  readonly #channels = new Map<number, Channel>();

  /** @param rows at most so many lines of each command's output */
  constructor(style: Style, rows: number) {
    this.#style = style;
    this.#rows = rows;
  }

  /** @param time as it stands before a line */
  event(event: ChannelEvent, time: string): string[] {
    const style = this.#style;
    const head = `${time}  ${style.dim(`#${event.channel}`)}`;
    switch (event.type) {
      case 'channel':
        this.#channels.set(event.channel, {
          plain: event.kind === 'exec' && event.terminal === undefined,
          output: { stdout: '', stderr: '' },
          shown: 0,
          hidden: 0,
          typed: '',
          unseen: { line: 0, before: 0 },
        });
        return [...this.#opened(head, event), ...this.#refused(event)];
      case 'output':
        return this.#output(event);
      case 'input':
        return this.#input(event);
      case 'resize':
        return [];
      case 'signal':
        return [`${head} ${style.dim('signal')} ${printable(event.signal)}`];
      case 'file':
        return event.decision === 'allow' && QUIET.has(event.operation)
          ? []
          : [`${head} ${this.#file(event)}`, ...this.#refused(event)];
      case 'exit':
        return [...this.#rest(event.channel), `${head} ${this.#exit(event)}`, ''];
      default:
        return event satisfies never;
    }
  }

  #opened(head: string, event: Event<'channel'>): string[] {
    const { bold, dim } = this.#style;
    const { terminal, command, destination } = event;
    const size =
      terminal === undefined || terminal.columns === 0
        ? ''
        : dim(`  ${printable(terminal.term)} ${terminal.columns}×${terminal.rows}`.replace(/ +/g, ' '));
    if (command !== undefined) {
      const [first = '', ...more] = printableLines(command.trim());
      return [`${head} $ ${bold(first)}${size}`, ...more.map((line) => `${INDENT}${bold(line)}`)];
    }
    if (destination !== undefined)
      return [
        `${head} ${event.kind} ${event.direction === 'in' ? 'from' : 'to'} ${bold(`${printable(destination.host)}:${destination.port}`)}`,
      ];
    return [`${head} ${bold(event.kind)}${size}`];
  }

  #refused({ decision, reason, policies }: Event<'channel' | 'file'>): string[] {
    return decision === 'allow' ? [] : [refusalLine(this.#style, reason, policies)];
  }

  #output({ channel: number, stream, data = '' }: Event<'output'>): string[] {
    const channel = this.#channels.get(number);
    if (!channel?.plain) return [];
    const lines = (channel.output[stream] + data).split('\n');
    channel.output[stream] = lines.pop() ?? '';
    return this.#show(channel, lines, stream);
  }

  #show(channel: Channel, lines: readonly string[], stream: 'stdout' | 'stderr'): string[] {
    const shown = lines.slice(0, Math.max(0, this.#rows - channel.shown));
    channel.shown += shown.length;
    channel.hidden += lines.length - shown.length;
    const paint = stream === 'stderr' ? this.#style.warn : (text: string) => text;
    return shown.map((line) => `${INDENT}${paint(printableLines(line.replace(/\r$/, '')).join(''))}`);
  }

  /**
   * Lines as they were typed: a shell's own editing of them is in its output. The echo of a line may come after its
   * end, so that what was never shown is told a line later.
   */
  #input({ channel: number, withheld, echoed, data = '' }: Event<'input'>): string[] {
    const channel = this.#channels.get(number);
    if (channel === undefined || channel.plain) return [];
    const { unseen } = channel;
    if (withheld !== undefined) {
      unseen.line += withheld;
      return [];
    }
    if (echoed) {
      const bytes = Buffer.byteLength(data);
      const late = Math.min(bytes, unseen.before);
      unseen.before -= late;
      unseen.line = Math.max(0, unseen.line - (bytes - late));
    }
    const lines = (channel.typed + data).split(/\r\n|\r|\n/);
    channel.typed = lines.pop() ?? '';
    if (lines.length === 0) return [];
    const hidden = unseen.before;
    unseen.before = unseen.line;
    unseen.line = 0;
    return [...this.#hidden(hidden), ...lines.flatMap((line) => this.#typed(line))];
  }

  #typed(line: string): string[] {
    return line === '' ? [] : [`${INDENT}${this.#style.dim('typed')} ${printable(line)}`];
  }

  #hidden(bytes: number): string[] {
    return bytes === 0
      ? []
      : [`${INDENT}${this.#style.dim(`typed ${byteCount(bytes)} that were not shown, and are not kept`)}`];
  }

  #rest(number: number): string[] {
    const channel = this.#channels.get(number);
    this.#channels.delete(number);
    if (channel === undefined) return [];
    const { dim } = this.#style;
    const { stdout, stderr } = channel.output;
    return [
      ...(stdout === '' ? [] : this.#show(channel, [stdout], 'stdout')),
      ...(stderr === '' ? [] : this.#show(channel, [stderr], 'stderr')),
      ...this.#typed(channel.typed),
      ...this.#hidden(channel.unseen.before + channel.unseen.line),
      ...(channel.hidden === 0
        ? []
        : [`${INDENT}${dim(`… and ${channel.hidden} more line${channel.hidden === 1 ? '' : 's'}`)}`]),
    ];
  }

  #file({ operation, path, to, bytes }: Event<'file'>): string {
    const { bold, dim } = this.#style;
    return [
      operation.replaceAll('-', ' '),
      bold(printable(path)),
      ...(to === undefined ? [] : ['to', bold(printable(to))]),
      ...(bytes === undefined ? [] : [dim(`(${byteCount(bytes)})`)]),
    ].join(' ');
  }

  #exit({ code, signal, bytesIn, bytesOut }: Event<'exit'>): string {
    const { good, bad, dim } = this.#style;
    const bytes = dim(`${byteCount(bytesIn)} in, ${byteCount(bytesOut)} out`);
    if (signal !== undefined) return `${bad(`✗ ended by signal ${printable(signal)}`)}, ${bytes}`;
    if (code === undefined) return `${dim('closed')}, ${bytes}`;
    return `${code === 0 ? good('✓ exit 0') : bad(`✗ exit ${code}`)}, ${bytes}`;
  }
}
