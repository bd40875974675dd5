/** Where the time of a run went: what the processes of its stages say of themselves, and what lies between them. */

/** What a process of a stage spends its time on, in the order in which it is shown. */
export const timePhases = {
  training: { title: 'Training', help: 'Steps: synthesis, student and teacher updates, a defense’s own passes.' },
  evaluation: { title: 'Evaluation', help: 'Predictions for the test images, clean and with the trigger.' },
  graphs: {
    title: 'First calls',
    help: 'The first call of each captured step: it is recorded, handed to TensorFlow, and computed once.',
  },
  start: { title: 'Start', help: 'From the first instant of the process until TensorFlow has run an operation.' },
  data: { title: 'Data', help: 'Reading, poisoning and triggering images, and making the networks.' },
  checkpoints: {
    title: 'Checkpoints',
    help: 'Fetching the state from the device and writing it, the final weights too.',
  },
  images: { title: 'Images', help: 'Fetching synthetic images; they are encoded and written beside the steps.' },
  analyses: { title: 'Analyses', help: 'What is measured with evaluations and at the end.' },
  rest: { title: 'Rest', help: 'Everything else in the processes: reports, requests, waiting for the disk.' },
} as const satisfies Record<string, { title: string; help: string }>

export type TimePhase = keyof typeof timePhases

export const timePhaseNames = Object.keys(timePhases) as TimePhase[]

/** `cpuSeconds`: of all threads of the process. */
export interface PhaseTime {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** One process of a stage. Its phases do not overlap; their seconds are those from `began` to `ended`. */
export interface ProcessTimings {
  /** Milliseconds since 1970; tells processes of one stage apart. */
  readonly began: number
  readonly ended: number
  readonly phases: Readonly<Partial<Record<TimePhase, PhaseTime>>>
  /** The most that the process held in memory. */
  readonly peakBytes: number
}

/** Per cent; what is less is left out of words. */
const leastShare = 0.1

/** So many processes of a stage are kept apart; the oldest are left out after that. */
const keptProcesses = 50

/** What a stage's processes said, with what one of them says now in place of what it said before. */
export const withProcessTimings = (
  earlier: readonly ProcessTimings[],
  said: ProcessTimings,
): readonly ProcessTimings[] =>
  [...earlier.filter(({ began }) => began !== said.began), said]
    .sort((left, right) => left.began - right.began)
    .slice(-keptProcesses)

const noTime: PhaseTime = { seconds: 0, cpuSeconds: 0 }

const added = (left: PhaseTime, right: PhaseTime): PhaseTime => ({
  seconds: left.seconds + right.seconds,
  cpuSeconds: left.cpuSeconds + right.cpuSeconds,
})

/** What of a stage's record its account is made from. */
interface TimedStage {
  readonly timings?: readonly ProcessTimings[]
  /** Of a stage that was trained for another run. */
  readonly origin?: object
}

export interface TimeAccount {
  readonly phases: Readonly<Record<TimePhase, PhaseTime>>
  /** Seconds in no process of a stage: start of processes, waiting for a place, pauses. */
  readonly outside: number
  /** Seconds of all phases and outside. */
  readonly total: number
  /** The share of `total` that is not training; evaluations, recording and what is outside count as not training. */
  readonly notTraining: number
}

function accountOf(processes: readonly ProcessTimings[], outside: number): TimeAccount {
  const sumOf = (phase: TimePhase): PhaseTime =>
    processes.reduce((sum, { phases }) => added(sum, phases[phase] ?? noTime), noTime)
  const phases = Object.fromEntries(timePhaseNames.map((phase) => [phase, sumOf(phase)])) as Record<
    TimePhase,
    PhaseTime
  >
  const total = Object.values(phases).reduce((sum, { seconds }) => sum + seconds, outside)
  return { phases, outside, total, notTraining: total > 0 ? 1 - phases.training.seconds / total : 0 }
}

/** Null where no process of the stage has said anything, and of one that was trained for another run. */
export const stageTimeAccount = ({ timings = [], origin }: TimedStage): TimeAccount | null =>
  origin !== undefined || timings.length === 0 ? null : accountOf(timings, 0)

/** E.g. "training 91.2 %, evaluation 4.0 %, outside its processes 0.9 %": phases that took a part worth a word. */
export function timeAccountWords({ phases, outside, total }: TimeAccount): string {
  const parts = [
    ...timePhaseNames.map((phase): [string, number] => [timePhases[phase].title.toLowerCase(), phases[phase].seconds]),
    ['outside its processes', outside] as [string, number],
  ]
  return parts
    .map(([title, seconds]): [string, number] => [title, (100 * seconds) / total])
    .filter(([, share]) => share >= leastShare)
    .map(([title, share]) => `${title} ${share.toFixed(1)} %`)
    .join(', ')
}

/**
 * Of the stages that were trained for this run. Outside: what is left of the time from when it was made to its end, or
 * to the last word of its newest process.
 */
export function runTimeAccount(run: {
  readonly createdAt: number
  readonly endedAt: number | null
  readonly stages: readonly TimedStage[]
}): TimeAccount | null {
  const processes = run.stages.flatMap(({ timings = [], origin }) => (origin === undefined ? timings : []))
  if (processes.length === 0) return null
  const end = run.endedAt ?? Math.max(...processes.map(({ ended }) => ended))
  const inside = processes.reduce((sum, { began, ended }) => sum + (ended - began), 0)
  return accountOf(processes, Math.max(0, end - run.createdAt - inside) / 1000)
}
