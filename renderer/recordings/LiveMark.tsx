import './live-mark.css';

/** It happens now. Still, like everything that didn't change. */
export function LiveMark() {
  return (
    <span className="livemark">
      <i />
      LIVE
    </span>
  );
}
