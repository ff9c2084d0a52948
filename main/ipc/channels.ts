import type { OperationName, PushName } from './contract.ts';

/** The IPC channels: one for calls, one for what main says unasked, one for ports. */
export const CALL_CHANNEL = 'drawbridge:call';
export const PUSH_CHANNEL = 'drawbridge:push';
export const PORT_CHANNEL = 'drawbridge:port';

/** The names of `contract.ts` as plain values, so that the preload doesn't have to bring every schema with it. */
const operationNames = {
  'state.get': true,
  'gateways.add': true,
  'gateways.remove': true,
  'gateways.select': true,
  'signIn.start': true,
  'signIn.cancel': true,
  'signIn.out': true,
  'connection.retry': true,
  'requests.create': true,
  'requests.cancel': true,
  'requests.review': true,
  'grants.end': true,
  'commands.vote': true,
  'commands.withdraw': true,
  'commands.breakGlass': true,
  'sessions.list': true,
  'sessions.get': true,
  'sessions.terminate': true,
  'audit.list': true,
  'policy.test': true,
  'policy.explain': true,
  'policy.list': true,
  'people.list': true,
  'tunnels.open': true,
  'tunnels.close': true,
  'tunnels.setPort': true,
  'tunnels.revealSecret': true,
  'tunnels.copy': true,
  'tunnels.openIn': true,
  'sql.connect': true,
  'sql.history': true,
  'sql.remember': true,
  'terminals.attach': true,
  'terminals.close': true,
  'recordings.open': true,
  'recordings.verify': true,
  'recordings.export': true,
  'settings.set': true,
  'tabs.save': true,
  'tabs.restore': true,
  'clipboard.write': true,
  'files.save': true,
  'window.control': true,
  'app.quit': true,
} as const satisfies Record<OperationName, true>;

const pushNames = {
  'state.patch': true,
  'place.open': true,
  'app.confirmQuit': true,
  toast: true,
} as const satisfies Record<PushName, true>;

export const isOperationName = (name: unknown): name is OperationName =>
  typeof name === 'string' && Object.hasOwn(operationNames, name);
export const isPushName = (name: unknown): name is PushName =>
  typeof name === 'string' && Object.hasOwn(pushNames, name);
