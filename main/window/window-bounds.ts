import type { Bounds } from '../state/saved-state.ts';

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Of a window that nobody has sized yet, and the least in which every page is usable. */
const FIRST_SIZE = { width: 1280, height: 800 };
export const LEAST_SIZE = { width: 720, height: 480 };
/** So much of the window must lie on a screen, or it can't be grabbed. */
const GRABBABLE = 80;

/** Where to open the window: where it was, unless that screen is gone; then in the middle, at most as large as the screen. */
export function openingBounds(
  saved: Bounds | undefined,
  areas: readonly Area[],
): Partial<Area> & Pick<Area, 'width' | 'height'> {
  const [primary] = areas;
  const width = Math.max(
    LEAST_SIZE.width,
    Math.min(saved?.width ?? FIRST_SIZE.width, primary?.width ?? FIRST_SIZE.width),
  );
  const height = Math.max(
    LEAST_SIZE.height,
    Math.min(saved?.height ?? FIRST_SIZE.height, primary?.height ?? FIRST_SIZE.height),
  );
  if (saved?.x === undefined || saved.y === undefined) return { width, height };
  const { x, y } = saved;
  const reachable = areas.some(
    (area) =>
      x + saved.width >= area.x + GRABBABLE &&
      x <= area.x + area.width - GRABBABLE &&
      y >= area.y - 8 &&
      y <= area.y + area.height - GRABBABLE,
  );
  return reachable
    ? {
        x,
        y,
        width: Math.max(LEAST_SIZE.width, saved.width),
        height: Math.max(LEAST_SIZE.height, saved.height),
      }
    : { width, height };
}
