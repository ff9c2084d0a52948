import type { Gateways } from '../gateway/gateways.ts';
import type { Handlers } from '../ipc/serve.ts';

/** Questions about policy, passed on to the gateway: it knows who may ask about whom. */
export function policyHandlers(
  gateways: Pick<Gateways, 'active'>,
): Pick<Handlers, 'policy.test' | 'policy.explain' | 'policy.list' | 'people.list'> {
  const run: ReturnType<Gateways['active']>['run'] = (work) => gateways.active().run(work);
  return {
    'policy.test': (body) => run((api) => api.call('testPolicy', { body })),
    'policy.explain': (query) => run((api) => api.call('explainAccess', { query })),
    'policy.list': (query) => run((api) => api.call('listPolicies', { query })),
    'people.list': () => run((api) => api.call('listPeople', { query: { limit: 500 } })),
  };
}
