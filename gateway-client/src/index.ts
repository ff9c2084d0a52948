export { AccessTokens, type AccessTokensOptions } from './access-tokens.ts';
export {
  ApiClient,
  type ApiClientOptions,
  type CallOptions,
  type JsonOperation,
  type StreamOperation,
} from './api-client.ts';
export { type ByteStream, type ByteStreamOptions, openByteStream } from './byte-stream.ts';
export { CLIENT_ERROR_CODES, ClientError, type ClientErrorCode } from './client-error.ts';
export { type ClientClock, systemClock } from './clock.ts';
export { type ConnectionSettings, connectionSettings, type TunnelAddress } from './connection-settings.ts';
export { drawbridgeHome, FileTokenStore } from './file-token-store.ts';
export type { Admission, LocalGate, TunnelRefusal } from './gates/local-gate.ts';
export { gatewayUrl } from './gateway-url.ts';
export { type Disconnected, type LiveEventsOptions, liveEvents } from './live-events.ts';
export { gatewayFileName, makePrivateFolder, replaceFile } from './private-file.ts';
export {
  type CastOptions,
  checkRecording,
  exportCast,
  exportRecording,
  fetchRecording,
  fetchRecordingKeys,
  type RecordingFormat,
  recordingParts,
} from './recording.ts';
export { shellWord } from './shell-word.ts';
export {
  type DeviceCode,
  type DeviceSignInOptions,
  type SignInOptions,
  signIn,
  signInWithDevice,
} from './sign-in.ts';
export { type ClientKey, ClientKeys, HOST_KEY_ALIAS, type SshFiles } from './ssh/client-keys.ts';
export { newSshKeyPair, type SshKeyPair } from './ssh/new-key-pair.ts';
export { clientSettings, hostBlock, keySettings, type SshSetting } from './ssh/ssh-settings.ts';
export { StoredSignIn, type TokenStore } from './token-store.ts';
export { type ConnectionEvent, openTunnel, type Tunnel, type TunnelOptions } from './tunnel.ts';
export type { LinkEnd } from './tunnel-link.ts';
