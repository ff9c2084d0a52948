interface RingProps {
  /** What is left, 0 to 1. */
  readonly share: number;
  readonly tone?: 'active' | 'soon' | 'held';
}

const circumference = 32.7;

/** Time left as a ring. Decoration beside a number that says the same. */
export function Ring({ share, tone = 'active' }: RingProps) {
  const arc = Math.max(0, Math.min(1, share)) * circumference;
  const classes = { active: 'ring', soon: 'ring soon', held: 'ring heldr' } as const;
  return (
    <svg className={classes[tone]} viewBox="0 0 14 14" aria-hidden="true">
      <circle cx="7" cy="7" r="5.2" />
      <circle cx="7" cy="7" r="5.2" strokeDasharray={`${arc.toFixed(1)} ${circumference}`} />
    </svg>
  );
}
