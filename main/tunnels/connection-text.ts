import { connectionSettings, type TunnelAddress } from '@drawbridge/gateway-client';

export type ConnectionTextKind = 'secret' | 'line' | 'url' | 'env';

/** What *Copy* on a connection card puts on the clipboard. */
export function connectionText(address: TunnelAddress, kind: ConnectionTextKind): string {
  const settings = connectionSettings(address);
  switch (kind) {
    case 'secret':
      return address.secret;
    case 'line':
      return settings.command;
    case 'url':
      return settings.url;
    case 'env':
      return Object.entries(settings.env)
        .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
        .join('');
    default:
      return kind satisfies never;
  }
}
