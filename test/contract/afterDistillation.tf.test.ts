/** A defense that acts on the finished student: its steps, its metrics, and a pause in their middle. */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it, vi } from 'vitest'
import { defineDefense } from '../../src/main/engine/families/defenses/types'
import { disposePseudoBatch } from '../../src/main/engine/families/distillation/stepOutputs'
import type { TrainerReport } from '../../src/main/engine/protocol/messages'
import { createRegistry, integer, type Registry } from '../../src/shared/schema'
import { prepareTinyTeacher, studentStage } from './stages'
import { runToEnd, temporaryFolder, tinyExperiment, valuesOf } from './support'

/** Shrinks the student's weights by a random factor at each step, and says how far its answers are from the teacher's. */
const shrink = defineDefense({
  id: 'shrink',
  title: 'Shrink',
  summary: 'For tests.',
  reference: { citation: 'none' },
  params: { steps: integer({ label: 'Steps', default: 3, min: 1, max: 10, help: 'Steps after the distillation.' }) },
  afterwards: ({ steps }, pseudoBatch) => ({
    steps,
    pseudoBatches: steps,
    studentForwards: steps * pseudoBatch,
    teacherForwards: 0,
    heldStudentImages: pseudoBatch,
  }),
  create: ({ steps }) => ({
    id: 'shrink',
    afterDistillation({ student, program, stream, state, pseudoBatch }) {
      let done = 0
      state.addPlain('shrink', {
        read: () => ({ done }),
        write: (saved) => {
          done = Number(saved.done)
        },
      })
      const update = program.compile('shrink', ({ images, teacherLogits, factor }) =>
        tf.tidy(() => {
          const { logits } = student.forward(images as tf.Tensor4D, { training: false })
          for (const { variable } of student.parameters) variable.assign(tf.mul(variable, factor as tf.Scalar))
          return { distance: tf.mean(tf.abs(tf.sub(logits, teacherLogits as tf.Tensor2D))) }
        }),
      )
      return {
        steps,
        async step(position) {
          const batch = await pseudoBatch(position)
          const factor = tf.scalar(1 - 0.1 * (stream('shrink').uniform(1)[0] ?? 0))
          const outputs = update.run({ images: batch.images, teacherLogits: batch.teacherLogits, factor })
          const distance = outputs.distance?.dataSync()[0] ?? NaN
          disposePseudoBatch(batch)
          tf.dispose([factor, outputs])
          done += 1
          expect(done).toBe(position.index + 1)
          return position.measure ? { distance } : {}
        },
      }
    },
  }),
})

/** Made when it is asked: the mock stands before everything else in this file. */
const registry = () => createRegistry('defense', 'Defenses', [shrink])

vi.mock('../../src/main/engine/families/defenses', () => ({
  defenses: {
    ...createRegistry('defense', 'Defenses', []),
    get: (...args: Parameters<Registry<typeof shrink>['get']>) => registry().get(...args),
    open: (...args: Parameters<Registry<typeof shrink>['open']>) => registry().open(...args),
    openLeniently: (...args: Parameters<Registry<typeof shrink>['openLeniently']>) => registry().openLeniently(...args),
  },
}))

beforeAll(prepareTinyTeacher)

const tiny = { ...tinyExperiment(), students: [{ defenses: [{ id: 'shrink', params: {} }] }] }

async function run(folder: string, options: Parameters<typeof runToEnd>[2] = {}): Promise<TrainerReport[]> {
  const work = await studentStage(tiny, folder)
  const reports = await runToEnd(work, folder, options)
  work.dispose()
  return reports
}

it('goes on with the finished student in steps of its own, and resumes between them bit for bit', async () => {
  const [plain, whole, parts] = [temporaryFolder('plain'), temporaryFolder('whole'), temporaryFolder('parts')]
  const work = await studentStage({ ...tiny, students: [{ defenses: [] }] }, plain)
  await runToEnd(work, plain)
  work.dispose()
  const reports = await run(whole)
  expect(reports.at(-1)).toMatchObject({ type: 'finished', outcome: 'done', step: 7 })
  expect(valuesOf(reports, 'shrink.distance')).toHaveLength(3)
  expect(valuesOf(reports, 'studentLoss')).toHaveLength(4)
  const evaluatedAt = reports.flatMap((report) => (report.type === 'evaluation' ? [report.step] : []))
  expect(evaluatedAt).toEqual([4, 7])
  const weightsIn = (folder: string): Buffer => readFileSync(`${folder}/weights.safetensors`)
  expect(weightsIn(whole).equals(weightsIn(plain))).toBe(false)

  expect((await run(parts, { pauseAfter: 5 })).at(-1)).toMatchObject({ outcome: 'paused', step: 5 })
  const second = await run(parts, { resume: true })
  expect(valuesOf(second, 'shrink.distance')).toEqual(valuesOf(reports, 'shrink.distance').slice(1))
  expect(weightsIn(parts).equals(weightsIn(whole))).toBe(true)
})

it('keeps no tensors from step to step', async () => {
  const work = await studentStage(tiny, temporaryFolder('leak'))
  for (let step = 0; step < 5; step++) await work.step(step, true)
  const before = tf.memory().numTensors
  await work.step(5, true)
  await work.step(6, true)
  expect(tf.memory().numTensors).toBe(before)
  work.dispose()
})
