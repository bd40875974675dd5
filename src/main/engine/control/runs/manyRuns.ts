/** What is done with many runs at once, and runs that are made of other runs. */
import { UserError } from '../../../../shared/errors'
import type { RunCalls } from './types'

type ManyRunsCalls = Pick<
  RunCalls,
  'runs.edit' | 'runs.restore' | 'runs.forkSteps' | 'runs.fork' | 'runs.twins' | 'runs.cloneMany' | 'runs.reorder'
>

const notYet = (): never => {
  throw new UserError('This version cannot do that yet.', { action: 'Do it run by run.' })
}

export const manyRunsCalls = (): ManyRunsCalls => ({
  'runs.edit': notYet,
  'runs.restore': notYet,
  'runs.forkSteps': notYet,
  'runs.fork': notYet,
  'runs.twins': notYet,
  'runs.cloneMany': notYet,
  'runs.reorder': notYet,
})
