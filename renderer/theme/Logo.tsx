import { useId } from 'react';

/** A gatehouse with its bridge down; door and deck together make a keyhole. Planks only where they show. */
export function Logo({ size }: { readonly size: number }) {
  const water = useId();
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <defs>
        <linearGradient id={water} x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stopColor="#0e7695" />
          <stop offset="1" stopColor="#063a4c" />
        </linearGradient>
      </defs>
      <rect width="32" height="32" rx="7.4" fill={`url(#${water})`} />
      <path fill="#fff" d="M6 4h2v2h2V4h2v4h8V4h2v2h2V4h2v16h-6v-4a4 4 0 0 0-8 0v4H6z" />
      <path fill="#7fd3f2" d="M12 21h8l4.4 7H7.6z" />
      {size < 40 ? null : (
        <path fill="none" stroke="#0b4c62" strokeWidth=".4" d="M11.3 22.5h9.4M10.3 24.2h11.4M9.1 26h13.8" />
      )}
    </svg>
  );
}
