import { TitleBar } from '../shell/TitleBar.tsx';
import { useApp } from '../state/app-store.ts';

/** Between start and the first answer: nothing for a moment, then rows of the shape that comes. */
export function Connecting() {
  const gateway = useApp((state) => state.gateways.find((candidate) => candidate.id === state.activeGateway));
  return (
    <div className="window">
      <TitleBar bare />
      <aside className="sidebar" aria-hidden="true">
        <div className="skeleton connecting-gateway" />
      </aside>
      <main className="content" aria-busy="true">
        <p className="visually-hidden" role="status">
          Connecting to {gateway?.name ?? 'the gateway'}
        </p>
        <div className="pagehead" />
        <div className="connecting-rows">
          {['a', 'b', 'c', 'd', 'e', 'f'].map((row) => (
            <div key={row} className="skeleton" />
          ))}
        </div>
      </main>
    </div>
  );
}
