/** Where a match ends, or that there is none, or that only more text can tell. */
export type Outcome = number;
export const NONE: Outcome = -1;
export const UNDECIDED: Outcome = -2;
