import { expect, it } from 'vitest'
import { factsOfRun } from '../../../../src/main/engine/control/tables/facts'
import { RefusedInputError, toCauses } from '../../../../src/shared/errors'
import { createFakeEngine } from '../../../fakes/engine'

it('tells a failure in a column as everywhere, with the place that it failed at', async () => {
  const run = await createFakeEngine({ finishedRuns: 1 }).call('runs.get', { runId: 'fake-1' })
  const failed = (error: Error): unknown => factsOfRun({ ...run, error: toCauses(error) }).get('error')
  expect(failed(new RefusedInputError('The file is truncated.', { where: '/data/teacher.pt' }))).toBe(
    'The file is truncated (/data/teacher.pt).',
  )
  expect(failed(new Error('No reason.'))).toBe('No reason.')
  expect(factsOfRun(run).has('error')).toBe(false)
})
