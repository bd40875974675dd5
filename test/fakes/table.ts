/** Tables of the fake engine: words, `column:value`, comparisons and `-`, over what its runs say; no index. */
import type { CallHandlers, CallsOf } from '../../src/shared/contract'
import {
  resultsOf,
  summaryOf,
  type ColumnGroup,
  type ColumnKind,
  type ModelRecord,
  type QueryFault,
  type RunSummary,
  type SavedView,
  type TableColumn,
  type TableOf,
  type TableRow,
} from '../../src/shared/domain'
import type { JsonScalar } from '../../src/shared/schema'

interface Entry {
  readonly key: string
  readonly run: RunSummary
  readonly model: ModelRecord | null
}
interface FakeColumn extends TableColumn {
  readonly value: (entry: Entry) => JsonScalar
}

const column = (
  id: string,
  title: string,
  [kind, group]: readonly [ColumnKind, ColumnGroup],
  value: FakeColumn['value'],
): FakeColumn => ({ id, title, kind, group, value })
const students = ({ run }: Entry) => run.stages.filter(({ kind }) => kind === 'student')
const resultOf = (entry: Entry, name: 'accuracy' | 'asr'): number | null =>
  entry.model ? entry.model[name] : (students(entry).at(-1)?.evaluation?.[name] ?? null)

const columns: readonly FakeColumn[] = [
  column('name', 'Name', ['text', 'record'], ({ run }) => run.name),
  column('state', 'State', ['state', 'record'], ({ run }) => run.state),
  column('tag', 'Tags', ['text', 'record'], ({ run }) => run.tags.join(', ')),
  column('note', 'Note', ['text', 'record'], ({ run }) => run.note),
  column('study', 'Study', ['text', 'record'], ({ run }) => run.study?.id ?? null),
  column('created', 'Created', ['time', 'record'], ({ run }) => run.createdAt),
  column('seconds', 'Time', ['seconds', 'record'], ({ run }) => run.seconds),
  column('data', 'Data', ['text', 'setting'], ({ run }) => run.data),
  column('attack', 'Attack', ['text', 'setting'], ({ run }) => run.attack),
  column('method', 'Method', ['text', 'setting'], ({ run, model }) => model?.method ?? run.method),
  column('defense', 'Defense', ['text', 'setting'], ({ model }) => model?.defense ?? null),
  column('kind', 'Model', ['text', 'record'], ({ model }) => model?.kind ?? null),
  column('seed', 'Seed', ['number', 'setting'], ({ run }) => run.seed),
  column('poisoning.ratio', 'Poison ratio', ['share', 'setting'], ({ run }) => run.poisonRatio),
  column('accuracy', 'Accuracy', ['share', 'result'], (entry) => resultOf(entry, 'accuracy')),
  column('asr', 'ASR', ['share', 'result'], (entry) => resultOf(entry, 'asr')),
]
const columnOf = (id: string): FakeColumn | undefined => columns.find((entry) => entry.id === id)
const told = ({ value: _value, ...rest }: FakeColumn): TableColumn => rest

function modelsOf(run: RunSummary): ModelRecord[] {
  return resultsOf(run).map((result) => ({
    ...result,
    key: `${run.id}/${result.stageId}`,
    condition: { key: result.kind === 'teacher' ? 'teacher' : (result.defense ?? 'none'), number: 0 },
    settings: {},
    evaluation: run.stages.find(({ id }) => id === result.stageId)?.evaluation ?? null,
    health: [],
    published: null,
    leaves: null,
    twin: null,
    step: 0,
    totalSteps: null,
    tags: run.tags,
  }))
}

type Test = (entry: Entry) => boolean
const words = ({ run, model }: Entry): string =>
  [run.name, run.attack, run.method, run.data, run.note, ...run.tags, model?.defense].join(' ').toLowerCase()

function termOf(text: string, from: number, faults: QueryFault[]): Test {
  if (text.startsWith('-') && text.length > 1) {
    const positive = termOf(text.slice(1), from + 1, faults)
    return (entry) => !positive(entry)
  }
  const [, name, operator, wanted = ''] = /^([a-z.]+)([:<>=])(.*)$/i.exec(text) ?? []
  if (name === undefined) return (entry) => words(entry).includes(text.toLowerCase())
  if (name === 'is')
    return ({ run }) =>
      wanted === 'archived' ? (run.archivedAt ?? null) !== null : run.state === 'running' || run.state === 'queued'
  const found = columnOf(name)
  if (!found) {
    faults.push({ from, to: from + text.length, message: `No column is called "${name}".` })
    return () => true
  }
  const number = wanted.endsWith('%') ? Number(wanted.slice(0, -1)) / 100 : Number(wanted)
  return (entry) => {
    const value = found.value(entry)
    if (operator === '<') return typeof value === 'number' && value < number
    if (operator === '>') return typeof value === 'number' && value > number
    return typeof value === 'number' ? value === number : String(value).toLowerCase().includes(wanted.toLowerCase())
  }
}

function testOf(query: string): { test: Test; faults: QueryFault[]; archive: boolean } {
  const faults: QueryFault[] = []
  const terms = [...query.matchAll(/\S+/g)].map((match) => termOf(match[0], match.index, faults))
  return { test: (entry) => terms.every((term) => term(entry)), faults, archive: query.includes('archived') }
}

function compared(left: JsonScalar, right: JsonScalar): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1
  return typeof left === 'number' && typeof right === 'number'
    ? left - right
    : String(left).localeCompare(String(right))
}

export function fakeTables(runs: () => RunSummary[]): CallHandlers<CallsOf<'table'> | CallsOf<'views'>> {
  const views = new Map<string, SavedView>()
  function ask({ of, query }: { of: TableOf; query: string }) {
    const { test, faults, archive } = testOf(query)
    const there = runs().filter((run) => run.deletedAt === null && (archive || (run.archivedAt ?? null) === null))
    const all = there
      .sort((left, right) => right.createdAt - left.createdAt)
      .flatMap((run): Entry[] =>
        of === 'runs'
          ? [{ key: run.id, run, model: null }]
          : modelsOf(run).map((model) => ({ key: model.key, run, model })),
      )
    const found = all.filter(test)
    return { found, counts: { matching: found.length, total: all.length, faults } }
  }
  const ordered = (entries: Entry[], order: readonly { column: string; descending?: boolean | undefined }[]): Entry[] =>
    [...order].reverse().reduce((list, { column: id, descending }) => {
      const value = columnOf(id)?.value ?? (() => null)
      return list.sort((left, right) => (descending ? -1 : 1) * compared(value(left), value(right)))
    }, entries)
  const rowOf = (entry: Entry, ids: readonly string[]): TableRow => ({
    key: entry.key,
    runId: entry.run.id,
    stageId: entry.model?.stageId ?? null,
    values: ids.map((id) => columnOf(id)?.value(entry) ?? null),
  })
  return {
    'table.columns': () => columns.map(told),
    'table.rows': ({ columns: ids, order, within, offset, limit, ...asked }) => {
      const { found, counts } = ask(asked)
      const inside = found.filter((entry) =>
        (within ?? []).every(({ column: id, value }) => (columnOf(id)?.value(entry) ?? null) === value),
      )
      const page = ordered(inside, order).slice(offset, offset + limit)
      return {
        ...counts,
        matching: inside.length,
        offset,
        rows: page.map((entry) => rowOf(entry, ids)),
        runs: [...new Map(page.map(({ run }) => [run.id, run])).values()],
        models: page.flatMap(({ model }) => model ?? []),
      }
    },
    'table.keys': ({ order, limit, ...asked }) => ({
      keys: ordered(ask(asked).found, order)
        .slice(0, limit)
        .map(({ key }) => key),
    }),
    'table.groups': ({ by, measures, offset, limit, ...asked }) => {
      const { found, counts } = ask(asked)
      const groups = new Map<string, Entry[]>()
      for (const entry of found) {
        const labels = JSON.stringify(by.map((id) => columnOf(id)?.value(entry) ?? null))
        groups.set(labels, [...(groups.get(labels) ?? []), entry])
      }
      const all = [...groups].map(([labels, entries]) => ({
        labels: JSON.parse(labels) as JsonScalar[],
        rows: entries.length,
        leftOut: 0,
        measures: Object.fromEntries(
          measures.map((id) => {
            const values = entries.map((entry) => columnOf(id)?.value(entry) ?? null)
            return [id, summaryOf(values.map((value) => (typeof value === 'number' ? value : null)))]
          }),
        ),
      }))
      return { ...counts, offset, count: all.length, groups: all.slice(offset, offset + limit) }
    },
    'table.values': ({ columns: ids, keys, ...asked }) => {
      const { found, counts } = ask(asked)
      const entries = keys ? found.filter(({ key }) => keys.includes(key)) : found
      const valuesOf = (id: string): Float64Array | (string | null)[] => {
        const values = entries.map((entry) => columnOf(id)?.value(entry) ?? null)
        return values.some((value) => typeof value === 'string')
          ? values.map((value) => (value === null ? null : String(value)))
          : Float64Array.from(values, (value) => (value === null ? NaN : Number(value)))
      }
      return {
        ...counts,
        keys: entries.map(({ key }) => key),
        columns: Object.fromEntries(ids.map((id) => [id, valuesOf(id)])),
        conditions: Int32Array.from(entries, ({ model }) => model?.condition.number ?? -1),
      }
    },
    'table.models': ({ keys }) => runs().flatMap((run) => modelsOf(run).filter(({ key }) => keys.includes(key))),
    'table.complete': ({ query, cursor }) => {
      const from = query.lastIndexOf(' ', cursor - 1) + 1
      const word = query.slice(from, cursor)
      const fitting = columns.filter(({ id }) => id.startsWith(word))
      const suggestions = fitting.map(({ id, title }) => ({ insert: `${id}:`, label: id, detail: title }))
      return { from, to: cursor, suggestions }
    },
    'table.pivot': () => {
      throw new Error('The fake engine makes no pivots.')
    },
    'table.diff': ({ keys }) => ({
      rows: [
        {
          path: 'seed',
          title: 'Seed',
          part: 'Experiment',
          values: keys.map((key) => String(runs().find(({ id }) => id === key.split('/')[0])?.seed ?? '')),
        },
      ],
    }),
    'views.list': () => [...views.values()],
    'views.save': (view) => {
      const known = [...views.values()].find(({ of, name }) => of === view.of && name === view.name)
      const saved: SavedView = {
        ...view,
        order: view.order as SavedView['order'],
        id: known?.id ?? `view-${views.size}`,
      }
      views.set(saved.id, saved)
      return saved
    },
    'views.remove': ({ id }) => ({ removed: views.delete(id) }),
  }
}
