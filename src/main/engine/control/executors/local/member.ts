/** This machine as a member of the executors. */
import type { Executor } from '../executor'
import { defineExecutor } from '../members'

/** @param executor as this engine was given it */
export const localMember = (executor: Executor) =>
  defineExecutor({
    id: executor.id,
    title: 'This machine',
    summary: 'Tasks are processes of this machine. How many at once, and their threads, are set under General.',
    params: {},
    open: () => ({
      executor,
      missing: () => Promise.resolve(null),
      script: () => null,
      check: () => Promise.resolve(),
    }),
  })
