/**
 * The rows of the result: what was measured, against what, and whether the goal is met.
 */
export interface Row {
  name: string
  ours: number
  /** null: nothing was there to compare with. */
  baseline: number | null
  /** As `goal` or `note` says, rounded to three digits. */
  ratio: number | null
  unit: string
  /** In words, e.g. `baseline ÷ ours ≥ 4`; null: the figure is for information. */
  goal: string | null
  met: boolean | null
  note: string
}

export interface Report {
  /** RFC 3339. */
  date: string
  machine: { cpu: string; cores: number; memoryGiB: number; node: string; openssl: string; load: number }
  rows: Row[]
}

interface Figures {
  name: string
  ours: number
  baseline: number | null
  unit: string
  note: string
}

/** How many times faster we are than the baseline. `atLeast` null: for information. */
export function fasterThan(figures: Figures, atLeast: number | null): Row {
  const ratio = figures.baseline === null ? null : digits(figures.baseline / figures.ours)
  return {
    ...rounded(figures),
    ratio,
    goal: atLeast === null ? null : `baseline ÷ ours ≥ ${atLeast}`,
    met: atLeast === null || ratio === null ? null : ratio >= atLeast,
  }
}

/** How many times the baseline we cost. */
export function noDearerThan(figures: Figures, atMost: number | null): Row {
  const ratio = figures.baseline === null ? null : digits(figures.ours / figures.baseline)
  return {
    ...rounded(figures),
    ratio,
    goal: atMost === null ? null : `ours ÷ baseline ≤ ${atMost}`,
    met: atMost === null || ratio === null ? null : ratio <= atMost,
  }
}

/** A figure of ours alone; the baseline, if any, is there to show the distance. */
export function atMost(figures: Figures, limit: number): Row {
  const { ours, baseline, unit } = rounded(figures)
  return {
    ...rounded(figures),
    ratio: baseline === null ? null : digits(ours / baseline),
    goal: `ours ≤ ${limit.toLocaleString('en')} ${unit}`,
    met: ours <= limit,
  }
}

function rounded(figures: Figures): Figures {
  const { ours, baseline } = figures
  return { ...figures, ours: digits(ours), baseline: baseline === null ? null : digits(baseline) }
}

function digits(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3))
}

/** The table as it is printed. */
export function formatTable(rows: readonly Row[]): string {
  const lines = [
    ['', 'ours', 'baseline', 'ratio', 'unit', 'goal', ''],
    ...rows.map(row => [
      row.name,
      row.ours.toLocaleString('en'),
      row.baseline?.toLocaleString('en') ?? '–',
      row.ratio?.toLocaleString('en') ?? '–',
      row.unit,
      row.goal ?? '',
      row.met === null ? '' : row.met ? 'met' : 'NOT MET',
    ]),
  ]
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map(line => line[column]!.length)))
  const isNumber = (column: number) => column >= 1 && column <= 3
  return lines
    .map(line =>
      line
        .map((cell, column) =>
          isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
