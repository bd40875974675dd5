/** Queries as SQL: names and values never enter its text, they are bound. */
import { ExhaustiveError } from '../../../../shared/errors'
import type { NumberRange, QueryCondition, SoughtText, TableOf, TableOrder } from '../../../../shared/domain'
import type { JsonScalar } from '../../../../shared/schema'
import type { SqlValue } from '../store'
import type { IndexColumn, Level } from './columns'
import { modelKinds, shelves } from './schema'
import { folded } from './texts'

export interface Sql {
  readonly text: string
  readonly values: readonly SqlValue[]
}

export interface SqlContext {
  readonly of: TableOf
  column(id: string): IndexColumn | undefined
  /** undefined: nothing has said anything under this path yet. */
  pathId(path: string): number | undefined
  /** What people call a column's values beside what is stored. */
  labelsOf(column: IndexColumn): ReadonlyMap<string, readonly string[]>
}

export const sql = (text: string, ...values: SqlValue[]): Sql => ({ text, values })
const together = (parts: readonly Sql[], separator: string): Sql => ({
  text: parts.map(({ text }) => text).join(separator),
  values: parts.flatMap(({ values }) => values),
})
const wrapped = (before: string, part: Sql, after: string): Sql => ({ ...part, text: `${before}${part.text}${after}` })
const nothing = sql('0')
const anyOf = (parts: readonly Sql[]): Sql =>
  parts.length === 0 ? nothing : wrapped('(', together(parts, ' OR '), ')')

/** Of these a row of models has a number of its own; of a part of the configuration its run has it. */
const ofModels: readonly Level[] = ['run', 'place', 'teacher', 'defenses', 'model']

/** What a fact is said of, in the row that is shown: of a run its last student's, or its teacher's if it has none. */
export const subjectOf = (of: TableOf, level: Level): string => {
  if (level === 'run') return 'r.number'
  if (of === 'runs' || !ofModels.includes(level)) return `r.${level}`
  return level === 'model' ? 'm.number' : `m.${level}`
}

/** The rows of models of which a fact is said whose subject fulfils a condition. */
function saidOf(model: string, level: Level, subjects: Sql): Sql {
  if (level === 'model') return wrapped(`${model}.number IN (`, subjects, ')')
  if (ofModels.includes(level)) return wrapped(`${model}.${level} IN (`, subjects, ')')
  return wrapped(`${model}.run IN (SELECT number FROM index_runs WHERE ${level} IN (`, subjects, '))')
}

/** Rows of a table: `r` is the run, `m` (of models alone) the model. */
export function rowsThatMatch(
  { condition, archive }: { readonly condition: QueryCondition | null; readonly archive: boolean },
  context: SqlContext,
): { from: string; where: Sql } {
  const shelf = sql(`r.shelf <= ${archive ? shelves.archived : shelves.shown}`)
  if (context.of === 'models') {
    const parts = [shelf, sql(`m.kind > ${modelKinds.none}`)]
    if (condition) parts.push(new Compiler(context).condition(condition, 'm'))
    return { from: 'index_models m JOIN index_runs r ON r.number = m.run', where: together(parts, ' AND ') }
  }
  if (!condition) return { from: 'index_runs r', where: shelf }
  const models = wrapped(
    'r.number IN (SELECT m.run FROM index_models m WHERE ',
    new Compiler(context).condition(condition, 'm'),
    ')',
  )
  return { from: 'index_runs r', where: together([shelf, models], ' AND ') }
}

class Compiler {
  private nested = 0

  constructor(private readonly context: SqlContext) {}

  /** @param model the name of the row of models that it is said of */
  condition(condition: QueryCondition, model: string): Sql {
    switch (condition.kind) {
      case 'words':
        return words(condition, model)
      case 'numbers':
        return this.inColumns(condition.columns, model, () => anyOf(condition.ranges.map(inRange)))
      case 'texts':
        return this.inColumns(condition.columns, model, (column, path) =>
          together(
            [
              sql(
                'text IN (SELECT t.id FROM index_values v JOIN index_texts t ON t.id = v.text WHERE v.path = ? AND ',
                path,
              ),
              anyOf(condition.texts.map((text) => isText(text, column, this.context.labelsOf(column)))),
              sql(')'),
            ],
            '',
          ),
        )
      case 'has':
        return this.inColumns(condition.columns, model, () => sql('1'))
      case 'not':
        return this.not(condition.condition, model)
      case 'and':
        return wrapped(
          '(',
          together(
            condition.conditions.map((part) => this.condition(part, model)),
            ' AND ',
          ),
          ')',
        )
      case 'or':
        return anyOf(condition.conditions.map((part) => this.condition(part, model)))
      default:
        throw new ExhaustiveError(condition)
    }
  }

  /** Of a model that it is not so; of a run that no model of it is so. */
  private not(condition: QueryCondition, model: string): Sql {
    // What is said of a run is said of all its models.
    if (this.context.of === 'models' || this.isOfRun(condition))
      return wrapped('NOT ', this.condition(condition, model), '')
    this.nested += 1
    const other = `n${this.nested}`
    return wrapped(
      `${model}.run NOT IN (SELECT ${other}.run FROM index_models ${other} WHERE `,
      this.condition(condition, other),
      ')',
    )
  }

  private isOfRun(condition: QueryCondition): boolean {
    switch (condition.kind) {
      case 'words':
        return false
      case 'numbers':
      case 'texts':
      case 'has':
        return condition.columns.every((id) => {
          const column = this.context.column(id)
          return !column || (!column.students && (column.level === 'run' || !ofModels.includes(column.level)))
        })
      case 'not':
        return this.isOfRun(condition.condition)
      case 'and':
      case 'or':
        return condition.conditions.every((part) => this.isOfRun(part))
      default:
        throw new ExhaustiveError(condition)
    }
  }

  private inColumns(ids: readonly string[], model: string, test: (column: IndexColumn, path: number) => Sql): Sql {
    return anyOf(
      ids.flatMap((id) => {
        const column = this.context.column(id)
        const path = column && this.context.pathId(column.path)
        if (!column || path === undefined) return []
        const subjects = together(
          [sql('SELECT subject FROM index_facts WHERE path = ? AND ', path), test(column, path)],
          '',
        )
        const facts = saidOf(model, column.level, subjects)
        return [column.students ? wrapped(`(${model}.kind = ${modelKinds.student} AND `, facts, ')') : facts]
      }),
    )
  }
}

function inRange({ low, high, includesLow, includesHigh }: NumberRange): Sql {
  const parts = [
    ...(low === null ? [] : [sql(`number ${includesLow ? '>=' : '>'} ?`, low)]),
    ...(high === null ? [] : [sql(`number ${includesHigh ? '<=' : '<'} ?`, high)]),
  ]
  return parts.length === 0 ? sql('number IS NOT NULL') : wrapped('(', together(parts, ' AND '), ')')
}

/** Members and options are found by what they are called too. */
function isText(
  { text, whole }: SoughtText,
  { list }: IndexColumn,
  labels: ReadonlyMap<string, readonly string[]>,
): Sql {
  const sought = folded(text)
  const called = [...labels]
    .filter(([, names]) => names.some((name) => (whole ? folded(name) === sought : folded(name).includes(sought))))
    .map(([value]) => folded(value))
  const parts = called.map((value) => sql("instr('+' || replace(folded, char(10), '+') || '+', ?) > 0", `+${value}+`))
  if (whole && list) parts.push(sql('instr(char(10) || folded || char(10), ?) > 0', `\n${sought}\n`))
  else if (whole) parts.push(sql('folded = ?', sought))
  else parts.push(sql('instr(folded, ?) > 0', sought))
  return anyOf(parts)
}

/** A word lies in the words of the run or of the model. */
function words({ text, exact }: { readonly text: string; readonly exact: boolean }, model: string): Sql {
  const sought = folded(text)
  const test = exact ? wholeWords(sought) : startOfNumber(sought)
  const words = wrapped('SELECT id FROM index_words WHERE ', test, '')
  return anyOf([
    wrapped(`${model}.words IN (`, words, ')'),
    wrapped(`${model}.run IN (SELECT number FROM index_runs WHERE words IN (`, words, '))'),
  ])
}

const globbed = (text: string): string => text.replace(/[*?[]/g, (character) => `[${character}]`)

/** Any part of a word, but a number whole: "1" is not found in "10", nor "seed1" in "seed12". */
function startOfNumber(sought: string): Sql {
  const [first, last] = [/^\d/.test(sought), /\d$/.test(sought)]
  if (!first && !last) return sql('instr(text, ?) > 0', sought)
  const digit = '[^0-9]'
  return sql("' ' || text || ' ' GLOB ?", `*${first ? digit : ''}${globbed(sought)}${last ? digit : ''}*`)
}

function wholeWords(sought: string): Sql {
  const letter = '[^0-9a-z]'
  const [first, last] = [/^[0-9a-z]/.test(sought), /[0-9a-z]$/.test(sought)]
  return sql("' ' || text || ' ' GLOB ?", `*${first ? letter : ''}${globbed(sought)}${last ? letter : ''}*`)
}

/** A row whose column has this value, as a group is opened. */
export function hasValue(column: IndexColumn, value: JsonScalar, context: SqlContext): Sql {
  const path = context.pathId(column.path)
  const subject = subjectOf(context.of, column.level)
  const says = column.students && context.of === 'models' ? ` AND m.kind = ${modelKinds.student}` : ''
  if (path === undefined) return value === null ? sql('1') : nothing
  const facts = `SELECT 1 FROM index_facts WHERE path = ? AND subject = ${subject}${says}`
  if (value === null) return sql(`NOT EXISTS (${facts})`, path)
  if (typeof value === 'string')
    return sql(`EXISTS (${facts} AND text = (SELECT id FROM index_texts WHERE text = ?))`, path, value)
  return sql(`EXISTS (${facts} AND number = ?)`, path, Number(value))
}

/** Joins and terms that order rows; what says nothing comes last, and of equal ones the newest first. */
export function ordered(orders: readonly TableOrder[], context: SqlContext): { joins: Sql; by: string } {
  const joins: Sql[] = []
  const by: string[] = []
  for (const [index, { column: id, descending = false }] of orders.entries()) {
    const column = context.column(id)
    const path = column && context.pathId(column.path)
    if (!column || path === undefined) continue
    const [fact, text] = [`o${index}`, `t${index}`]
    const says = column.students && context.of === 'models' ? ` AND m.kind = ${modelKinds.student}` : ''
    joins.push(
      sql(
        `LEFT JOIN index_facts ${fact} ON ${fact}.path = ? AND ${fact}.subject = ${subjectOf(context.of, column.level)}${says}`,
        path,
      ),
    )
    const textual = column.kind === 'text' || column.kind === 'state'
    if (textual) joins.push(sql(`LEFT JOIN index_texts ${text} ON ${text}.id = ${fact}.text`))
    const value = textual ? `${text}.rank` : `${fact}.number`
    by.push(`${value} IS NULL`, `${value}${descending ? ' DESC' : ''}`)
  }
  by.push('r.created DESC', 'r.id DESC', ...(context.of === 'models' ? ['m.position'] : []))
  return { joins: together(joins, ' '), by: by.join(', ') }
}
