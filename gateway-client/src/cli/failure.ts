import { DrawbridgeError } from '@drawbridge/contract';
import { CommanderError } from 'commander';
import { ClientError } from '../client-error.ts';
import { printable, printableJson } from './output/printable.ts';
import { createStyle, wantsColor } from './output/style.ts';

export const EXIT = { failed: 1, usage: 2, accessNeeded: 3, signIn: 4, interrupted: 130 } as const;

const statuses: Readonly<Record<string, number>> = {
  usage: EXIT.usage,
  invalid_gateway_url: EXIT.usage,
  access_needed: EXIT.accessNeeded,
  grant_expired: EXIT.accessNeeded,
  request_not_approved: EXIT.accessNeeded,
  sign_in_required: EXIT.signIn,
  signed_out: EXIT.signIn,
  token_expired: EXIT.signIn,
  token_invalid: EXIT.signIn,
  state_unsafe: EXIT.signIn,
};

/** What a person is told about an error, and what scripts read from it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly id?: string | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly issues?: readonly { readonly path: string; readonly message: string }[] | undefined;
  readonly status: number;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof DrawbridgeError) {
    return {
      code: error.code,
      message: error.message,
      ...error.details,
      status: statuses[error.code] ?? EXIT.failed,
    };
  }
  if (error instanceof ClientError) {
    return {
      code: error.code,
      message: error.message,
      hint: error.hint,
      status: statuses[error.code] ?? EXIT.failed,
    };
  }
  if (error instanceof CommanderError) {
    return {
      code: 'usage',
      message: error.message.replace(/^error: /, ''),
      hint: 'drawbridge --help',
      status: EXIT.usage,
    };
  }
  return {
    code: 'internal',
    message: error instanceof Error ? error.message : String(error),
    hint: 'Please report this as a bug.',
    status: EXIT.failed,
  };
}

/** `drawbridge: code: message`, details below it; one JSON object with `json`. Goes to stderr. */
export function describeFailure(
  { status: _status, ...failure }: Failure,
  json: boolean,
  stderr: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv,
): string {
  if (json) return `${printableJson({ error: failure })}\n`;
  const style = createStyle(wantsColor(stderr, env));
  const lines = [
    `${style.bad('drawbridge:')} ${style.bold(`${failure.code}:`)} ${printable(failure.message)}`,
  ];
  for (const { path, message } of failure.issues ?? []) {
    // Of a single problem the message may have said all there is.
    if (failure.message.includes(`${path}: ${message}`)) continue;
    lines.push(`  ${path === '' ? '' : `${printable(path)}: `}${printable(message)}`);
  }
  if (failure.id !== undefined && !failure.message.includes(failure.id))
    lines.push(`  ${style.dim('it is')} ${printable(failure.id)}`);
  if (failure.policies && failure.policies.length > 0)
    lines.push(`  ${style.dim('decided by')} ${failure.policies.map(printable).join(', ')}`);
  if (failure.hint !== undefined) lines.push(`  ${style.dim('→')} ${printable(failure.hint)}`);
  return `${lines.join('\n')}\n`;
}
