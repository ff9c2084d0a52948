import { z } from 'zod';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host name or address is this machine itself. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host) || host === '::1';

/** An https address; http only to this machine itself, since sign-in codes and tokens travel over it. */
export const webAddress = z.string().superRefine((text, context) => {
  const refuse = (message: string) => context.addIssue({ code: 'custom', message });
  if (!URL.canParse(text)) return refuse('must be an address like https://drawbridge.example.com');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('must begin with https://');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return refuse(
      'must be https, since tokens travel over it; http is only for localhost, 127.0.0.1 and [::1]',
    );
  }
  if (url.username || url.password) return refuse('must not hold a user name or password');
  if (url.search || url.hash) refuse('must have no query and no fragment');
});

/** Scheme, host and port alone; without a slash at the end. */
export const webOrigin = webAddress
  .refine((text) => !URL.canParse(text) || new URL(text).pathname === '/', 'must have no path')
  .transform((text) => (URL.canParse(text) ? new URL(text).origin : text));
