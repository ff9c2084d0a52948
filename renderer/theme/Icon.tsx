import type { ReactNode } from 'react';

/** Drawbridge's own drawings: a 16 px grid, stroke 1.4, round ends. */
const drawings = {
  database: (
    <>
      <ellipse cx="8" cy="4" rx="5" ry="2" />
      <path d="M3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2" />
    </>
  ),
  terminal: (
    <>
      <rect x="1.8" y="2.8" width="12.4" height="10.4" rx="2" />
      <path d="m4.6 6 2.1 2-2.1 2M8.4 10.2h3" />
    </>
  ),
  kubernetes: (
    <>
      <path d="m8 1.7 5.5 3.1v6.4L8 14.3l-5.5-3.1V4.8z" />
      <circle cx="8" cy="8" r="1.8" />
      <path d="M8 6.2V3.8M9.6 9l2 1.2M6.4 9l-2 1.2" />
    </>
  ),
  globe: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M2 8h12M8 2c1.8 1.7 2.6 3.7 2.6 6S9.8 12.3 8 14c-1.8-1.7-2.6-3.7-2.6-6S6.2 3.7 8 2z" />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.3" />
      <path d="m10.3 10.3 3.2 3.2" />
    </>
  ),
  star: (
    <>
      <path d="m8 2.3 1.75 3.55 3.9.57-2.82 2.75.67 3.88L8 11.2l-3.5 1.85.67-3.88L2.35 6.42l3.9-.57z" />
    </>
  ),
  clock: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.8V8l2.2 1.4" />
    </>
  ),
  inbox: (
    <>
      <path d="M2.2 9 4 3.8a1.2 1.2 0 0 1 1.1-.8h5.8a1.2 1.2 0 0 1 1.1.8L13.8 9v2.8a1.2 1.2 0 0 1-1.2 1.2H3.4a1.2 1.2 0 0 1-1.2-1.2zM2.2 9h3.2l1 1.7h3.2l1-1.7h3.2" />
    </>
  ),
  recording: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M6.7 5.7v4.6L10.4 8z" />
    </>
  ),
  settings: (
    <>
      <path d="M2.3 4.8h5.9M11.8 4.8h1.9M2.3 11.2h1.9M7.8 11.2h5.9" />
      <circle cx="10" cy="4.8" r="1.7" />
      <circle cx="6" cy="11.2" r="1.7" />
    </>
  ),
  key: (
    <>
      <circle cx="5.3" cy="10.7" r="2.8" />
      <path d="m7.3 8.7 5.9-5.9M10.7 5.3l2 2" />
    </>
  ),
  up: (
    <>
      <path d="m4.5 9.7 3.5-3.5 3.5 3.5" />
    </>
  ),
  down: (
    <>
      <path d="m4.5 6.3 3.5 3.5 3.5-3.5" />
    </>
  ),
  plus: (
    <>
      <path d="M8 3.5v9M3.5 8h9" />
    </>
  ),
  close: (
    <>
      <path d="m4.5 4.5 7 7M11.5 4.5l-7 7" />
    </>
  ),
  masked: (
    <>
      <path d="M1.8 8S4 4 8 4s6.2 4 6.2 4S12 12 8 12 1.8 8 1.8 8zM3 13 13 3" />
    </>
  ),
  eye: (
    <>
      <path d="M1.8 8S4 4 8 4s6.2 4 6.2 4S12 12 8 12 1.8 8 1.8 8z" />
      <circle cx="8" cy="8" r="1.8" />
    </>
  ),
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
      <path d="M10.5 5.5V4A1.5 1.5 0 0 0 9 2.5H4A1.5 1.5 0 0 0 2.5 4v5A1.5 1.5 0 0 0 4 10.5h1.5" />
    </>
  ),
  external: (
    <>
      <path d="M6.3 3.5H4A1.5 1.5 0 0 0 2.5 5v7A1.5 1.5 0 0 0 4 13.5h7a1.5 1.5 0 0 0 1.5-1.5V9.7M9.3 2.5h4.2v4.2M13.3 2.7 7.5 8.5" />
    </>
  ),
  list: (
    <>
      <path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01" />
    </>
  ),
  cards: (
    <>
      <rect x="2.5" y="2.5" width="4.6" height="4.6" rx="1" />
      <rect x="8.9" y="2.5" width="4.6" height="4.6" rx="1" />
      <rect x="2.5" y="8.9" width="4.6" height="4.6" rx="1" />
      <rect x="8.9" y="8.9" width="4.6" height="4.6" rx="1" />
    </>
  ),
  sidebar: (
    <>
      <rect x="2" y="3" width="12" height="10" rx="2" />
      <path d="M6 3v10" />
    </>
  ),
  upDown: (
    <>
      <path d="m5.5 6.2 2.5-2.5 2.5 2.5M5.5 9.8l2.5 2.5 2.5-2.5" />
    </>
  ),
  offline: (
    <>
      <path d="M2 6.5a9 9 0 0 1 3.3-1.9M8 4a9 9 0 0 1 6 2.5M4.3 9a5.6 5.6 0 0 1 2.2-1.3M9.7 7.8A5.6 5.6 0 0 1 11.7 9M8 12h.01M2.5 2.5l11 11" />
    </>
  ),
  resources: (
    <>
      <path d="M2.5 5.5 8 2.5l5.5 3L8 8.5zM2.5 8.5 8 11.5l5.5-3M2.5 11.2 8 14.2l5.5-3" />
    </>
  ),
  check: (
    <>
      <path d="m3.3 8.5 3.2 3.2 6.2-7" />
    </>
  ),
  held: (
    <>
      <path d="M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM6.6 6v4M9.4 6v4" />
    </>
  ),
  refused: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="m3.8 3.8 8.4 8.4" />
    </>
  ),
  lock: (
    <>
      <rect x="3.3" y="7" width="9.4" height="6.5" rx="1.5" />
      <path d="M5.3 7V5.2a2.7 2.7 0 0 1 5.4 0V7" />
    </>
  ),
  policy: (
    <>
      <path d="M3.5 2.5h9v11h-9zM6 5.6h4M6 8h4M6 10.4h2.2" />
    </>
  ),
  seal: (
    <>
      <path d="m8 1.7 5 2v4.1c0 3.2-2.1 5.4-5 6.5-2.9-1.1-5-3.3-5-6.5V3.7zM5.8 7.9l1.7 1.7 2.9-3.3" />
    </>
  ),
  right: (
    <>
      <path d="m6.3 4.5 3.5 3.5-3.5 3.5" />
    </>
  ),
  link: (
    <>
      <path d="M6.7 9.3 9.3 6.7M7.3 4.7l1.5-1.5a2.8 2.8 0 0 1 4 4l-1.5 1.5M8.7 11.3l-1.5 1.5a2.8 2.8 0 0 1-4-4l1.5-1.5" />
    </>
  ),
  power: (
    <>
      <path d="M8 2v5.5M4.6 4.3a5.3 5.3 0 1 0 6.8 0" />
    </>
  ),
  warning: (
    <>
      <path d="M8 2.3 14.2 13H1.8zM8 6.6v3M8 11.3h.01" />
    </>
  ),
  play: (
    <>
      <path d="M5 3.2v9.6L12.6 8z" />
    </>
  ),
  pause: (
    <>
      <path d="M5.5 3.5v9M10.5 3.5v9" />
    </>
  ),
  back: (
    <>
      <path d="M12.5 3.5v9L6.2 8zM3.5 3.5v9" />
    </>
  ),
  forward: (
    <>
      <path d="M3.5 3.5v9L9.8 8zM12.5 3.5v9" />
    </>
  ),
  history: (
    <>
      <path d="M2.8 8a5.3 5.3 0 1 0 1.6-3.8L2.7 5.6M2.7 2.9v2.7h2.7M8 5.2V8l2 1.3" />
    </>
  ),
  plan: (
    <>
      <rect x="5.6" y="1.8" width="4.8" height="3.4" rx="1" />
      <rect x="1.8" y="10.8" width="4.8" height="3.4" rx="1" />
      <rect x="9.4" y="10.8" width="4.8" height="3.4" rx="1" />
      <path d="M8 5.2V8M4.2 10.8V8h7.6v2.8" />
    </>
  ),
  table: (
    <>
      <rect x="2.3" y="3" width="11.4" height="10" rx="1.5" />
      <path d="M2.3 6.5h11.4M6.5 6.5V13" />
    </>
  ),
  column: (
    <>
      <rect x="5.5" y="3" width="5" height="10" rx="1" />
    </>
  ),
  download: (
    <>
      <path d="M8 2.5v7.3M4.9 6.9 8 10l3.1-3.1M3 13.3h10" />
    </>
  ),
  more: (
    <>
      <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.2" />
    </>
  ),
  minimize: (
    <>
      <path d="M3.5 8h9" />
    </>
  ),
  maximize: (
    <>
      <rect x="3.5" y="3.5" width="9" height="9" rx="1" />
    </>
  ),
  signOut: (
    <>
      <path d="M9.5 2.8H4.3A1.3 1.3 0 0 0 3 4.1v7.8a1.3 1.3 0 0 0 1.3 1.3h5.2M7 8h6.5M11 5.5 13.5 8 11 10.5" />
    </>
  ),
  person: (
    <>
      <circle cx="8" cy="5.3" r="2.6" />
      <path d="M2.8 13.5c.5-2.6 2.6-4 5.2-4s4.7 1.4 5.2 4" />
    </>
  ),
  sun: (
    <>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1.8v1.4M8 12.8v1.4M1.8 8h1.4M12.8 8h1.4M3.6 3.6l1 1M11.4 11.4l1 1M12.4 3.6l-1 1M4.6 11.4l-1 1" />
    </>
  ),
  keyboard: (
    <>
      <rect x="1.8" y="4" width="12.4" height="8" rx="1.5" />
      <path d="M4.3 6.6h.01M6.8 6.6h.01M9.3 6.6h.01M11.8 6.6h.01M5.3 9.5h5.4" />
    </>
  ),
  card: (
    <>
      <rect x="2" y="3.2" width="12" height="9.6" rx="1.5" />
      <path d="M4.6 6.6h4M4.6 9.4h6.8" />
    </>
  ),
  retry: (
    <>
      <path d="M13.2 8a5.2 5.2 0 1 1-1.5-3.7l1.5 1.5M13.2 2.9v2.9h-2.9" />
    </>
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.4v3.4M8 5.2h.01" />
    </>
  ),
} as const satisfies Record<string, ReactNode>;

export type IconName = keyof typeof drawings;

interface IconProps {
  readonly name: IconName;
  /** 14 instead of 16 px, inside small controls. */
  readonly small?: boolean;
  readonly className?: string;
  /** What it says to somebody who can't see it; without it the icon is decoration. */
  readonly label?: string;
}

export function Icon({ name, small = false, className = '', label }: IconProps) {
  const classes = `i${small ? ' s' : ''}${className === '' ? '' : ` ${className}`}`;
  return label === undefined ? (
    <svg className={classes} viewBox="0 0 16 16" aria-hidden="true">
      {drawings[name]}
    </svg>
  ) : (
    <svg className={classes} viewBox="0 0 16 16" role="img" aria-label={label}>
      {drawings[name]}
    </svg>
  );
}
