import { z } from 'zod';

/** `block_actions`: somebody pressed a button (docs.slack.dev/reference/interaction-payloads/block_actions-payload). */
const BlockActions = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string() }),
  trigger_id: z.string(),
  response_url: z.string().optional(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })).min(1),
});
export type BlockActions = z.infer<typeof BlockActions>;

/** `view_submission`: somebody sent a modal off (docs.slack.dev/reference/interaction-payloads/view-interactions-payload). */
const ViewSubmission = z.object({
  type: z.literal('view_submission'),
  user: z.object({ id: z.string() }),
  view: z.object({
    callback_id: z.string(),
    private_metadata: z.string(),
    state: z.object({
      values: z.record(z.string(), z.record(z.string(), z.looseObject({ value: z.string().nullish() }))),
    }),
  }),
});
export type ViewSubmission = z.infer<typeof ViewSubmission>;

const Interaction = z.discriminatedUnion('type', [BlockActions, ViewSubmission]);
export type Interaction = z.infer<typeof Interaction>;

/** Reads the form that Slack sends, `payload=<JSON>`; undefined where it is none, or of a kind that is not ours. */
export function readInteraction(body: Buffer): Interaction | undefined {
  const payload = new URLSearchParams(body.toString('utf8')).get('payload');
  if (payload === null) return undefined;
  try {
    const parsed = Interaction.safeParse(JSON.parse(payload));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
