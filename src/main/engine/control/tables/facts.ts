/** What is known of a run, of a stage and of a model beside its configuration, as facts. */
import { ownMachine, countsInMeans, type RunSummary, type StageRecord } from '../../../../shared/domain'
import type { MemberDescription } from '../../../../shared/schema'
import type { MemberTable } from '../experiments/memberTable'
import type { Facts } from './settings'

/** Several values of one fact, one a line. */
export const listText = (values: readonly string[]): string => values.join('\n')

/** `seconds` is the engine's time, whoever trained it; of the run only what was trained for it. */
export function factsOfRun(run: RunSummary): Facts {
  const facts: Facts = new Map<string, string | number | boolean | null>([
    ['run', run.id],
    ['name', run.name],
    ['note', run.note],
    ['tags', listText(run.tags)],
    ['run.state', run.state],
    ['created', run.createdAt],
    ['started', run.startedAt],
    ['ended', run.endedAt],
    ['run.seconds', run.seconds],
    ['study', run.study?.id ?? null],
    ['executor', run.executor ?? ownMachine],
    ['preset', run.preset],
    ['device', run.device?.kind ?? null],
    ['archived', (run.archivedAt ?? null) !== null],
    ['forked', run.forkedFrom?.runId ?? null],
    ['bytes', run.bytesOnDisk],
    ['priority', run.priority ?? 0],
    ['error', run.error?.[0]?.message ?? null],
  ])
  return known(facts)
}

/** Of a stage, whichever runs name it. */
export function factsOfStage(stage: StageRecord): Facts {
  const { evaluation } = stage
  return known(
    new Map<string, string | number | boolean | null>([
      ['model.state', stage.state],
      ['model.seconds', stage.seconds],
      ['step', stage.step],
      ['steps', stage.totalSteps],
      ['accuracy', evaluation?.accuracy ?? null],
      ['asr', evaluation?.asr ?? null],
      ['asrAll', evaluation?.asrAll ?? null],
      ['robustAccuracy', evaluation?.robustAccuracy ?? null],
      ['topAnswer', evaluation?.topAnswer?.share ?? null],
      ['health', listText((stage.health ?? []).map(({ kind }) => kind))],
    ]),
  )
}

/** Of a run's stage. */
export const factsOfModel = (stage: StageRecord): Facts =>
  known(
    new Map<string, string | number | boolean | null>([
      ['model', stage.kind],
      ['defended', stage.kind === 'student' ? (stage.defense ?? 'none') !== 'none' : null],
    ]),
  )

const known = (facts: Facts): Facts => {
  for (const [path, value] of facts) if (value === null || value === '') facts.delete(path)
  return facts
}

/** What changes of a stage when it does not merely go on. */
export const stampOf = ({ state, evaluation, health = [], weights }: StageRecord): string =>
  JSON.stringify([state, evaluation, health.map(({ kind }) => kind), weights !== null])

export { countsInMeans }

/** What words of a query are looked for in, of a run. */
export function wordsOfRun(run: RunSummary, table: MemberTable): string {
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
