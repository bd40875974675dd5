/**
 * What every distillation method with every defense promises: a tiny step gives finite losses, the same seed the same
 * result, resume is exact, nothing leaks.
 */
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import type { DistillationMethod } from '../../src/main/engine/families/distillation/types'
import { checkpointFile } from '../../src/main/engine/protocol/checkpointFiles'
import type { TrainerReport } from '../../src/main/engine/protocol/messages'
import type { StageWork } from '../../src/main/engine/trainer/stageWork'
import type { ExperimentConfig, StudentPlan } from '../../src/shared/domain'
import { defensePlans, smallNetwork, switches, tinyMethod, worksAfterwards } from './cases'
import { studentStage } from './stages'
import { runToEnd, temporaryFolder, tinyExperiment, valuesOf } from './support'

/** Whether it belongs to the inversion family: the two halves are tested in two files, side by side. */
export const ofInversion = ({ recording }: DistillationMethod): boolean => recording?.evaluateEvery === 'callsPerEpoch'

/** The student's losses, whichever trainer reports them. */
const learningOf = (reports: readonly TrainerReport[]): number[] => [
  ...valuesOf(reports, 'studentLoss'),
  ...['sr.outerLoss', 'fp.loss', 'ibau.outerLoss'].flatMap((name) => valuesOf(reports, name)),
]
/**
 * One of each further source of images (pixels, a kept generator) with all defenses at once; the others differ from it
 * in their weights alone.
 */
const allAtOnce = ['deepinversion', 'dafl']
const undefendedOnly = ['dfq', 'dfad', 'zskt_inversion']
function plansOf(id: string, index: number): StudentPlan[] {
  if (undefendedOnly.includes(id)) return defensePlans.slice(0, 1)
  if (allAtOnce.includes(id)) return [{ defenses: [] }, { defenses: defensePlans.flatMap((plan) => plan.defenses) }]
  return id === 'zskt' && index === 0 ? defensePlans : defensePlans.filter((plan) => !worksAfterwards(plan))
}
const casesOf = (members: readonly DistillationMethod[]) =>
  members.flatMap((method) =>
    (switches[method.id] ?? [tinyMethod]).flatMap((params, index) =>
      plansOf(method.id, index).map((plan) => ({
        name: `${method.id}${index > 0 ? ' with its optional terms' : ''}, defense ${plan.defenses.map(({ id }) => id).join('+') || 'none'}`,
        change: {
          students: [plan],
          distillation: {
            architecture: smallNetwork,
            method: { id: method.id, params },
          },
        },
      })),
    ),
  )

/** In mixed precision too: a method with a generator, and second derivatives. */
const computedMixed = ['zskt, defense sv', 'zskt, defense sr']

/** Registers what every method promises, for these members. */
export function describeMethods(members: readonly DistillationMethod[]): void {
  const cases = casesOf(members)
  describe.each(cases)('$name', ({ change }) => {
    promises(tinyExperiment(change))
  })
  describe.each(cases.filter(({ name }) => computedMixed.includes(name)))('$name, mixed', ({ change }) => {
    const experiment = tinyExperiment(change)
    promises({ ...experiment, execution: { ...experiment.execution, precision: 'mixed' } })
  })
  it.each(members.map(({ id }) => id))('%s runs kernel by kernel as it does captured', sameWithoutGraph)
}

/**
 * Every method is stopped after so many steps and gone on with from the checkpoint that it wrote there: in the middle
 * of the distillation, or of what a defense does afterwards.
 */
const resumedAtOf = ({ students: [plan] }: ExperimentConfig): number => (plan && worksAfterwards(plan) ? 7 : 2)

function promises(experiment: ExperimentConfig): void {
  it('takes finite steps, keeps no tensors from step to step, and gives the same student bit for bit when resumed', async () => {
    const resumedAt = resumedAtOf(experiment)
    const whole = temporaryFolder('whole')
    const work = await studentStage(experiment, whole)
    const tensors: number[] = []
    const watched: StageWork = {
      ...work,
      keepsCheckpoint: (step) => step === resumedAt,
      step: async (index, measure, innerStep) => {
        const metrics = await work.step(index, measure, innerStep)
        tensors.push(tf.memory().numTensors)
        return metrics
      },
    }
    const reports = await runToEnd(watched, whole)
    expectImages(work)
    work.dispose()
    const losses = [...valuesOf(reports, 'generatorLoss'), ...learningOf(reports)]
    expect(learningOf(reports).length).toBeGreaterThanOrEqual(4)
    expect(losses.every(Number.isFinite)).toBe(true)
    expect(tensors[3]).toBe(tensors[1])

    const parts = temporaryFolder('parts')
    copyFileSync(join(whole, checkpointFile(resumedAt)), join(parts, checkpointFile(resumedAt)))
    const after = await studentStage(experiment, parts)
    const rest = await runToEnd(after, parts, { resume: true })
    after.dispose()
    const checkpoint = reports.findIndex((report) => report.type === 'checkpoint' && report.step === resumedAt)
    expect(checkpoint).toBeGreaterThan(0)
    const firstPart = reports.slice(0, checkpoint)
    expect([...learningOf(firstPart), ...learningOf(rest)].sort()).toEqual([...learningOf(reports)].sort())
    expect(readFileSync(`${parts}/weights.safetensors`).equals(readFileSync(`${whole}/weights.safetensors`))).toBe(true)
  })
}

function expectImages(work: StageWork): void {
  const images = work.images?.(1)
  expect(images).toMatchObject({ count: 8, height: 32, width: 32, channels: 3, step: 1 })
  expect(new Set(images?.pixels).size).toBeGreaterThan(10)
}

async function sameWithoutGraph(id: string): Promise<void> {
  const outcomes: number[][] = []
  for (const graph of [true, false]) {
    const distillation = {
      architecture: smallNetwork,
      method: { id, params: switches[id]?.[0] ?? tinyMethod },
    }
    const experiment = tinyExperiment({ students: [{ defenses: [] }], distillation })
    const work = await studentStage(
      { ...experiment, execution: { ...experiment.execution, graph } },
      temporaryFolder('eager'),
    )
    const metrics = await work.step(0, true)
    outcomes.push(
      Object.entries(metrics)
        .filter(([name]) => /loss/i.test(name))
        .map(([, value]) => Number(value)),
    )
    work.dispose()
  }
  const [captured = [], eager = []] = outcomes
  expect(captured.length).toBeGreaterThan(0)
  expect(eager).toHaveLength(captured.length)
  captured.forEach((value, index) =>
    expect(Math.abs((eager[index] ?? NaN) - value)).toBeLessThanOrEqual(1e-3 * Math.max(1, Math.abs(value))),
  )
}
