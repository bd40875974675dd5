/** What the kernel says of a process over a long time, and whether it grows. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

export interface Sample {
  /** Runs, or seconds: what has been done when it was taken. */
  readonly at: number
  readonly values: Readonly<Record<string, number>>
}

/** Of a process: its own memory in MiB, open files, of these sockets, threads. */
export function sampleProcess(pid: number): Record<string, number> {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8')
  const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? NaN)
  const folder = `/proc/${String(pid)}/fd`
  const targets = readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)]
    } catch {
      return []
    }
  })
  return {
    'memory (MiB)': read('RssAnon') / 1024,
    'open files': targets.length,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
    threads: read('Threads'),
  }
}

export const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN

export interface Trend {
  readonly name: string
  /** Medians of the second quarter and of the last: the first is left to what is filled once. */
  readonly early: number
  readonly late: number
  readonly highest: number
}

export function trendsOf(samples: readonly Sample[]): Trend[] {
  const quarter = Math.floor(samples.length / 4)
  const names = [...new Set(samples.flatMap(({ values }) => Object.keys(values)))]
  return names.map((name) => {
    const part = (from: number, to?: number): number[] =>
      samples.slice(from, to).flatMap(({ values }) => values[name] ?? [])
    return {
      name,
      early: median(part(quarter, 2 * quarter)),
      late: median(part(-quarter)),
      highest: Math.max(...part(0)),
    }
  })
}

/** Flat: late is at most a twentieth, or `slack`, above early. */
export const isFlat = ({ early, late }: Trend, slack: number): boolean => late - early <= Math.max(early / 20, slack)

const rounded = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1))

/** A table of Markdown, as docs/benchmarks.md keeps it. */
export const trendTable = (trends: readonly Trend[]): string =>
  [
    '| | second quarter | last quarter | highest |',
    '|---|---|---|---|',
    ...trends.map(
      ({ name, ...all }) => `| ${[name, ...[all.early, all.late, all.highest].map(rounded)].join(' | ')} |`,
    ),
  ].join('\n')
