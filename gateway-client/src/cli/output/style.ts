import pc from 'picocolors';

export type Paint = (text: string) => string;

/** The few colours that carry meaning. All are the identity where colour is off. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly link: Paint;
  /** A value that a data rule has masked. */
  readonly masked: Paint;
}

interface Terminal {
  readonly isTTY?: boolean;
}

/** Colour is for terminals; `FORCE_COLOR` and `NO_COLOR` (https://no-color.org) decide before that. */
export function wantsColor(stream: Terminal, env: NodeJS.ProcessEnv): boolean {
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '')
    return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

export function createStyle(enabled: boolean): Style {
  const colors = pc.createColors(enabled);
  return {
    bold: colors.bold,
    dim: colors.dim,
    good: colors.green,
    bad: colors.red,
    warn: colors.yellow,
    link: colors.cyan,
    masked: colors.magenta,
  };
}
