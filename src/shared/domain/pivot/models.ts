/** Teachers and students of any set of runs as a pivot counts them: each once, beside the one it is compared with. */
import { arithmeticOf } from '../arithmetic'
import { defensesOfLabel } from '../config'
import { countsInMeans, type HealthFinding } from '../health'
import { defenseEffectiveness, robustnessImprovement } from '../measures'
import { stagePrecision, type Precision } from '../precision'
import { otherSettingsOf, publishedComparison, type PublishedComparison } from '../published'
import type { Evaluation, RunSummary, StageRecord, StageState } from '../run'
import { atOnce, type Steps } from '../steps'
import { labelsOf, type PivotLabels } from './fields'
import type { PivotValue } from './values'

export interface PivotModel {
  readonly runId: string
  readonly stageId: string
  readonly kind: 'teacher' | 'student'
  readonly labels: PivotLabels
  readonly seed: number
  readonly state: StageState
  /** Of its run. */
  readonly createdAt: number
  /** The same for models that differ in the seed alone. */
  readonly recipe: string
  /** The same, of one seed, for students that differ in their defenses alone; null of a teacher. */
  readonly pairKey: string | null
  readonly defended: boolean
  /** null of a model that is not done, or of what was not measured. */
  readonly values: Readonly<Record<PivotValue, number | null>>
  readonly evaluation: Evaluation | null
  readonly health: readonly HealthFinding[]
  /** See arithmeticOf; null while its device is not known. */
  readonly arithmetic: string | null
  readonly precision: Precision
  /** What it is compared with: the newest done student of its seed and pair key without a defense, if it counts. */
  readonly twin: PivotModel | null
  readonly published: PublishedComparison | null
}

/** Models of one recipe and seed are one; of those that are done, or else of all, the newest stands for them. */
export function pivotModels(runs: readonly RunSummary[]): PivotModel[] {
  const gathering = gatherPivotModels()
  for (const run of runs) gathering.add(run)
  return atOnce(gathering.models())
}

/** The same run by run, for who has others to serve between them. */
export function gatherPivotModels(): { add(run: RunSummary): void; models(): Steps<PivotModel[]> } {
  const newest = new Map<string, PivotModel>()
  return {
    add(run) {
      for (const stage of run.stages) {
        const model = modelOf(run, stage)
        if (!model) continue
        const key = `${model.recipe} ${model.seed}`
        const known = newest.get(key)
        if (!known || precedence(model, known) > 0) newest.set(key, model)
      }
    },
    models: () => withTwins([...newest.values()]),
  }
}

const precedence = (model: PivotModel, other: PivotModel): number =>
  Number(model.state === 'done') - Number(other.state === 'done') || model.createdAt - other.createdAt

function modelOf(run: RunSummary, stage: StageRecord): PivotModel | null {
  const { kind } = stage
  if (kind === 'data') return null
  const evaluation = stage.state === 'done' ? stage.evaluation : null
  const { accuracy = null, asr = null, robustAccuracy = null } = evaluation ?? {}
  const { method = null, defense = null } = stage
  const others = otherSettingsOf(run, stage)
  const traits = { kind, method, defense, data: run.data, attack: run.attack, accuracy, asr, otherSettings: others }
  return {
    runId: run.id,
    stageId: stage.id,
    kind,
    labels: labelsOf(run, stage),
    seed: run.seed,
    state: stage.state,
    createdAt: run.createdAt,
    recipe: stage.recipe ?? `${run.recipe ?? run.id}/${stage.id}`,
    // Of records without one: within their run.
    pairKey: kind === 'teacher' ? null : (stage.pairKey ?? `${run.id}/${method ?? ''}`),
    defended: kind === 'student' && defensesOfLabel(defense).length > 0,
    values: {
      accuracy,
      asr,
      robustAccuracy,
      der: null,
      rir: null,
      seconds: stage.state === 'done' ? stage.seconds : null,
    },
    evaluation,
    health: stage.health ?? [],
    arithmetic: stage.device ? arithmeticOf(stage.device) : null,
    precision: stagePrecision(stage),
    twin: null,
    published: publishedComparison(traits, run.method),
  }
}

function* withTwins(models: readonly PivotModel[]): Steps<PivotModel[]> {
  const undefended = new Map<string, PivotModel>()
  const placeOf = ({ pairKey, seed }: PivotModel): string => `${pairKey ?? ''} ${seed}`
  for (const model of models) {
    yield
    if (model.pairKey === null || model.defended || model.state !== 'done') continue
    const known = undefended.get(placeOf(model))
    if (!known || known.createdAt < model.createdAt) undefended.set(placeOf(model), model)
  }
  const beside: PivotModel[] = []
  for (const model of models) {
    yield
    const twin = model.defended ? undefended.get(placeOf(model)) : undefined
    // Beside one that has learnt nothing there is nothing to compare.
    beside.push(twin && countsInMeans(twin) ? comparedWith(model, twin) : model)
  }
  return beside
}

function comparedWith(model: PivotModel, twin: PivotModel): PivotModel {
  const [without, defended] = [twin.evaluation, model.evaluation]
  if (!countsInMeans(model) || !without || !defended) return { ...model, twin }
  const worth = { der: defenseEffectiveness(without, defended), rir: robustnessImprovement(without, defended) }
  return { ...model, twin, values: { ...model.values, ...worth } }
}
