/** The calls about tables of runs and models: the engine finds, orders and groups; the page shows what it asked for. */
import { z } from 'zod'
import type {
  ConfigurationDiff,
  ModelRecord,
  Pivot,
  QueryCompletion,
  SavedView,
  TableColumn,
  TableGroups,
  TablePage,
  TableValues,
} from '../../domain'
import { call, count, nothing, record } from '../parts'

const of = z.enum(['runs', 'models'])
const query = z.string().max(2000)
const column = z.string().min(1).max(200)
const columns = z.array(column).max(300)
const order = z.array(z.strictObject({ column, descending: z.boolean().optional() })).max(8)
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
/** Keys of rows: a run's id, a model's `<run>/<stage>`. */
const keys = z.array(z.string().min(1).max(200)).max(20_000)
const asked = z.strictObject({ of, query })
/** Some rows of a whole; thousands of rows are never shown at once. */
const page = { offset: count, limit: z.number().int().min(1).max(500) }

const view = z.strictObject({
  of,
  name: z.string().trim().min(1).max(100),
  query,
  columns,
  order,
  groupBy: z.array(column).max(6),
})

export const tableCalls = {
  'table.columns': call({ args: z.strictObject({ of }), result: z.array(record<TableColumn>()) }),
  /** Newest first where no order is given. `within`: only rows with these values, as a group is opened. */
  'table.rows': call({
    args: asked.extend({
      columns,
      order,
      within: z
        .array(z.strictObject({ column, value: scalar }))
        .max(6)
        .optional(),
      ...page,
    }),
    result: record<TablePage>(),
  }),
  /** Keys of all rows that match, in that order: to select them all, or from one to another. */
  'table.keys': call({
    args: asked.extend({ order, limit: z.number().int().min(1).max(200_000).optional() }),
    result: z.object({ keys: z.array(z.string()) }),
  }),
  'table.groups': call({
    args: asked.extend({ by: z.array(column).min(1).max(6), measures: columns, order, ...page }),
    result: record<TableGroups>(),
  }),
  'table.values': call({
    args: asked.extend({ columns, keys: keys.optional(), limit: z.number().int().min(1).max(200_000).optional() }),
    result: record<TableValues>(),
  }),
  /** Records of single models; those that are gone are left out. */
  'table.models': call({ args: z.strictObject({ keys }), result: z.array(record<ModelRecord>()) }),
  'table.complete': call({
    args: asked.extend({ cursor: count }),
    result: record<QueryCompletion>(),
  }),
  /** A pivot over the models that match, or over those of `keys`. Rows and columns left out: what varies. */
  'table.pivot': call({
    args: z.strictObject({
      query,
      keys: keys.optional(),
      study: z.string().max(100).optional(),
      /** Only teachers, or only students. */
      kind: z.enum(['teacher', 'student']).optional(),
      rows: z.array(column).max(8).optional(),
      columns: z.array(column).max(8).optional(),
      /** The defense that the others are compared with, as its models are labelled; default: none. */
      against: z.string().max(300).optional(),
    }),
    result: z.object({
      pivot: record<Pivot>(),
      /** What they may be compared with. */
      defenses: z.array(z.string()),
      /** What rows and columns may be. `varies`: these models differ in it. */
      fields: z.array(z.object({ id: z.string(), title: z.string(), varies: z.boolean() })),
    }),
  }),
  'views.list': call({ args: nothing, result: z.array(record<SavedView>()) }),
  /** A view of that name and table is replaced. */
  'views.save': call({ args: view, result: record<SavedView>(), changes: true }),
  'views.remove': call({
    args: z.strictObject({ id: z.string().min(1).max(100) }),
    result: z.object({ removed: z.boolean() }),
    changes: true,
  }),
  /** `keys`: runs, or models; of models only what concerns them. */
  'table.diff': call({
    args: z.strictObject({ keys: keys.min(2).max(200) }),
    result: record<ConfigurationDiff>(),
  }),
}
