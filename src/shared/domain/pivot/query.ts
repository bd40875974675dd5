/** The table that one looks at first, and whether a table that was asked for can be made. */
import { RefusedInputError } from '../../errors'
import { atOnce, type Steps } from '../steps'
import { fieldsOf, seedField, variedSteps, type PivotField } from './fields'
import type { PivotModel } from './models'
import type { PivotQuery } from './pivot'

interface AxisLabels {
  readonly path: string
  readonly labels: readonly string[]
  readonly pairedAs?: string
}

/** Axes that go together say the same: the first of them, which is in the table, tells the models apart. */
const followsAnother = ({ pairedAs }: AxisLabels, at: number, axes: readonly AxisLabels[]): boolean =>
  pairedAs !== undefined && axes.slice(0, at).some((axis) => axis.pairedAs === pairedAs && axis.path !== seedField)

/** The field that stands in columns where it varies: defended beside undefended. */
const columnField = 'defenses'

/**
 * Rows and columns that tell all models apart but for their seeds: the axes, and what else varies; defenses, or else
 * the last field, in columns.
 * @param axes of their study, in its order; none: what varies
 */
export const defaultQuery = (models: readonly PivotModel[], axes: readonly AxisLabels[] = []): PivotQuery =>
  atOnce(defaultQuerySteps(models, axes))

/** `defaultQuery` in steps. */
export function* defaultQuerySteps(models: readonly PivotModel[], axes: readonly AxisLabels[] = []): Steps<PivotQuery> {
  const following = axes.filter(followsAnother).map(({ path }) => path)
  const own = axes.map(({ path }) => path).filter((path) => path !== seedField && !following.includes(path))
  const varied = (yield* variedSteps(models, own)).filter((path) => !following.includes(path))
  const fields = [...new Set([...own, ...varied])]
  const column = fields.length < 2 ? undefined : fields.includes(columnField) ? columnField : fields.at(-1)
  return {
    rows: fields.filter((field) => field !== column),
    columns: column === undefined ? [] : [column],
    order: Object.fromEntries(axes.map(({ path, labels }) => [path, labels])),
  }
}

/** @throws RefusedInputError for a field that the models do not have, or that is named twice */
export const checkQuery = (query: PivotQuery, models: readonly PivotModel[]): void =>
  checkFields(query, fieldsOf(models))

/** The same, where the fields of the models are known. @throws as `checkQuery` */
export function checkFields({ rows, columns }: PivotQuery, fields: readonly PivotField[]): void {
  const known = fields.map(({ id }) => id)
  const asked = [...rows, ...columns]
  const wrong = asked.find((field) => !known.includes(field))
  if (wrong !== undefined)
    throw new RefusedInputError(`There is no field "${wrong}".`, { wanted: known.join(', '), got: wrong })
  const twice = asked.find((field, at) => asked.indexOf(field) !== at)
  if (twice !== undefined)
    throw new RefusedInputError(`"${twice}" is asked for twice.`, {
      wanted: 'each field once, in rows or in columns',
      got: asked.join(', '),
    })
}
