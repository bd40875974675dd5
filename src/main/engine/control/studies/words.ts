/** A plan in words. */

export interface PlanFacts {
  readonly cells: number
  readonly teachers: number
  /** Teachers that come from files. */
  readonly read?: number
  readonly students: number
  readonly reused: number
  readonly seconds: number
  readonly longestChain: number
  readonly bytes: number
  readonly basis: 'measured' | 'calculated'
  readonly slots: number
  /** Whether this machine's times are those of a GPU. */
  readonly onGpu?: boolean
}

const minute = 60
const hour = 60 * minute
const day = 24 * hour
const two = 10
const rounded = (value: number): string =>
  value < two ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value).toString()

/** "40 s", "9 h", "2.5 days". */
export function durationWords(seconds: number): string {
  if (seconds < minute) return `${Math.max(1, Math.round(seconds))} s`
  if (seconds < 2 * hour) return `${Math.round(seconds / minute)} min`
  if (seconds < 2 * day) return `${rounded(seconds / hour)} h`
  return `${rounded(seconds / day)} days`
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

/** As many GPUs as a lab's partition has; each about as fast as the one in docs/benchmarks-gpu.md. */
const exampleGpus = 12
/**
 * How much less time the steps take on one H100 than on two cores: a pseudo batch of WRN-16-2 → WRN-16-1 takes 0.106 s
 * there (docs/benchmarks-gpu.md) and 2.24 s on the cores (docs/benchmarks.md).
 */
const gpuSpeed = 21
/** What a stage takes on any GPU: the start of TensorFlow, the capture of its steps. */
const gpuStageSeconds = 20
/** Data, teacher, student. */
const stagesInChain = 3

function onGpus({ seconds, longestChain, teachers, students, onGpu = false }: PlanFacts): number {
  if (onGpu) return Math.max(longestChain, seconds / exampleGpus)
  const work = seconds / gpuSpeed + (teachers + students) * gpuStageSeconds
  return Math.max(longestChain / gpuSpeed + stagesInChain * gpuStageSeconds, work / exampleGpus)
}

/** "162 cells, 30 teachers and 162 students to train, 0 reused; about 9 h on this machine, 40 min on 12 GPUs". */
export function planWords(facts: PlanFacts): string {
  const { cells, teachers, read = 0, students, reused, seconds, slots } = facts
  const trained = [
    ...(teachers > 0 ? [counted(teachers, 'teacher')] : []),
    ...(students > 0 ? [counted(students, 'student')] : []),
  ].join(' and ')
  const work = [
    ...(read > 0 ? [`${counted(read, 'teacher')} to read from a file`] : []),
    trained === '' ? 'nothing to train' : `${trained} to train`,
  ].join(', ')
  const here = Math.max(facts.longestChain, seconds / (Number.isFinite(slots) ? Math.max(1, slots) : 1))
  const guess = facts.basis === 'measured' ? '' : ' (calculated: read it within a factor of three)'
  const gpus = onGpus(facts)
  // Small runs gain nothing.
  const elsewhere = gpus < here / 2 ? `, perhaps ${durationWords(gpus)} on ${exampleGpus} GPUs` : ''
  const time = seconds === 0 ? '' : `; about ${durationWords(here)} on this machine${guess}${elsewhere}`
  return `${counted(cells, 'cell')}, ${work}, ${reused.toLocaleString('en')} reused${time}`
}
