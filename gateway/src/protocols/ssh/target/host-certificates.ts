import type { Client } from 'ssh2';
import { parseCertificate } from '../keys/ssh-certificate.ts';
import {
  checkExchange,
  protocolOf,
  Ssh2Changed,
  type Ssh2Exchange,
  type Ssh2OfferClass,
} from './ssh2-internals.ts';

/**
 * Each algorithm with a certificate: the type of the key that it comes with, and the algorithm of the plain key that
 * signs the exchange with it.
 */
const ALGORITHMS: Readonly<Record<string, { readonly keyType: string; readonly signature: string }>> = {
  ...plain('ssh-ed25519'),
  ...plain('ecdsa-sha2-nistp256'),
  ...plain('ecdsa-sha2-nistp384'),
  ...plain('ecdsa-sha2-nistp521'),
  ...rsa('rsa-sha2-512'),
  ...rsa('rsa-sha2-256'),
};

function plain(signature: string) {
  const name = `${signature}-cert-v01@openssh.com`;
  return { [name]: { keyType: name, signature } };
}

function rsa(signature: string) {
  return { [`${signature}-cert-v01@openssh.com`]: { keyType: 'ssh-rsa-cert-v01@openssh.com', signature } };
}

/**
 * Makes a client take host certificates, which ssh2 can't: to be called right after `connect`, before anything was
 * received. The client's `hostVerifier` is then handed certificates, and has all of their checking to do.
 *
 * ssh2 would do nearly all of it by itself, were it not that it takes one value for two things. The exchange hash
 * is over K_S, the certificate (RFC 4253 section 8); the signature of that hash is by the plain key in it. ssh2 reads
 * both from `_hostKey`, in that order, and asks the exchange for our own public key in between. There the plain key
 * is put in place of the certificate. The proof itself stays ssh2's: should it ever ask at another time, the hash or
 * the key is the wrong one, and the signature does not verify.
 * @param plainKeys algorithms of plain keys to be offered after those with certificates.
 * @throws Ssh2Changed
 */
export function acceptHostCertificates(client: Client, plainKeys: readonly string[]): void {
  const protocol = protocolOf(client);
  const { lists } = protocol._offer;
  const Offer = protocol._offer.constructor as Ssh2OfferClass;
  const names = ({ cipher, mac, compress, lang }: typeof lists.cs) => ({
    cipher: cipher.array,
    mac: mac.array,
    compress: compress.array,
    lang: lang.array,
  });
  const serverHostKey = [...Object.keys(ALGORITHMS), ...plainKeys];
  protocol._offer = new Offer({
    ...{ kex: lists.kex.array, serverHostKey },
    ...{ cs: names(lists.cs), sc: names(lists.sc) },
  });
  if (protocol._kex !== undefined) throw new Ssh2Changed('ssh2 has begun an exchange with its own offer');
  let exchange: Ssh2Exchange | undefined;
  Object.defineProperty(protocol, '_kex', {
    get: () => exchange,
    set: (next: unknown) => {
      exchange = next === undefined ? undefined : adapt(checkExchange(next));
    },
  });
}

/** One exchange; there is another at each rekeying. */
function adapt(exchange: Ssh2Exchange): Ssh2Exchange {
  const algorithm = ALGORITHMS[exchange.negotiated.serverHostKey];
  if (algorithm === undefined) return exchange;
  // What ssh2 compares the type of K_S with.
  exchange.negotiated.serverHostKey = algorithm.keyType;
  const getPublicKey = exchange.getPublicKey.bind(exchange);
  let swapped = false;
  exchange.getPublicKey = () => {
    if (exchange._hostKey !== undefined && !swapped) {
      swapped = true;
      exchange._hostKey = parseCertificate(exchange._hostKey).key;
      // What ssh2 compares the type of the signature with.
      exchange.negotiated.serverHostKey = algorithm.signature;
    }
    return getPublicKey();
  };
  return exchange;
}
