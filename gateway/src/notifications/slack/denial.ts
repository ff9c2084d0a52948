import { z } from 'zod';
import { type Decidable, readDecidable } from './buttons.ts';
import type { ViewSubmission } from './interaction.ts';

/** The modal in which somebody says why they deny (docs.slack.dev/surfaces/modals). */
const CALLBACK = 'drawbridge.denial';
const BLOCK = 'reason';
const FIELD = 'text';
const LONGEST = 2000;

const Metadata = z.strictObject({ id: z.string(), answerTo: z.string().optional() });

/** @param answerTo where the person is told of an error, `response_url` of the button */
export function denialView({ id }: Decidable, answerTo: string | undefined): object {
  const text = (content: string) => ({ type: 'plain_text', text: content });
  return {
    type: 'modal',
    callback_id: CALLBACK,
    private_metadata: JSON.stringify({ id, answerTo }),
    title: text('Deny'),
    submit: text('Deny'),
    close: text('Not now'),
    blocks: [
      {
        type: 'input',
        block_id: BLOCK,
        label: text('Reason'),
        hint: text('The person who asked reads it.'),
        element: {
          type: 'plain_text_input',
          action_id: FIELD,
          multiline: true,
          min_length: 1,
          max_length: LONGEST,
        },
      },
    ],
  };
}

export type Denial =
  | { readonly subject: Decidable; readonly reason: string; readonly answerTo?: string }
  /** What Slack shows at the field (`response_action: errors`). */
  | { readonly errors: Readonly<Record<string, string>> };

/** Undefined where it is none of our modals. */
export function readDenial({ view }: ViewSubmission): Denial | undefined {
  if (view.callback_id !== CALLBACK) return undefined;
  const metadata = Metadata.safeParse(readJson(view.private_metadata));
  const subject = metadata.success ? readDecidable(metadata.data.id) : undefined;
  if (!metadata.success || subject === undefined) return undefined;
  // PostgreSQL keeps neither U+0000 nor half of a character.
  const reason = (view.state.values[BLOCK]?.[FIELD]?.value ?? '').replace(/\0|\p{Surrogate}/gu, '').trim();
  if (reason === '') return { errors: { [BLOCK]: 'Say why: the person who asked reads it.' } };
  if (reason.length > LONGEST) return { errors: { [BLOCK]: `At most ${LONGEST} characters.` } };
  const { answerTo } = metadata.data;
  return { subject, reason, ...(answerTo === undefined ? {} : { answerTo }) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
