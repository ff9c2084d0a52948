import { CommandReviewId, DrawbridgeError, RequestId } from '@drawbridge/contract';
import type { FastifyInstance } from 'fastify';
import { contentSecurityPolicy, escapeHtml, page, paragraph } from '../identity/page.ts';

/**
 * `/open/<id>`: leads from where only web addresses can be linked to (Slack's buttons) into the desktop app. It shows
 * nothing but the id that it was asked for, so it is open to everybody.
 */
export function addOpenPage(server: FastifyInstance): void {
  server.get<{ Params: { id: string } }>('/open/:id', async (request, reply) => {
    const link = linkTo(request.params.id);
    if (link === undefined)
      throw new DrawbridgeError('not_found', 'this link names no request and no held statement');
    const body = [
      paragraph('The Drawbridge app shows it, and lets you decide.'),
      `<p><a class="button" href="${escapeHtml(link.app)}">Open Drawbridge</a></p>`,
      paragraph('Without the app:'),
      `<p><code>${escapeHtml(link.command)}</code></p>`,
    ].join('');
    // Written past the hooks, whose policy is for what is no page.
    reply.hijack();
    reply.raw
      .writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': contentSecurityPolicy(),
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      })
      .end(page('Open in Drawbridge', body));
  });
}

function linkTo(id: string): { app: string; command: string } | undefined {
  if (RequestId.safeParse(id).success)
    return { app: `drawbridge://approval/${id}`, command: `drawbridge approve ${id}` };
  if (CommandReviewId.safeParse(id).success)
    return { app: `drawbridge://review/${id}`, command: `drawbridge approve ${id}` };
  return undefined;
}
