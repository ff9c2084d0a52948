import { CommandReviewId, DrawbridgeError, GrantId, RequestId, SessionId } from '@drawbridge/contract';
import type { ApiClient } from '../api-client.ts';
import { matchId, shortId } from './output/short-id.ts';

/** As many as one page of the API holds: what people shorten is recent. */
const PAGE = 500;

type Api = Pick<ApiClient, 'call'>;

function notFound(kind: string, text: string, list: string): DrawbridgeError {
  return new DrawbridgeError('not_found', `no ${kind} that you may see has the id ${text}`, { hint: list });
}

/** A request by its whole or shortened id. */
export async function findRequestId(api: Api, text: string): Promise<RequestId> {
  const whole = RequestId.safeParse(text);
  if (whole.success) return whole.data;
  const { requests } = await api.call('listRequests', { query: { limit: PAGE } });
  const id = matchId(
    text,
    requests.map((request) => request.id),
  );
  if (id === undefined) throw notFound('request', text, 'drawbridge requests');
  return id;
}

/** A held statement or command by its whole or shortened id. */
export async function findCommandReviewId(api: Api, text: string): Promise<CommandReviewId> {
  const whole = CommandReviewId.safeParse(text);
  if (whole.success) return whole.data;
  const { reviews } = await api.call('listCommandReviews', { query: { limit: PAGE } });
  const id = matchId(
    text,
    reviews.map((review) => review.id),
  );
  if (id === undefined) throw notFound('held statement or command', text, 'drawbridge reviews');
  return id;
}

/** What can be approved or denied, by its whole or shortened id: a request, or what is held. */
export async function findReviewed(
  api: Api,
  text: string,
): Promise<{ readonly request: RequestId } | { readonly command: CommandReviewId }> {
  if (text.startsWith('cmd_')) return { command: await findCommandReviewId(api, text) };
  if (text.startsWith('req_')) return { request: await findRequestId(api, text) };
  const [{ requests }, { reviews }] = await Promise.all([
    api.call('listRequests', { query: { limit: PAGE } }),
    api.call('listCommandReviews', { query: { limit: PAGE } }),
  ]);
  const id = matchId(
    text,
    [...requests, ...reviews].map((each): string => each.id),
  );
  const request = requests.find((each) => each.id === id);
  const command = reviews.find((each) => each.id === id);
  if (request) return { request: request.id };
  if (command) return { command: command.id };
  throw notFound('request, statement or command', text, 'drawbridge reviews');
}

/** A grant by its whole or shortened id, or, for the caller's own, by the name of its resource where there is one usable. */
export async function findGrantId(api: Api, text: string): Promise<GrantId> {
  const whole = GrantId.safeParse(text);
  if (whole.success) return whole.data;
  const own = await api.call('listGrants', { query: { limit: PAGE, scope: 'own' } });
  const named = own.grants.filter(
    (grant) => grant.resource === text && (grant.state === 'active' || grant.state === 'approved'),
  );
  if (named.length > 1) {
    throw new DrawbridgeError('invalid_request', `you have ${named.length} usable grants for ${text}`, {
      hint: `Name one: ${named.map(({ id }) => shortId(id)).join(', ')}`,
    });
  }
  const mine =
    named[0]?.id ??
    matchId(
      text,
      own.grants.map((grant) => grant.id),
    );
  if (mine !== undefined) return mine;
  const { grants } = await api.call('listGrants', { query: { limit: PAGE, scope: 'all' } });
  const id = matchId(
    text,
    grants.map((grant) => grant.id),
  );
  if (id === undefined) throw notFound('grant', text, 'drawbridge grants --everybody');
  return id;
}

/** A session by its whole or shortened id; `last` is the newest that the caller may see. */
export async function findSessionId(api: Api, text: string): Promise<SessionId> {
  const whole = SessionId.safeParse(text);
  if (whole.success) return whole.data;
  const { sessions } = await api.call('listSessions', { query: { limit: PAGE } });
  const id =
    text === 'last'
      ? sessions
          .map((session) => session.id)
          .sort()
          .at(-1)
      : matchId(
          text,
          sessions.map((session) => session.id),
        );
  if (id === undefined && text === 'last')
    throw new DrawbridgeError('not_found', 'there is no session that you may see');
  if (id === undefined) throw notFound('session', text, 'drawbridge sessions');
  return id;
}
