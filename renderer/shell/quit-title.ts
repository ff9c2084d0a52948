const count = (number: number, one: string) => `${number} ${one}${number === 1 ? '' : 's'}`;

/** `Quit and close 2 sessions and 1 tunnel?` */
export function quitTitle(sessions: number, tunnels: number): string {
  const parts = [
    ...(sessions > 0 ? [count(sessions, 'session')] : []),
    ...(tunnels > 0 ? [count(tunnels, 'tunnel')] : []),
  ];
  return parts.length === 0 ? 'Quit Drawbridge?' : `Quit and close ${parts.join(' and ')}?`;
}
