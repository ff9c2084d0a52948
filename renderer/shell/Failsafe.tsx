import { Component, type ReactNode } from 'react';
import { copyText } from '../state/actions.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';

interface FailsafeProps {
  /** What failed, as the start of a sentence. */
  readonly what: string;
  readonly children: ReactNode;
}

/** A mistake of ours in one pane must not take the window down, least of all with sessions in it. */
export class Failsafe extends Component<FailsafeProps, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="empty" role="alert">
        <Icon name="warning" />
        <h2 className="title">{this.props.what} could not be shown</h2>
        <p>Connections and grants are untouched. {error.message}</p>
        <div className="row">
          <Button icon="retry" onClick={() => this.setState({ error: undefined })}>
            Try again
          </Button>
          <Button look="ghost" icon="copy" onClick={() => copyText(error.stack ?? error.message, 'Details')}>
            Copy details
          </Button>
        </div>
      </div>
    );
  }
}
