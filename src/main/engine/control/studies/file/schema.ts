/** What stands in a study file: the schema that is published as resources/study.schema.json and that reading checks. */
import { z } from 'zod'

const scalar = z.union([z.string(), z.number(), z.boolean()])
const name = z.string().min(1).max(200)
const params = z.record(z.string(), z.unknown()).describe('Parameters by name; what is left out has its default.')

const member = z.strictObject({ id: name, params: params.optional() })
export const analysisSchema = z.strictObject({
  id: name,
  params: params.optional(),
  of: z
    .enum(['teacher', 'student'])
    .optional()
    .describe('Which model, where the analysis could look at either; default: the student.'),
})
const labelled = z.strictObject({
  label: name.describe('What tables call the value; default: the value itself.'),
  value: z.unknown(),
})

/** As it stands in a list of values. */
export const valueSchema = z
  .union([scalar, member, labelled, z.array(z.union([scalar, member]))])
  .describe(
    'A value; of members an id, "id/named settings" or { id, params }; of defenses "none" or several joined by +.',
  )

const values = z
  .union([z.string(), z.number(), z.boolean(), z.array(valueSchema).min(1)])
  .describe('A list of values, one value, or whole numbers from one to another: "0..4".')

const range = z
  .strictObject({
    low: z.number(),
    high: z.number(),
    logarithmic: z.boolean().optional().describe('Even in the logarithm. Default: even in the value.'),
    integer: z.boolean().optional(),
  })
  .describe('Where a strategy that searches draws from.')

export const axisObjectSchema = z.strictObject({
  title: name.optional().describe('In tables; default: the label of the parameter.'),
  values: values.optional(),
  range: range.optional(),
  pairedAs: name.optional().describe('Axes with the same word go together, value by value.'),
})

const condition = z
  .record(z.string(), z.union([scalar, z.array(scalar)]))
  .describe('Labels by axis: a cell matches where each named axis has one of its labels.')

export const studyFileSchema = z
  .strictObject({
    name,
    note: z.string().max(20_000).optional(),
    preset: name.optional().describe('A ready-made experiment that the study starts from.'),
    config: params.optional().describe('Over the preset, or over the defaults.'),
    axes: z
      .record(z.string(), z.union([values, axisObjectSchema]))
      .describe('Values by what they vary: seed, data, attack, method, defenses, teacher.file or any path.'),
    exclude: z.array(condition).optional().describe('Cells that are left out.'),
    conditions: z
      .array(z.strictObject({ when: condition, keep: condition }))
      .optional()
      .describe('Where "when" matches, only cells that match "keep" stay.'),
    strategy: z.union([name, member]).optional().describe('Which cells are tried; default: every one.'),
    order: z
      .enum(['seedsLast', 'asListed'])
      .optional()
      .describe('seedsLast (default) finishes one seed over all cells before the next begins.'),
    executor: name.optional().describe('Where stages run; default: local.'),
    priority: z.number().int().min(-1000).max(1000).optional().describe('Higher comes first; default 0.'),
    analyses: z
      .array(z.union([name, analysisSchema]))
      .max(20)
      .optional()
      .describe('Analyses that are asked of every cell when it is done; of a teacher that cells share once.'),
  })
  .meta({ title: 'ABD Workbench study', description: 'A base configuration and axes; see docs/studies.md.' })

export type StudyFile = z.infer<typeof studyFileSchema>
export type StudyFileAxis = StudyFile['axes'][string]

/** The published schema as text. The same declarations give the same bytes. */
export const studyFileJsonSchema = (): string =>
  `${JSON.stringify(z.toJSONSchema(studyFileSchema, { io: 'input' }), null, 2)}\n`
