import type { CliContext } from './cli-context.ts';
import { readMoment } from './moment.ts';

/** A time as the API takes it. @throws ClientError `usage` */
export function momentArgument(context: CliContext, text: string): string {
  const moment = readMoment(text, context.clock.now());
  if (moment === undefined)
    throw context.usage(
      `${JSON.stringify(text)} is no time`,
      'Give it like 2h (ago), 02:15, 2026-01-31, "2026-01-31 02:15" or 2026-01-31T14:00:00Z.',
    );
  return moment.toISOString();
}
