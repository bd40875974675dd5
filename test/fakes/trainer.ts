/**
 * A trainer without TensorFlow: a process that works on tasks as the trainer does, and trains nothing, deterministically.
 * ABD_FAKE_STEP_MS: milliseconds per step (default 2). ABD_FAKE_CRASH_STEP: dies without a word at that step of a
 * student, once per folder.
 * ABD_FAKE_HOLD_STEP: waits after that step of a student until it is asked to pause or stop, once per workspace.
 * ABD_FAKE_FAIL: a sentence with which every student fails. ABD_FAKE_BURN=1: keeps a core busy instead of sleeping.
 * ABD_FAKE_POOL=1: students have a pool.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ShortJob, TrainerCommand, TrainerReport } from '../../src/main/engine/protocol/messages'
import { runTask } from '../../src/main/engine/trainer/task'
import { fakeDevice } from './device'
import { done, evaluateFile, runStage } from './stageWork'

const send = (report: TrainerReport): Promise<void> =>
  new Promise((resolve) => {
    if (process.send) process.send(report, undefined, undefined, () => resolve())
    else resolve()
  })

async function runShort(job: ShortJob): Promise<void> {
  if (job.kind === 'device') await send({ type: 'ready', device: fakeDevice })
  if (job.kind === 'export') writeFileSync(job.path, JSON.stringify({ exporter: job.exporter, weights: job.weights }))
  await send(job.kind === 'evaluate' ? evaluateFile(job) : done)
  process.exit(0)
}

const { values } = parseArgs({ options: { task: { type: 'string' } } })
if (values.task !== undefined) void runTask(values.task, runStage)
else {
  process.on('message', (command: TrainerCommand) => {
    if (command.type === 'ping') void send({ type: 'pong', time: command.time })
    else void runShort(command.job)
  })
  process.on('disconnect', () => process.exit(0))
}
