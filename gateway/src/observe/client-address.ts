import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddress from '@fastify/proxy-addr';

/** Where a request comes from; undefined once its connection is gone. */
export type ClientAddress = (request: IncomingMessage) => string | undefined;

/**
 * Believes `X-Forwarded-For` of the proxies that are named, addresses or networks like `10.0.0.0/8`, and of nobody
 * else: anybody can write that header.
 * @throws TypeError where one is neither
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusts = proxyAddress.compile([...trustedProxies]);
  return (request) => {
    const { remoteAddress } = request.socket;
    if (remoteAddress === undefined || trustedProxies.length === 0) return remoteAddress;
    const address = proxyAddress(request, trusts);
    return isIP(address) > 0 ? address : remoteAddress;
  };
}
