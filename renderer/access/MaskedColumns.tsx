import type { Resource } from '@drawbridge/contract';
import { Popover } from '@mantine/core';
import { Icon } from '../theme/Icon.tsx';

/** How many columns the gateway hides; opens to which and how. */
export function MaskedColumns({ columns }: { readonly columns: Resource['maskedColumns'] }) {
  if (columns.length === 0) return <span className="t3">Nothing</span>;
  return (
    <Popover position="bottom-start" width={300}>
      <Popover.Target>
        <button type="button" className="link c-masked row maskedbutton">
          <Icon name="masked" small />
          {columns.length === 1 ? '1 column' : `${columns.length} columns`}
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Masked columns">
        <dl className="maskedlist selectable">
          {columns.map(({ column, mask, rule }) => (
            <div key={`${rule} ${column}`}>
              <dt>{column}</dt>
              <dd title={`Rule ${rule}`}>{mask}</dd>
            </div>
          ))}
        </dl>
      </Popover.Dropdown>
    </Popover>
  );
}
