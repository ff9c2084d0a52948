import { DrawbridgeError } from '@drawbridge/contract';
import { AccessTokens } from '../access-tokens.ts';
import { ApiClient } from '../api-client.ts';
import { ClientError } from '../client-error.ts';
import { type ClientClock, systemClock } from '../clock.ts';
import { drawbridgeHome, FileTokenStore } from '../file-token-store.ts';
import { gatewayUrl } from '../gateway-url.ts';
import { ClientKeys } from '../ssh/client-keys.ts';
import { printableJson } from './output/printable.ts';
import { createStyle, type Style, wantsColor } from './output/style.ts';
import { packageVersion } from './version.ts';

/** Options that every command takes. */
export interface CommonOptions {
  readonly gateway?: string;
  readonly json?: boolean;
}

export interface Connected {
  readonly gateway: string;
  readonly api: ApiClient;
  readonly tokens: AccessTokens;
}

/** What a command works with: the process's streams and environment, the stored sign-ins, time. */
export class CliContext {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly clock: ClientClock;
  readonly store: FileTokenStore;
  readonly keys: ClientKeys;
  readonly style: Style;
  readonly version: string;
  /** What the process exits with when the command returns; commands that failed throw instead. */
  exitStatus = 0;

  constructor(
    process: Pick<NodeJS.Process, 'env' | 'stdin' | 'stdout' | 'stderr'>,
    clock: ClientClock = systemClock,
  ) {
    this.env = process.env;
    this.stdin = process.stdin;
    this.stdout = process.stdout;
    this.stderr = process.stderr;
    this.clock = clock;
    const home = drawbridgeHome(process.env);
    this.store = new FileTokenStore(home);
    this.keys = new ClientKeys(home);
    this.style = createStyle(wantsColor(process.stdout, process.env));
    this.version = packageVersion();
  }

  /** Columns of the terminal, where there is one. */
  get width(): number | undefined {
    return this.stdout.isTTY ? this.stdout.columns : undefined;
  }

  /** `--gateway`, else `DRAWBRIDGE_GATEWAY`, else the one signed in to at last. */
  async gateway(options: CommonOptions): Promise<string> {
    const named = options.gateway ?? this.env.DRAWBRIDGE_GATEWAY;
    if (named !== undefined && named !== '') return gatewayUrl(named);
    const current = await this.store.currentGateway();
    if (current !== undefined) return current;
    throw new DrawbridgeError('sign_in_required', 'not signed in to any gateway', {
      hint: 'drawbridge login --gateway https://drawbridge.example.com',
    });
  }

  async connect(options: CommonOptions): Promise<Connected> {
    const gateway = await this.gateway(options);
    const tokens = new AccessTokens({ gateway, store: this.store, clock: this.clock });
    return {
      gateway,
      tokens,
      api: new ApiClient({ gateway, tokens, userAgent: `drawbridge-cli/${this.version}` }),
    };
  }

  /** Writes a result: `value` as JSON alone with `--json`, else `lines` for people. */
  show(options: CommonOptions, value: unknown, lines: () => readonly string[]): void {
    if (options.json) this.stdout.write(`${printableJson(value, 2)}\n`);
    else this.print(...lines());
  }

  print(...lines: readonly string[]): void {
    if (lines.length > 0) this.stdout.write(`${lines.join('\n')}\n`);
  }

  /** Something said beside the result; never on stdout. */
  note(...lines: readonly string[]): void {
    if (lines.length > 0) this.stderr.write(`${lines.join('\n')}\n`);
  }

  /** `Next: …`, the command to type. */
  next(command: string): string {
    return `${this.style.dim('Next:')} ${this.style.link(command)}`;
  }

  usage(message: string, hint?: string): ClientError {
    return new ClientError('usage', message, hint);
  }
}
