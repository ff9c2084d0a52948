import type { Client } from 'ssh2';

/**
 * What the gateway touches of ssh2 (1.17) that is not its public interface: for OpenSSH certificates, of which it
 * has none. Kept to this list, and looked at before each use: where it is not as it was, `Ssh2Changed` is thrown
 * and nothing is sent. `ssh2-internals.test.ts` notices the same at build time.
 */
export interface Ssh2Protocol {
  /** What our KEXINIT offers; sent once the target has identified itself, and again at each rekeying. */
  _offer: Ssh2Offer;
  /** The exchange that runs or ran last. */
  _kex: Ssh2Exchange | undefined;
  /** Our own KEXINIT while an exchange runs. */
  readonly _kexinit: Buffer | undefined;
  /** Methods of which the answer is awaited: how messages 60 and up are to be read. */
  readonly _authsQueue: string[];
  readonly _cipher: { encrypt(packet: Buffer): void };
  readonly _packetRW: {
    readonly write: {
      /** Where the payload begins in what `alloc` gives. */
      readonly allocStart: number;
      alloc(payloadLength: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
}

interface Direction {
  readonly cipher: AlgorithmList;
  readonly mac: AlgorithmList;
  readonly compress: AlgorithmList;
  readonly lang: AlgorithmList;
}
type AlgorithmList = { readonly array: readonly string[] };
type Names<T> = { [K in keyof T]: readonly string[] };

export interface Ssh2Offer {
  readonly lists: {
    readonly kex: AlgorithmList;
    readonly serverHostKey: AlgorithmList;
    readonly cs: Direction;
    readonly sc: Direction;
  };
}

/** The class of `_offer`. */
export type Ssh2OfferClass = new (algorithms: {
  kex: readonly string[];
  serverHostKey: readonly string[];
  cs: Names<Direction>;
  sc: Names<Direction>;
}) => Ssh2Offer;

export interface Ssh2Exchange {
  readonly negotiated: { serverHostKey: string };
  /** K_S as the target sent it; undefined before. */
  _hostKey: Buffer | undefined;
  /** Of the connection; undefined before the end of the first exchange. */
  readonly sessionID: Buffer | undefined;
  getPublicKey(): Buffer;
}

/** ssh2 is not as the gateway knows it. */
export class Ssh2Changed extends Error {
  override readonly name = 'Ssh2Changed';
}

/** @throws Ssh2Changed */
export function protocolOf(client: Client): Ssh2Protocol {
  const protocol = member(client, '_protocol');
  const lists = member(member(protocol, '_offer'), 'lists');
  const write = member(member(protocol, '_packetRW'), 'write');
  const names = (of: unknown, name: string) => Array.isArray(member(member(of, name), 'array'));
  const direction = (of: unknown) => ['cipher', 'mac', 'compress', 'lang'].every((name) => names(of, name));
  assert(names(lists, 'kex') && names(lists, 'serverHostKey'), 'offer');
  assert(direction(member(lists, 'cs')) && direction(member(lists, 'sc')), 'offer');
  assert(
    Object.hasOwn(protocol as object, '_kex') && Object.hasOwn(protocol as object, '_kexinit'),
    'exchange',
  );
  assert(Array.isArray(member(protocol, '_authsQueue')), 'queue of authentications');
  assert(typeof member(member(protocol, '_cipher'), 'encrypt') === 'function', 'cipher');
  assert(typeof member(write, 'allocStart') === 'number', 'packet writer');
  assert(
    ['alloc', 'finalize'].every((name) => typeof member(write, name) === 'function'),
    'packet writer',
  );
  return protocol as Ssh2Protocol;
}

/** @throws Ssh2Changed */
export function checkExchange(exchange: unknown): Ssh2Exchange {
  assert(typeof member(member(exchange, 'negotiated'), 'serverHostKey') === 'string', 'negotiated');
  assert(Object.hasOwn(exchange as object, '_hostKey'), 'host key of an exchange');
  assert(typeof member(exchange, 'getPublicKey') === 'function', 'public key of an exchange');
  return exchange as Ssh2Exchange;
}

function member(of: unknown, name: string): unknown {
  if (typeof of !== 'object' || of === null) throw new Ssh2Changed(`ssh2 has no ${name} where it was`);
  return (of as Record<string, unknown>)[name];
}

function assert(holds: boolean, what: string): void {
  if (!holds) throw new Ssh2Changed(`ssh2's ${what} is not as it was`);
}
