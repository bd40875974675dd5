/** What the rows and columns of a pivot may be: the labels that a model goes by. */
import { noDefense } from '../config'
import { ownMachine } from '../executors'
import { stagePrecision } from '../precision'
import type { RunSummary, StageRecord } from '../run'
import { atOnce, type Steps } from '../steps'

/** Where a field says nothing of a model: a teacher has no method. */
export const noLabel = '–'

export interface PivotField {
  /** Of an axis: its path. */
  readonly id: string
  readonly title: string
}

interface StandardField extends PivotField {
  /** null: says nothing of this model. */
  readonly labelOf: (run: RunSummary, stage: StageRecord) => string | null
  /** Tells records apart, not models: it may vary within a cell. */
  readonly ofRecord?: boolean
}

const ofStudent =
  (labelOf: (stage: StageRecord) => string | undefined): StandardField['labelOf'] =>
  (_run, stage) =>
    stage.kind === 'student' ? (labelOf(stage) ?? null) : null

/** Teacher or student. */
const kindField = 'model'

/** Named as the axes of studies are. */
const standardFields: readonly StandardField[] = [
  { id: kindField, title: 'Model', labelOf: (_run, { kind }) => kind },
  { id: 'data', title: 'Data', labelOf: ({ data }) => data },
  { id: 'attack', title: 'Attack', labelOf: ({ attack }) => attack },
  {
    id: 'poisoning.ratio',
    title: 'Poison ratio',
    labelOf: ({ poisonRatio }) => (poisonRatio === null ? null : String(poisonRatio)),
  },
  { id: 'poisoning.target', title: 'Target class', labelOf: ({ target }) => String(target) },
  { id: 'method', title: 'Method', labelOf: ofStudent(({ method }) => method) },
  { id: 'defenses', title: 'Defense', labelOf: ofStudent(({ defense }) => defense ?? noDefense) },
  { id: 'execution.precision', title: 'Precision', labelOf: (_run, stage) => stagePrecision(stage) },
  { id: 'seed', title: 'Seed', labelOf: ({ seed }) => String(seed), ofRecord: true },
  { id: 'preset', title: 'Preset', labelOf: ({ preset }) => preset, ofRecord: true },
  { id: 'study', title: 'Study', labelOf: ({ study }) => study?.id ?? null, ofRecord: true },
  { id: 'executor', title: 'Executor', labelOf: ({ executor }) => executor ?? ownMachine, ofRecord: true },
  { id: 'run', title: 'Run', labelOf: ({ name }) => name, ofRecord: true },
]

/** The field that a cell's models are averaged over. */
export const seedField = 'seed'

const ofRecords = new Set(standardFields.filter(({ ofRecord }) => ofRecord === true).map(({ id }) => id))
/** Whether two models that differ in it alone are still models of one kind. */
export const tellsRecordsApart = (field: string): boolean => ofRecords.has(field)

/** Places of the configuration that a teacher knows nothing of. */
const studentPlaces = ['method', 'defenses', 'students', 'distillation']
const concernsTeacher = (path: string): boolean =>
  !studentPlaces.some((place) => path === place || path.startsWith(`${place}.`))

/** Axes that vary what a standard field tells: both are called alike, and one of them is enough in a table. */
const standardFieldOf: Readonly<Record<string, string>> = {
  'data.id': 'data',
  'attack.id': 'attack',
  'distillation.method.id': 'method',
}

export type PivotLabels = Readonly<Record<string, string>>

/** What a model is called in every field: as its study's axes call it, else by what its run records. */
export function labelsOf(run: RunSummary, stage: StageRecord): PivotLabels {
  const labels: Record<string, string> = {}
  for (const { id, labelOf } of standardFields) labels[id] = labelOf(run, stage) ?? noLabel
  for (const [path, given] of Object.entries(run.study?.axes ?? {})) {
    const label = stage.kind === 'student' || concernsTeacher(path) ? given : noLabel
    labels[path] = label
    labels[standardFieldOf[path] ?? path] = label
  }
  return labels
}

/**
 * The fields of some models: the standard ones, then the axes of their studies.
 * @param titles of axes, by path; default: the path
 */
export const fieldsOf = (models: readonly Labelled[], titles: PivotLabels = {}): PivotField[] =>
  atOnce(fieldSteps(models, titles))

interface Labelled {
  readonly labels: PivotLabels
}

/** `fieldsOf` in steps. */
export function* fieldSteps(models: readonly Labelled[], titles: PivotLabels = {}): Steps<PivotField[]> {
  const fields: PivotField[] = standardFields.map(({ id, title }) => ({ id, title: titles[id] ?? title }))
  const known = new Set(fields.map(({ id }) => id))
  for (const { labels } of models) {
    for (const path in labels) {
      if (known.has(path)) continue
      known.add(path)
      fields.push({ id: path, title: titles[path] ?? path })
    }
    yield
  }
  return fields
}

/**
 * Fields in which these models differ, but for those that tell records apart: what a table of them wants to show. Of an
 * axis and the field that it varies, the axis where all models have it, else the field. A setting that other fields
 * tell already says nothing more.
 */
export const variedFields = (models: readonly Labelled[]): string[] => atOnce(variedSteps(models))

/**
 * `variedFields` in steps.
 * @param axes settings that stand for those which follow from them
 */
export function* variedSteps(models: readonly Labelled[], axes: readonly string[] = []): Steps<string[]> {
  const fields = (yield* fieldSteps(models)).map(({ id }) => id)
  // Teachers have no method or defense: that alone is no difference.
  const ofKind = new Map<string | undefined, PivotLabels>()
  const lacking = new Set<string>()
  const varied = new Set<string>()
  for (const { labels } of models) {
    const kind = labels[kindField]
    const first = ofKind.get(kind) ?? labels
    ofKind.set(kind, first)
    for (const id of fields) {
      const label = labels[id]
      if (label === undefined) lacking.add(id)
      if (label !== first[id]) varied.add(id)
    }
    yield
  }
  if (ofKind.size > 1) varied.add(kindField)
  const superfluous = (id: string): boolean => {
    const standard = standardFieldOf[id]
    if (standard !== undefined) return lacking.has(id)
    return fields.some((other) => standardFieldOf[other] === id && !lacking.has(other))
  }
  const shown = fields.filter((id) => varied.has(id) && !tellsRecordsApart(id) && !superfluous(id))
  const rankOf = (id: string): number => (identifying.has(id) ? 0 : axes.includes(id) ? 1 : 2)
  const telling = yield* tellingFields(
    models,
    [...shown].sort((left, right) => rankOf(left) - rankOf(right)),
  )
  return shown.filter((id) => telling.has(id))
}

const identifying = new Set([...standardFields.map(({ id }) => id), ...Object.keys(standardFieldOf)])

/** Without settings that the fields before them tell already, as a method tells the parameters that it alone has. */
function* tellingFields(models: readonly Labelled[], fields: readonly string[]): Steps<ReadonlySet<string>> {
  const kept = new Set<string>()
  /** Of each model, the number of the group that the kept fields put it in. */
  let groups = new Int32Array(models.length)
  for (const field of fields) {
    const splits = yield* splitting(models, field, groups)
    if (splits || identifying.has(field)) kept.add(field)
    if (!splits) continue
    const numbers = new Map<string, number>()
    const finer = new Int32Array(models.length)
    for (const [at, { labels }] of models.entries()) {
      const place = `${groups[at] ?? 0} ${labels[field] ?? noLabel}`
      const number = numbers.get(place) ?? numbers.size
      numbers.set(place, number)
      finer[at] = number
      yield
    }
    groups = finer
  }
  return kept
}

/** Whether some group has several labels. */
function* splitting(models: readonly Labelled[], field: string, groups: Int32Array): Steps<boolean> {
  const first: string[] = []
  for (const [at, { labels }] of models.entries()) {
    const label = labels[field] ?? noLabel
    const known = (first[groups[at] ?? 0] ??= label)
    if (known !== label) return true
    yield
  }
  return false
}

const collator = new Intl.Collator('en', { numeric: true })
/** "–" and "none" first, numbers by their size, words by the alphabet. */
export function compareLabels(left: string, right: string): number {
  const rank = (label: string): number => (label === noLabel ? 0 : label === noDefense ? 1 : 2)
  const [first, second] = [Number(left), Number(right)]
  return (
    rank(left) - rank(right) ||
    (left !== '' && right !== '' && Number.isFinite(first) && Number.isFinite(second)
      ? first - second
      : collator.compare(left, right))
  )
}
