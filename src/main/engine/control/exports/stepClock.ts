/**
 * When the steps of a stage were recorded. The store keeps no times; the journals of the stage's folder do, of the
 * machine that trained it.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepClock } from '../../families/runExporters'
import { decodeLine } from '../../protocol/journalLines'
import { taskFiles } from '../../protocol/taskFolder'
import { readLines } from '../executors/journal/reader'

/** For stages whose journals are gone: a stage that began then and took so long for its steps. */
export interface AboutTime {
  readonly began: number
  readonly seconds: number
  readonly steps: number
}

export interface StepClockReader {
  /** Reads on where it stopped the last time. */
  read(): Promise<StepClock>
}

export function createStepClock(folder: string, about: () => AboutTime): StepClockReader {
  const journals = join(folder, taskFiles.journal)
  const offsets = new Map<string, number>()
  const steps: number[] = []
  const times: number[] = []
  const note = (step: number, time: number): void => {
    // Recorded anew, after a checkpoint.
    while (steps.length > 0 && (steps.at(-1) ?? 0) >= step) {
      steps.pop()
      times.pop()
    }
    steps.push(step)
    times.push(Math.max(time, times.at(-1) ?? time))
  }
  const readOne = async (name: string): Promise<void> => {
    await readLines(join(journals, name), offsets.get(name) ?? 0, ({ text, end }) => {
      offsets.set(name, end)
      const found = stepAndTime(text)
      if (found) note(...found)
      return true
    }).catch(() => undefined)
  }
  return {
    async read() {
      const names = await readdir(journals).catch(() => [])
      // Names of attempts sort by time.
      for (const name of names.filter((entry) => entry.endsWith('.jsonl')).sort()) await readOne(name)
      return { at: (step) => (steps.length > 0 ? timeAt(step, steps, times) : aboutAt(step, about())) }
    },
  }
}

/** Of a line that tells numbers, or that a process began at step 0; other lines are not parsed. */
function stepAndTime(text: string): [step: number, time: number] | null {
  const begins = text.includes('"type":"attempt"')
  if (!begins && !text.includes('"type":"metrics"')) return null
  try {
    const { time, report } = decodeLine(text)
    if (report.type === 'attempt') return report.resumes ? null : [0, time]
    if (report.type !== 'metrics') return null
    return [report.points.reduce((last, { step }) => Math.max(last, step), 0), time]
  } catch {
    return null
  }
}

/** The first entry at or behind the step; behind the last one, the last. */
function timeAt(step: number, steps: readonly number[], times: readonly number[]): number {
  let [low, high] = [0, steps.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((steps[middle] ?? 0) >= step) high = middle
    else low = middle + 1
  }
  return times[low] ?? 0
}

const aboutAt = (step: number, { began, seconds, steps }: AboutTime): number =>
  began + (steps > 0 ? Math.min(1, step / steps) * seconds * 1000 : 0)
