/**
 * Counters, gauges and histograms in the Prometheus text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Label values are chosen by the code, never by a client, so
 * that the number of series is bounded; a series beyond the bound is counted under the label value `other`.
 */
import { invariant } from '../../protocol/refusal.ts'

export type Labels = Readonly<Record<string, string>>

export interface Counter {
  add(labels?: Labels, amount?: number): void
}

export interface Gauge {
  set(value: number, labels?: Labels): void
  add(amount: number, labels?: Labels): void
}

export interface Histogram {
  observe(value: number, labels?: Labels): void
}

export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter
  /** `read` is asked at each scrape when the value is not set from outside. */
  gauge(name: string, help: string, labelNames?: readonly string[], read?: () => number): Gauge
  histogram(
    name: string,
    help: string,
    labelNames?: readonly string[],
    upperBounds?: readonly number[],
  ): Histogram
  text(): string
}

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const MOST_SERIES = 2_000
/** Seconds: from one cheap read to a request that is about to be given up. */
const DEFAULT_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** An empty set of metrics. Asking for a name twice is a defect and throws. */
export function createMetrics(): Metrics {
  const families = new Map<string, () => string[]>()

  const register = (name: string, help: string, type: string, lines: () => string[]) => {
    invariant(/^[a-z][a-z0-9_]*$/.test(name) && !families.has(name), `metric ${name} is unnamed or taken`)
    families.set(name, () => [
      `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
      `# TYPE ${name} ${type}`,
      ...lines(),
    ])
  }

  return {
    counter(name, help, labelNames = []) {
      const series = createSeries(labelNames, () => ({ value: 0 }))
      register(name, help, 'counter', () =>
        series.lines(({ value }, labels) => [`${name}${labels} ${value}`]),
      )
      return {
        add(labels = {}, amount = 1) {
          invariant(amount >= 0, `counter ${name} cannot fall`)
          series.of(labels).value += amount
        },
      }
    },

    gauge(name, help, labelNames = [], read) {
      const series = createSeries(labelNames, () => ({ value: 0 }))
      register(name, help, 'gauge', () => {
        if (read !== undefined) series.of({}).value = read()
        return series.lines(({ value }, labels) => [`${name}${labels} ${value}`])
      })
      return {
        set(value, labels = {}) {
          series.of(labels).value = value
        },
        add(amount, labels = {}) {
          series.of(labels).value += amount
        },
      }
    },

    histogram(name, help, labelNames = [], upperBounds = DEFAULT_BOUNDS) {
      const series = createSeries(labelNames, () => ({ counts: upperBounds.map(() => 0), count: 0, sum: 0 }))
      register(name, help, 'histogram', () =>
        series.lines(({ counts, count, sum }, labels) => {
          const withBound = (bound: string) =>
            labels === '' ? `{le="${bound}"}` : `${labels.slice(0, -1)},le="${bound}"}`
          let below = 0
          const buckets = upperBounds.map((bound, i) => {
            below += counts[i] ?? 0
            return `${name}_bucket${withBound(String(bound))} ${below}`
          })
          return [
            ...buckets,
            `${name}_bucket${withBound('+Inf')} ${count}`,
            `${name}_sum${labels} ${sum}`,
            `${name}_count${labels} ${count}`,
          ]
        }),
      )
      return {
        observe(value, labels = {}) {
          const one = series.of(labels)
          const bucket = upperBounds.findIndex(bound => value <= bound)
          if (bucket >= 0) one.counts[bucket] = (one.counts[bucket] ?? 0) + 1
          one.count++
          one.sum += value
        },
      }
    },

    text: () => `${[...families.values()].flatMap(lines => lines()).join('\n')}\n`,
  }
}

function createSeries<State>(labelNames: readonly string[], fresh: () => State) {
  const states = new Map<string, State>()
  const other = labelText(labelNames, Object.fromEntries(labelNames.map(name => [name, 'other'])))
  // A metric without labels shows its zero from the first scrape on.
  if (labelNames.length === 0) states.set('', fresh())
  return {
    of(labels: Labels): State {
      let text = labelText(labelNames, labels)
      if (!states.has(text) && states.size >= MOST_SERIES) text = other
      let state = states.get(text)
      if (state === undefined) states.set(text, (state = fresh()))
      return state
    },
    lines: (print: (state: State, labels: string) => string[]) =>
      [...states].flatMap(([labels, state]) => print(state, labels)),
  }
}

function labelText(names: readonly string[], labels: Labels): string {
  if (names.length === 0) return ''
  const pairs = names.map(name => `${name}="${escapeLabel(labels[name] ?? '')}"`)
  return `{${pairs.join(',')}}`
}

function escapeLabel(value: string): string {
  if (!/["\\\n]/.test(value)) return value
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
