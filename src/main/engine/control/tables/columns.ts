/** The columns of the tables: what is known of every run and model, the settings of the catalogue, and curves. */
import {
  healthTitles,
  metricDefinitions,
  type AnalysisFacts,
  type ColumnGroup,
  type ColumnKind,
  type MetricDefinition,
  type QueryColumn,
  type TableColumn,
  type TableOf,
} from '../../../../shared/domain'
import type { Field } from '../../../../shared/schema'
import type { MemberTable } from '../experiments/memberTable'
import { precisionPath, privilegedPath, settingsOf, type RunPart, type Setting } from './settings'

/** What a fact is said of; 'place': of a stage; 'teacher': of the teacher of a model's run. */
export type Level = 'run' | 'place' | 'model' | 'teacher' | 'defenses' | RunPart

/** A column as the index reads it. */
export interface IndexColumn extends Omit<TableColumn, 'labels'>, QueryColumn {
  readonly kind: ColumnKind
  /** The path of its facts. */
  readonly path: string
  readonly level: Level
  /** Says nothing of a teacher. */
  readonly students: boolean
  /** A result of a model: of one that has failed it says nothing. */
  readonly result: boolean
  /** What people call its values beside what is stored. */
  readonly labels: ReadonlyMap<string, readonly string[]>
}

type Declared = Pick<IndexColumn, 'id' | 'title' | 'kind'> &
  Partial<Pick<IndexColumn, 'path' | 'names' | 'list' | 'definition' | 'unit' | 'labels' | 'level' | 'result'>>

const ofRuns: readonly Declared[] = [
  { id: 'name', title: 'Run', kind: 'text' },
  { id: 'run', title: 'Id of the run', kind: 'text', names: ['id'] },
  { id: 'note', title: 'Note', kind: 'text' },
  { id: 'tags', title: 'Tags', kind: 'text', list: true, names: ['tag'] },
  { id: 'created', title: 'Created', kind: 'time' },
  { id: 'started', title: 'Started', kind: 'time' },
  { id: 'ended', title: 'Ended', kind: 'time' },
  { id: 'study', title: 'Study', kind: 'text' },
  { id: 'executor', title: 'Executor', kind: 'text' },
  { id: 'preset', title: 'Preset', kind: 'text' },
  { id: 'device', title: 'Device', kind: 'text' },
  { id: 'archived', title: 'Archived', kind: 'flag', names: ['archive'] },
  { id: 'forked', title: 'Forked from', kind: 'text', definition: 'The run whose checkpoint it goes on from.' },
  { id: 'bytes', title: 'Disk', kind: 'bytes', names: ['disk', 'size'] },
  { id: 'priority', title: 'Priority', kind: 'number' },
  {
    id: 'position',
    title: 'Moved in the queue',
    kind: 'number',
    definition:
      'Of runs that somebody has moved in the queue: of equal priority the lowest begins first, before the rest.',
  },
  { id: 'error', title: 'Error', kind: 'text' },
]

const timeNames = ['time', 'duration']
const stateAndTime: Readonly<Record<TableOf, readonly Declared[]>> = {
  runs: [
    { id: 'state', path: 'run.state', title: 'State', kind: 'state' },
    {
      id: 'seconds',
      path: 'run.seconds',
      title: 'Time',
      kind: 'seconds',
      unit: 's',
      names: timeNames,
      definition: 'Working time of the stages that were trained for this run.',
    },
  ],
  models: [
    { id: 'state', path: 'model.state', level: 'place', title: 'State', kind: 'state' },
    {
      id: 'seconds',
      path: 'model.seconds',
      level: 'place',
      title: 'Time',
      kind: 'seconds',
      unit: 's',
      names: timeNames,
      definition: 'Working time of this model, without that of its teacher.',
    },
    {
      id: 'arithmetic',
      level: 'place',
      title: 'Computed with',
      kind: 'text',
      definition:
        'What decides the last digits beside the configuration: threads and instructions of the processor, or the GPU.',
    },
  ],
}

const share = (id: keyof typeof metricDefinitions, more: Partial<Declared> = {}): Declared => ({
  id,
  title: metricDefinitions[id].title,
  kind: 'share',
  unit: '%',
  definition: metricDefinitions[id].definition,
  level: 'place',
  result: true,
  ...more,
})

const results: readonly Declared[] = [
  share('accuracy', { names: ['acc'] }),
  share('asr'),
  share('asrAll'),
  share('robustAccuracy', { names: ['robust', 'ra'] }),
  share('der', { level: 'model' }),
  share('rir', { level: 'model' }),
  {
    id: 'topAnswer',
    title: 'Most frequent answer',
    kind: 'share',
    unit: '%',
    level: 'place',
    definition:
      'Share of the clean test images that get the answer which most of them get; near 100 %: one class for all.',
  },
  { id: 'teacher.accuracy', path: 'accuracy', level: 'teacher', title: 'Teacher’s accuracy', kind: 'share', unit: '%' },
  { id: 'teacher.asr', path: 'asr', level: 'teacher', title: 'Teacher’s ASR', kind: 'share', unit: '%' },
  {
    id: 'health',
    title: 'Findings',
    kind: 'text',
    level: 'place',
    list: true,
    labels: new Map(Object.entries(healthTitles).map(([kind, title]) => [kind, [title]])),
    definition: 'What is wrong with the model although its state does not tell.',
  },
  {
    id: 'images',
    title: 'Test images',
    kind: 'number',
    level: 'place',
    definition: 'Clean test images behind the accuracy.',
  },
  {
    id: 'nonTarget',
    title: 'Triggered test images',
    kind: 'number',
    level: 'place',
    definition: 'Triggered images of other classes than the target, behind the ASR.',
  },
  { id: 'step', title: 'Step', kind: 'number', level: 'place' },
  { id: 'steps', title: 'Steps in all', kind: 'number', level: 'place' },
  { id: 'model', title: 'Model', kind: 'text', level: 'model' },
  { id: 'defended', title: 'Defended', kind: 'flag', level: 'model' },
  {
    id: privilegedPath,
    title: 'Privileged',
    kind: 'flag',
    level: 'defenses',
    definition: 'Whether the method or a defense is given clean images, which data-free students do not have.',
  },
  {
    id: 'recipe',
    title: 'Everything but the seed',
    kind: 'text',
    level: 'model',
    definition: 'The same text where models differ in nothing but seed, name, recording and machine.',
  },
]

const noLabels: ReadonlyMap<string, readonly string[]> = new Map()

const declared = (group: ColumnGroup, entries: readonly Declared[]): IndexColumn[] =>
  entries.map((entry) => ({
    group,
    path: entry.id,
    level: 'run',
    students: false,
    result: false,
    labels: noLabels,
    ...entry,
  }))

export interface ColumnsOptions {
  readonly table: MemberTable
  readonly metrics: Readonly<Record<string, MetricDefinition>>
  /** Names of the metrics that some model has recorded. */
  readonly curves: readonly string[]
  /** Paths of the numbers that some analysis has found. */
  readonly analysed: readonly string[]
}

/** All columns of a table; settings in the order of the form. */
export function indexColumns(of: TableOf, { table, metrics, curves, analysed }: ColumnsOptions): IndexColumn[] {
  return [
    ...declared('record', [...ofRuns.slice(0, 4), ...stateAndTime[of], ...ofRuns.slice(4)]),
    ...declared('result', results),
    ...settingColumns(table),
    ...declared(
      'curve',
      curves.map((name) => curveColumn(name, metrics[name])),
    ),
    ...declared('analysis', analysisColumns(table, new Set(analysed))),
  ]
}

export const analysisPathStart = 'analysis.'
export const analysisPath = (analysis: string, number: string): string => `${analysisPathStart}${analysis}.${number}`

function analysisColumns(table: MemberTable, analysed: ReadonlySet<string>): Declared[] {
  return table.family('analysis').flatMap(({ id, title, facts }) => {
    const { numbers = {} } = facts as Partial<AnalysisFacts>
    return Object.entries(numbers).flatMap(([name, number]): Declared[] => {
      const path = analysisPath(id, name)
      if (!analysed.has(path)) return []
      const { unit, definition } = number
      const kind = unit === '%' ? 'share' : 'number'
      return [
        {
          ...{ id: path, title: number.title, kind, level: 'place', result: true },
          definition: `${title}: ${definition}`,
          ...(unit === '' ? {} : { unit }),
        },
      ]
    })
  })
}

export const curvePath = (metric: string): string => `curve.${metric}`

function curveColumn(name: string, definition: MetricDefinition | undefined): Declared {
  const percent = definition?.unit === '%'
  return {
    id: curvePath(name),
    title: `${definition?.title ?? name}, last value`,
    kind: percent ? 'share' : 'number',
    level: 'place',
    result: true,
    ...(definition === undefined || definition.unit === '' ? {} : { unit: definition.unit }),
    ...(definition === undefined ? {} : { definition: definition.definition }),
  }
}

/** Further words for the places of members. */
const placeNames: Readonly<Record<string, readonly string[]>> = {
  data: ['dataset', 'data.id'],
  attack: ['attack.id'],
  method: ['distillation.method.id'],
  defenses: ['defense', 'students'],
  [precisionPath]: ['precision'],
}

function settingColumns(table: MemberTable): IndexColumn[] {
  const settings = settingsOf(table)
  const titles = new Map<string, number>()
  for (const { title } of settings) titles.set(title, (titles.get(title) ?? 0) + 1)
  return settings.map((setting) => {
    const { path, title, part, field, students, level } = setting
    // Two parameters of one name are told apart by what they belong to.
    const shown = (titles.get(title) ?? 0) > 1 && part !== title ? `${part}: ${title}` : title
    const symbol = field?.symbol
    return {
      id: path,
      path,
      title: shown,
      group: 'setting',
      kind: field ? kindOf(field) : 'text',
      level,
      students,
      result: false,
      labels: labelsOf(setting, table),
      names: [...(placeNames[path] ?? []), ...(symbol === undefined ? [] : [symbol])],
      ...(field?.unit === undefined ? {} : { unit: field.unit }),
      ...(field ? { definition: field.help } : {}),
    }
  })
}

function kindOf(field: Field): ColumnKind {
  switch (field.kind) {
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'flag'
    default:
      return 'text'
  }
}

function labelsOf({ field, family }: Setting, table: MemberTable): ReadonlyMap<string, readonly string[]> {
  if (field?.kind === 'choice') return new Map(field.options.map(({ value, label }) => [value, [label]]))
  if (family === undefined) return noLabels
  return new Map(
    table.family(family).map(({ id, title, short }) => [id, short === undefined ? [title] : [title, short]]),
  )
}
