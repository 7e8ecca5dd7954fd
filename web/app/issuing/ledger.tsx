/* eslint-disable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role -- laid out as cards, a table is one for screen readers only when it says so */
import type { ReactNode } from 'react'

/**
 * A list with several facts to each line: a table on a wide screen, cards on a narrow one. `renderCells` says the facts of a line by their
 * headings, the same ones for every line.
 */
export function Ledger<Row>({
  caption,
  empty,
  rows,
  rowKey,
  renderCells,
}: {
  /** Read out before the table, not shown: a heading stands above it. */
  caption: string
  /** Said when there is no line. */
  empty?: string
  rows: readonly Row[]
  rowKey: (row: Row) => string
  renderCells: (row: Row) => Readonly<Record<string, ReactNode>>
}) {
  const [first] = rows
  if (first === undefined) return empty === undefined ? null : <p className="ask-hint">{empty}</p>
  return (
    <table className="ledger" role="table">
      <caption className="visually-hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {Object.keys(renderCells(first)).map(title => (
            <th key={title} scope="col" role="columnheader">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(row => (
          <tr key={rowKey(row)} role="row">
            {Object.entries(renderCells(row)).map(([title, cell]) => (
              <td key={title} role="cell" data-label={title}>
                <div>{cell}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
