/** An id with its middle left out: `ses_019ce24c…b1`. */
export const shortId = (id: string): string => (id.length <= 16 ? id : `${id.slice(0, 12)}…${id.slice(-2)}`);
