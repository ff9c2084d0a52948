import { DrawbridgeError } from '@drawbridge/contract';

/** The largest JSON body taken, in bytes. */
export const LARGEST_BODY = 2 * 1024 * 1024;

const words: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: 'the address is not valid',
  FST_ERR_MAX_PARAM_LENGTH: 'a name or id in the address is too long',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'send the body as JSON, with content-type: application/json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty; send a JSON object',
};

/** Whatever went wrong, in the contract's words: the HTTP library's own refusals too. What was not foreseen is `internal`. */
export function refusalOf(error: unknown): DrawbridgeError {
  if (error instanceof DrawbridgeError) return error;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413)
    return new DrawbridgeError('payload_too_large', `the body is over ${LARGEST_BODY / 1024 / 1024} MiB`);
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return new DrawbridgeError('invalid_request', words[code] ?? 'the body is not valid JSON');
  }
  return new DrawbridgeError(
    'internal',
    'the gateway failed to answer this; its log says why',
    {},
    { cause: error },
  );
}
