/** `Alice` of `Alice Moreau`: who somebody is, in a line of a notification. */
export const firstName = (displayName: string): string => displayName.trim().split(/\s+/)[0] ?? displayName;
