import './access.css';
import type { Resource } from '@drawbridge/contract';
import { useMemo } from 'react';
import { useApp } from '../state/app-store.ts';
import { useView } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Dialog } from '../theme/Dialog.tsx';
import { RequestForm } from './RequestForm.tsx';

const none: readonly Resource[] = [];

/** Asks for access, where the app was told to. */
export function RequestDialog() {
  const request = useView((view) => view.request);
  const resources = useApp((state) => state.resources);
  const found = useMemo(
    () =>
      request === undefined
        ? none
        : [request.resource, ...request.also].flatMap(
            (name) => resources?.find((resource) => resource.name === name) ?? [],
          ),
    [request, resources],
  );
  // A deep link may come before the list that it points into.
  if (request === undefined || resources === undefined) return null;
  const close = () => useView.setState({ request: undefined });
  const [first] = found;
  if (first === undefined || first.name !== request.resource)
    return <Unknown name={request.resource} onClose={close} />;
  return <RequestForm key={first.name} resources={found} wanted={request.profile} onClose={close} />;
}

function Unknown({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  return (
    <Dialog label={`Request access to ${name}`} onClose={onClose}>
      <div className="dhead">
        <h2 className="grow">There is no {name} for you here</h2>
      </div>
      <div className="dbody">
        <p className="t2">
          This gateway shows you no resource of that name. Check the link, or the gateway you are signed in
          to.
        </p>
      </div>
      <div className="dfoot">
        <span className="grow" />
        <Button size="l" hint="Esc" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
