/** What is known of a run, of a stage and of a model beside its configuration, as facts. */
import { arithmeticOf, ownMachine, stagePrecision, type RunSummary, type StageRecord } from '../../../../shared/domain'
import { causeSentence } from '../../../../shared/errors'
import type { JsonScalar, MemberDescription } from '../../../../shared/schema'
import type { MemberTable } from '../experiments/memberTable'
import { precisionPath, type Facts } from './settings'

/** Several values of one fact, one a line. */
const listText = (values: readonly string[]): string => values.join('\n')

/** By path; null and nothing: not said. */
type Told = Readonly<Record<string, (of: never) => JsonScalar>>

const ofRun = {
  run: ({ id }) => id,
  name: ({ name }) => name,
  note: ({ note }) => note,
  tags: ({ tags }) => listText(tags),
  'run.state': ({ state }) => state,
  created: ({ createdAt }) => createdAt,
  started: ({ startedAt }) => startedAt,
  ended: ({ endedAt }) => endedAt,
  'run.seconds': ({ seconds }) => seconds,
  study: ({ study }) => study?.id ?? null,
  executor: ({ executor }) => executor ?? ownMachine,
  preset: ({ preset }) => preset,
  device: ({ device }) => device?.kind ?? null,
  archived: ({ archivedAt }) => (archivedAt ?? null) !== null,
  forked: ({ forkedFrom }) => forkedFrom?.runId ?? null,
  bytes: ({ bytesOnDisk }) => bytesOnDisk,
  priority: ({ priority }) => priority ?? 0,
  position: ({ position }) => position ?? null,
  error: ({ error }) => causeSentence(error),
} satisfies Record<string, (run: Readonly<RunSummary>) => JsonScalar>

const ofStage = {
  'model.state': ({ state }) => state,
  'model.seconds': ({ seconds }) => seconds,
  step: ({ step }) => step,
  steps: ({ totalSteps }) => totalSteps,
  accuracy: ({ evaluation }) => evaluation?.accuracy ?? null,
  asr: ({ evaluation }) => evaluation?.asr ?? null,
  asrAll: ({ evaluation }) => evaluation?.asrAll ?? null,
  robustAccuracy: ({ evaluation }) => evaluation?.robustAccuracy ?? null,
  images: ({ evaluation }) => evaluation?.images ?? null,
  nonTarget: ({ evaluation }) => evaluation?.nonTarget ?? null,
  topAnswer: ({ evaluation }) => evaluation?.topAnswer?.share ?? null,
  arithmetic: ({ device }) => (device ? arithmeticOf(device) : null),
  [precisionPath]: (stage) => stagePrecision(stage),
  health: ({ health = [] }) => listText(health.map(({ kind }) => kind)),
} satisfies Record<string, (stage: StageRecord) => JsonScalar>

export const runPaths: readonly string[] = Object.keys(ofRun)
export const stagePaths: readonly string[] = Object.keys(ofStage)

const factsOf = (told: Told, of: unknown): Facts =>
  new Map(
    Object.entries(told)
      .map(([path, value]) => [path, value(of as never)] as const)
      .filter(([, value]) => value !== null && value !== ''),
  )

export const factsOfRun = (run: Readonly<RunSummary>): Facts => factsOf(ofRun, run)
/** Of a stage, whichever runs name it. */
export const factsOfStage = (stage: StageRecord): Facts => factsOf(ofStage, stage)
/** Of a run's stage. */
export const factsOfModel = (stage: StageRecord): Facts =>
  new Map<string, JsonScalar>([
    ['model', stage.kind],
    ...(stage.recipe === undefined ? [] : [['recipe', stage.recipe] as const]),
    ...(stage.kind === 'student' ? [['defended', !isUndefended(stage)] as const] : []),
  ])

export const isUndefended = ({ kind, defense }: StageRecord): boolean =>
  kind === 'student' && (defense ?? 'none') === 'none'

/** What changes of a stage when it does not merely go on. */
export const stampOf = ({ state, evaluation, health = [] }: StageRecord): string =>
  JSON.stringify([state, evaluation, health.map(({ kind }) => kind)])

/** What words of a query are looked for in, of a run. */
export function wordsOfRun(run: Readonly<RunSummary>, table: MemberTable): string {
  const members = [table.find('dataset', run.data), table.find('attack', run.attack)]
  return [run.name, run.note, ...run.tags, run.data, run.attack, ...members.flatMap(namesOf)].join('\n')
}

/** Of a model, beside its run's. */
export function wordsOfModel(stage: StageRecord, table: MemberTable): string {
  if (stage.kind !== 'student') return stage.kind
  const ids = (stage.defense ?? '').split('+')
  const members = [table.find('distillation', stage.method ?? ''), ...ids.map((id) => table.find('defense', id))]
  return ['student', stage.method ?? '', ...ids, ...members.flatMap(namesOf)].join('\n')
}

const namesOf = (member: MemberDescription | undefined): string[] =>
  member ? [member.title, ...(member.short === undefined ? [] : [member.short])] : []
