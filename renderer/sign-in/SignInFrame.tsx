import './sign-in.css';
import type { ReactNode } from 'react';
import { TitleBar } from '../shell/TitleBar.tsx';
import { useApp } from '../state/app-store.ts';
import { Logo } from '../theme/Logo.tsx';

interface SignInFrameProps {
  readonly title: string;
  readonly lead: ReactNode;
  readonly children?: ReactNode;
  readonly foot?: string;
}

/** The one column that every face before signing in shares. */
export function SignInFrame({ title, lead, children, foot }: SignInFrameProps) {
  const version = useApp((state) => state.app.version);
  return (
    <div className="window bare">
      <TitleBar bare />
      <main className="content signin">
        <section className="sbox" aria-label={title}>
          <Logo size={56} />
          <h1>{title}</h1>
          <p className="t2">{lead}</p>
          {children}
        </section>
        <p className="meta signfoot">
          Drawbridge {version}
          {foot === undefined ? '' : `. ${foot}`}
        </p>
      </main>
    </div>
  );
}
