import type { ClientChannel as SshChannel } from 'ssh2';
import { createTextMasker } from '../../../masking/text/text-masker.ts';
import type { Action, Answer, Needs } from '../../../policy/decision.ts';
import { type RecordingEntry, RecordingFailed } from '../../../recording/recorder.ts';
import type { Asked, Held } from '../../../sessions/session.ts';
import { analyzeCommand } from '../command/analyze-command.ts';
import { ClientChannel, type Exit } from '../server/client-channel.ts';
import type { WireChannel } from '../server/ssh2-wire.ts';
import { TypedInput } from '../typing/typed-input.ts';
import type { ChannelContext, Running } from './channel-context.ts';
import { channelEvent } from './channel-event.ts';
import { HeldCommand, heldWords } from './held-command.ts';
import { InputPump } from './input-pump.ts';
import { type OutputName, OutputPump } from './output-pump.ts';
import type { Terminal, WindowSize } from './terminal.ts';

/** What a client wants to run. */
export interface Order {
  readonly kind: 'shell' | 'exec';
  /** Of `exec`. */
  readonly command?: string;
  readonly terminal: Terminal | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** Exit status of what was not allowed: "cannot execute" of POSIX shells. */
const REFUSED = 126;
/** Exit status of what was interrupted before it began: 128 and SIGINT, as shells have it. */
const INTERRUPTED = 130;
/** Exit status of what failed for the connection; `ssh` itself uses it so. */
export const FAILED = 255;

const SHELL: Action = { name: 'ssh.shell', context: { command: '', program: '', arguments: [] } };
/** What ssh2 puts where a command is not UTF-8: what the target would run is not what was asked for. */
const REPLACEMENT = '\uFFFD';
const NOT_TEXT: Answer = {
  verdict: 'deny',
  reason: "the command isn't valid UTF-8, so it can't be checked",
  policies: [],
};

const WITHDRAWN = { verdict: 'deny', reason: 'interrupted; its review is withdrawn', policies: [] } as const;

/** Signals of RFC 4254 section 6.10, and those of their own that OpenSSH takes. */
const SIGNAL_NAME = /^[A-Z0-9]+(@[a-z.]+)?$/;

/** Of ssh2's `exit`: a status, or null and a signal. */
type ExitArguments = [code: number | null, signal?: string, coreDumped?: boolean, message?: string];

/** A shell or a command in one channel: decided, recorded, and relayed until it ends. */
export class CommandRelay implements Running {
  readonly #context: ChannelContext;
  readonly #order: Order;
  readonly #number: number;
  readonly #client: ClientChannel;
  readonly #ended: () => void;
  #target: WireChannel | undefined;
  #output: OutputPump | undefined;
  #input: InputPump | undefined;
  /** Set while people decide whether it may run. */
  #wait: HeldCommand | undefined;
  /** Whether its beginning is recorded. */
  #announced = false;
  #interrupted = false;
  /** How large the window is, where it changed before anything ran. */
  #size: WindowSize | undefined;
  #targetClosed = false;
  #drained = false;
  #over = false;
  #exit: Exit | undefined;

  /** @param stream the client's channel, accepted already: what comes before the target is ready waits in it. */
  constructor(stream: WireChannel, order: Order, context: ChannelContext) {
    this.#context = context;
    this.#order = order;
    this.#number = context.nextChannel();
    this.#client = new ClientChannel(stream, context.client, {
      room: () => context.guard(() => this.#output?.advance()),
      close: () => context.guard(() => this.#onClientClose()),
    });
    this.#ended = context.runs(this);
  }

  /** Never rejects. */
  async start(): Promise<void> {
    const { session } = this.#context;
    const { kind, command = '', terminal } = this.#order;
    try {
      const isText = !command.includes(REPLACEMENT);
      const actions = kind === 'shell' ? [SHELL] : isText ? await analyzeCommand(command) : [];
      if (this.#over) return;
      const answer = isText ? await this.#decide(actions) : NOT_TEXT;
      if (this.#over || this.#context.signal.aborted) return;
      const seen = terminal && { ...terminal, ...this.#size };
      const about = { channel: this.#number, kind, command: this.#order.command, terminal: seen };
      session.record([channelEvent(about, actions, answer)]);
      session.used(actions, answer);
      this.#announced = true;
      if (answer.verdict === 'deny') this.#giveUp(answer.reason, this.#interrupted ? INTERRUPTED : REFUSED);
      else this.#open();
    } catch (error) {
      this.#context.fail(error);
    }
  }

  #decide(actions: readonly Action[]): Answer | Promise<Answer> {
    const decision = this.#context.session.decide(actions);
    return decision.verdict === 'needs' ? this.#hold(actions, decision) : decision;
  }

  /** Has people decide, and tells the client that it waits for them. */
  async #hold(actions: readonly Action[], needs: Needs): Promise<Answer> {
    const { session, client, signal, guard } = this.#context;
    const { kind, command = '', terminal, environment } = this.#order;
    const wait = new HeldCommand(this.#client.stream, client, signal, terminal !== undefined);
    this.#wait = wait;
    const held: Held = {
      kind: 'command',
      text: kind === 'shell' ? 'a shell' : command,
      exact: JSON.stringify([kind, command, terminal?.term ?? null, environment]),
    };
    const asked = (review: Asked) =>
      guard(() => {
        if (!this.#over) this.#say(heldWords(review), 'stderr');
      });
    try {
      const answer = await session.hold(actions, needs, held, { signal: wait.signal, asked });
      if (!wait.signal.aborted) return answer;
      this.#interrupted = true;
      return { ...WITHDRAWN, ...(answer.review !== undefined && { review: answer.review }) };
    } finally {
      wait.end();
      this.#wait = undefined;
    }
  }

  resize(size: WindowSize): void {
    if (this.#target === undefined || this.#over) {
      this.#size = size;
      return;
    }
    const { cols: columns, rows } = size;
    this.#record({ event: { type: 'resize', channel: this.#number, columns, rows } });
    this.#context.targetLink.resize(this.#target, size);
  }

  /** @param name without `SIG`. */
  signal(name: string): void {
    this.#wait?.withdraw();
    if (this.#target === undefined || this.#over || !SIGNAL_NAME.test(name)) return;
    this.#record({ event: { type: 'signal', channel: this.#number, signal: name } });
    this.#context.targetLink.signal(this.#target, name);
  }

  end(message: string): void {
    if (this.#over) return;
    this.#wait?.withdraw();
    const terminal = this.#order.terminal !== undefined;
    this.#output?.stop();
    // What has a terminal ends with it; the rest would go on at the target without anybody to see it.
    if (!terminal && this.#target !== undefined) this.#context.targetLink.signal(this.#target, 'HUP');
    try {
      this.#say(message, terminal ? 'stdout' : 'stderr');
      this.#close({ code: FAILED });
    } catch (error) {
      // Where nothing can be recorded any more, nothing more is said in the channel: the end of the connection has it.
      if (!(error instanceof RecordingFailed)) throw error;
      this.#over = true;
      this.#client.close({ code: FAILED });
      this.#target?.close();
      this.#ended();
    }
  }

  #open(): void {
    const { target, guard, session } = this.#context;
    const { kind, command = '', terminal, environment } = this.#order;
    const opened = (error: Error | undefined, channel: SshChannel) =>
      guard(() => {
        if (error === undefined) this.#relay(channel as unknown as WireChannel);
        else this.#giveUp(`${session.resource.name} did not start it: ${error.message}`, FAILED);
      });
    const pty = terminal && { ...terminal, ...this.#size, modes: terminal.modes as never };
    if (kind === 'shell') target.shell(pty ?? false, { env: { ...environment } }, opened);
    else target.exec(command, { env: { ...environment }, ...(pty && { pty }) }, opened);
  }

  #relay(target: WireChannel): void {
    const { clock, guard, maskingKey, session, targetLink } = this.#context;
    const [client, channel] = [this.#client, this.#number];
    target.on('error', () => undefined);
    target.stderr.on('error', () => undefined);
    if (this.#over) {
      target.close();
      return;
    }
    const terminal = this.#order.terminal !== undefined;
    const typed = terminal ? new TypedInput(channel) : undefined;
    const masker = () => createTextMasker(session.rules.text, maskingKey, { terminal });
    const output = new OutputPump({
      ...{ session, channel, clock, client, typed, guard },
      maskers: { stdout: masker(), stderr: masker() },
      acknowledge: (bytes) => targetLink.acknowledge(target, bytes),
      onDrained: () => {
        this.#drained = true;
        // Where the target's connection broke, the client is still to be told.
        if (!this.#isCutOff()) client.eof();
        this.#settle();
      },
    });
    this.#target = target;
    this.#output = output;
    target.on('exit', (...exit: ExitArguments) => {
      this.#exit = readExit(exit);
    });
    target.once('end', () => guard(() => output.end()));
    target.once('close', () =>
      guard(() => {
        this.#targetClosed = true;
        output.end();
        this.#settle();
      }),
    );
    targetLink.receive(target, (data, name) => guard(() => output.push(data, name)));
    this.#input = new InputPump({ session, channel, from: client.stream, to: target, typed, guard });
  }

  /** The client hears and says nothing more; how it ended can still be told. */
  #onClientClose(): void {
    if (this.#over) return;
    const [target, input] = [this.#target, this.#input];
    if (target === undefined || input === undefined) {
      this.#wait?.withdraw();
      this.#close();
      return;
    }
    this.#output?.stop();
    this.#drained = true;
    input.whenDone(() => target.close());
    this.#settle();
  }

  #settle(): void {
    if (this.#over || !this.#drained || !this.#targetClosed) return;
    if (this.#isCutOff())
      this.#giveUp(`${this.#context.session.resource.name} closed the connection`, FAILED);
    else this.#close(this.#exit);
  }

  #isCutOff(): boolean {
    return this.#exit === undefined && this.#context.targetLost();
  }

  /** What was to run did not, or not to its end. */
  #giveUp(reason: string, code: number): void {
    if (this.#over) return;
    this.#say(reason, 'stderr');
    this.#close({ code });
  }

  #say(text: string, to: OutputName): void {
    const [before, after] = this.#order.terminal === undefined ? ['', '\n'] : ['\r', '\r\n'];
    const bytes = Buffer.from(`${before}drawbridge: ${text}${after}`);
    if (this.#announced)
      this.#record({ event: { type: 'output', channel: this.#number, stream: to }, payload: bytes });
    this.#client.send(bytes, to);
  }

  #close(exit?: Exit): void {
    this.#over = true;
    this.#output?.stop();
    this.#input?.stop();
    const bytesIn = this.#input?.bytes ?? 0;
    const { bytesOut } = this.#client;
    if (this.#announced)
      this.#record({
        event: { type: 'exit', channel: this.#number, ...exitFields(exit), bytesIn, bytesOut },
      });
    this.#client.close(exit);
    this.#target?.close();
    this.#ended();
  }

  #record(entry: RecordingEntry): void {
    this.#context.session.record([entry]);
  }
}

function readExit([code, signal = '', coreDumped = false, message = '']: ExitArguments): Exit {
  return code === null ? { signal: signal.replace(/^SIG/, ''), coreDumped, message } : { code };
}

function exitFields(exit: Exit | undefined): { code?: number; signal?: string } {
  if (exit === undefined) return {};
  return 'code' in exit ? { code: exit.code } : { signal: exit.signal };
}
