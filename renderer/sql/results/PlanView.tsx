import { useMemo } from 'react';
import { HighlightedSql } from '../HighlightedSql.tsx';
import { type PlanNode, readQueryPlan } from './query-plan.ts';
import { tookText } from './run-words.ts';

interface PlanViewProps {
  readonly plan: { readonly text: string; readonly statement: string } | undefined;
}

/** The plan of the latest EXPLAIN as a tree, each step with its share of the cost. */
export function PlanView({ plan }: PlanViewProps) {
  const read = useMemo(() => (plan === undefined ? undefined : readQueryPlan(plan.text)), [plan]);
  if (plan === undefined)
    return (
      <div className="messages">
        <p className="sqlnone">
          No plan yet. Explain shows how PostgreSQL would run the statement at the cursor.
        </p>
      </div>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard
    <section className="messages planview" tabIndex={0} aria-label="Plan">
      <div className="plansource">
        <HighlightedSql text={plan.statement} line />
      </div>
      {read === undefined ? (
        <pre className="plantext selectable">{plan.text}</pre>
      ) : (
        <>
          <table className="plan">
            <thead>
              <tr>
                <th scope="col">Step</th>
                <th scope="col" className="r">
                  Rows
                </th>
                <th scope="col" className="r">
                  {read.root.actual ? 'Time' : 'Cost'}
                </th>
                <th scope="col">Share of cost</th>
              </tr>
            </thead>
            <tbody>
              <Steps node={read.root} depth={0} />
            </tbody>
          </table>
          {read.executionMilliseconds === undefined ? (
            <p className="meta plannote">Estimated: the statement did not run.</p>
          ) : (
            <p className="meta plannote">
              It ran in {tookText(read.executionMilliseconds)}
              {read.planningMilliseconds === undefined
                ? ''
                : `, planned in ${tookText(read.planningMilliseconds)}`}
              .
            </p>
          )}
        </>
      )}
    </section>
  );
}

function Steps({ node, depth }: { readonly node: PlanNode; readonly depth: number }) {
  const { actual } = node;
  const rows = actual ? actual.rows * actual.loops : node.rows;
  const off = actual !== undefined && Math.max(rows, 1) / Math.max(node.rows * actual.loops, 1);
  const misjudged = off !== false && (off >= 10 || off <= 0.1);
  return (
    <>
      <tr>
        <td style={{ paddingLeft: 14 + depth * 20 }}>
          <span className="strong">{node.title}</span>
          {node.details.map((detail) => (
            <span key={detail} className="plandetail mono selectable">
              {detail}
            </span>
          ))}
        </td>
        <td className="r num">
          {Math.round(rows).toLocaleString('en-US')}
          {misjudged ? (
            <span className="plandetail c-pending">
              expected {Math.round(node.rows * (actual?.loops ?? 1)).toLocaleString('en-US')}
            </span>
          ) : null}
        </td>
        <td className="r num">
          {actual
            ? tookText(actual.milliseconds * actual.loops)
            : node.cost.toLocaleString('en-US', { maximumFractionDigits: 0 })}
        </td>
        <td>
          <span className="row planshare">
            <span className="planbar">
              <i style={{ width: `${Math.max(1, node.share * 100)}%` }} />
            </span>
            <span className="meta num">{Math.round(node.share * 100)}%</span>
          </span>
        </td>
      </tr>
      {node.children.map((child, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a plan never changes
        <Steps key={index} node={child} depth={depth + 1} />
      ))}
    </>
  );
}
