import type { CellState } from '@shared/domain'

export type CellTone = 'good' | 'accent' | 'warn' | 'bad' | 'soft' | 'muted'

/** How cells of a study are told together: few groups, in the order in which a bar shows them. */
export const cellGroups = [
  { id: 'done', title: 'done', tone: 'good', states: ['done'] },
  { id: 'running', title: 'running', tone: 'accent', states: ['running'] },
  { id: 'failed', title: 'failed', tone: 'bad', states: ['failed', 'interrupted'] },
  { id: 'paused', title: 'paused', tone: 'warn', states: ['paused'] },
  { id: 'cancelled', title: 'cancelled', tone: 'soft', states: ['cancelled', 'stopped'] },
  { id: 'waiting', title: 'waiting', tone: 'muted', states: ['waiting', 'queued'] },
] as const satisfies readonly { id: string; title: string; tone: CellTone; states: readonly CellState[] }[]
export type CellGroup = (typeof cellGroups)[number]['id']

export type CellCounts = Readonly<Record<CellState, number>>

export const noCells: CellCounts = {
  queued: 0,
  running: 0,
  paused: 0,
  stopped: 0,
  interrupted: 0,
  failed: 0,
  done: 0,
  waiting: 0,
  cancelled: 0,
}

export const countOf = (counts: CellCounts, group: CellGroup): number =>
  (cellGroups.find(({ id }) => id === group)?.states ?? []).reduce((sum, state) => sum + counts[state], 0)

export const cellTotal = (counts: CellCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** "12 done, 2 running, 1 failed", without groups that have none. */
export const cellWords = (counts: CellCounts): string =>
  cellGroups
    .map(({ id, title }) => [countOf(counts, id), title] as const)
    .filter(([count]) => count > 0)
    .map(([count, title]) => `${count} ${title}`)
    .join(', ')

/** 1 seed, 3 seeds. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
