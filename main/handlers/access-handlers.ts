import type { Gateways } from '../gateway/gateways.ts';
import type { Handlers } from '../ipc/serve.ts';

type AccessOperations =
  | 'requests.create'
  | 'requests.cancel'
  | 'requests.review'
  | 'grants.end'
  | 'commands.vote'
  | 'commands.withdraw'
  | 'commands.breakGlass'
  | 'sessions.list'
  | 'audit.list';

/** Asking for access, reviewing requests and held statements, ending: calls of the gateway's API, their result taken over at once. */
export function accessHandlers(gateways: Pick<Gateways, 'active'>): Pick<Handlers, AccessOperations> {
  return {
    'requests.create': async (body) => {
      const gateway = gateways.active();
      const request = await gateway.run((api) => api.call('createRequest', { body }));
      gateway.take({ request });
      return request;
    },
    'requests.cancel': async ({ id }) => {
      const gateway = gateways.active();
      const request = await gateway.run((api) => api.call('cancelRequest', { params: { id } }));
      gateway.take({ request });
      return request;
    },
    'requests.review': async ({ id, review }) => {
      const gateway = gateways.active();
      const request = await gateway.run((api) => api.call('createReview', { params: { id }, body: review }));
      gateway.take({ request });
      return request;
    },
    'grants.end': async ({ id, reason }) => {
      const gateway = gateways.active();
      const body = reason === undefined ? {} : { reason };
      const grant = await gateway.run((api) => api.call('revokeGrant', { params: { id }, body }));
      gateway.take({ grant });
      return grant;
    },
    'commands.vote': async ({ id, vote }) => {
      const gateway = gateways.active();
      const review = await gateway.run((api) => api.call('voteOnCommand', { params: { id }, body: vote }));
      gateway.take({ review });
      return review;
    },
    'commands.withdraw': async ({ id }) => {
      const gateway = gateways.active();
      const review = await gateway.run((api) => api.call('withdrawCommand', { params: { id } }));
      gateway.take({ review });
      return review;
    },
    'commands.breakGlass': async ({ id, reason }) => {
      const gateway = gateways.active();
      const review = await gateway.run((api) => api.call('breakGlass', { params: { id }, body: { reason } }));
      gateway.take({ review });
      return review;
    },
    'sessions.list': (query) => gateways.active().run((api) => api.call('listSessions', { query })),
    'audit.list': ({ subject }) =>
      gateways.active().run((api) => api.call('listAudit', { query: { subject } })),
  };
}
