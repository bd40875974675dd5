/** A definition as it comes over the wire: its form is checked here, what it says by `checkStudy`. */
import { z } from 'zod'
import type { StudyDefinition } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'

const name = z.string().min(1).max(200)
const condition = z.record(z.string(), z.array(z.string()))
const choice = z.strictObject({ id: name, params: z.record(z.string(), z.unknown()) })
const axis = z.strictObject({
  path: name,
  title: z.string().max(200).optional(),
  values: z.array(z.strictObject({ label: name, value: z.unknown() })).optional(),
  range: z
    .strictObject({
      low: z.number(),
      high: z.number(),
      logarithmic: z.boolean().optional(),
      integer: z.boolean().optional(),
    })
    .optional(),
  pairedAs: name.optional(),
})

const definitionSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().trim().min(1).max(200),
  note: z.string().max(20_000),
  base: z.strictObject({ preset: name.optional(), config: z.record(z.string(), z.unknown()).optional() }),
  axes: z.array(axis).max(50),
  exclude: z.array(condition).max(1000),
  conditions: z.array(z.strictObject({ when: condition, keep: condition })).max(1000),
  strategy: choice,
  order: z.enum(['seedsLast', 'asListed']),
  executor: name,
  priority: z.number().int().min(-1000).max(1000),
  analyses: z
    .array(choice.extend({ of: z.enum(['teacher', 'student']).optional() }))
    .max(20)
    .optional(),
})

/** @throws RefusedInputError naming the first part that is none of a definition's */
export function parseDefinition(definition: unknown): StudyDefinition {
  const result = definitionSchema.safeParse(definition)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new RefusedInputError('This is no definition of a study.', {
    got: issue?.message ?? 'something else',
    where: issue?.path.join('.') || 'definition',
  })
}
