/** A tiny world to train in: few, small images, small networks. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { architectures } from '../../src/main/engine/families/architectures'
import { attacks } from '../../src/main/engine/families/attacks'
import { resolveExperiment } from '../../src/main/engine/control/experiments/resolve'
import { memberTable } from '../../src/main/engine/control/experiments/memberTable'
import { datasets } from '../../src/main/engine/families/datasets'
import { defenses } from '../../src/main/engine/families/defenses'
import { distillationMethods } from '../../src/main/engine/families/distillation'
import { runTrainingLoop, type LoopOptions } from '../../src/main/engine/trainer/loop'
import type { StageWork } from '../../src/main/engine/trainer/stageWork'
import type { TrainerReport } from '../../src/main/engine/protocol/messages'
import type { ExperimentConfig, PartialExperimentConfig } from '../../src/shared/domain'
import { describeRegistry, type MemberDeclaration, type Registry } from '../../src/shared/schema'
import { smallNetwork, tinyMethod } from './cases'

const registries: Registry<MemberDeclaration>[] = [attacks, datasets, architectures, distillationMethods, defenses]
const table = memberTable(registries.map((registry) => describeRegistry(registry)))

/** The resolved configuration of a tiny experiment; `change` replaces top-level parts. */
export function tinyExperiment(change: PartialExperimentConfig = {}): ExperimentConfig {
  const { config, issues } = resolveExperiment(
    {
      seed: 3,
      data: { id: 'signs', params: { trainImages: 100, testImages: 50 } },
      attack: { id: 'badnet_sq' },
      teacher: { architecture: smallNetwork, training: { epochs: 1, batchSize: 32 } },
      distillation: { architecture: smallNetwork, method: { id: 'zskt', params: tinyMethod } },
      recording: { evaluateEvery: 1000 },
      ...change,
    },
    table,
  )
  const errors = issues.filter((issue) => issue.severity === 'error')
  if (errors.length > 0) throw new Error(errors.map((issue) => `${issue.path}: ${issue.message}`).join('\n'))
  return config
}

export const temporaryFolder = (name: string): string => mkdtempSync(join(tmpdir(), `abd-${name}-`))

/**
 * Runs a stage and keeps what it reports; pauses it after `pauseAfter` steps, or after so many inner steps in the
 * middle of one.
 */
export async function runToEnd(
  work: StageWork,
  folder: string,
  options: { resume?: boolean; pauseAfter?: number; pauseInside?: number; startFrom?: LoopOptions['startFrom'] } = {},
): Promise<TrainerReport[]> {
  const reports: TrainerReport[] = []
  let steps = 0
  let inner = 0
  const finished = await runTrainingLoop(
    {
      ...work,
      step: (index, measure, innerStep) => {
        steps += 1
        return work.step(index, measure, (what, done, of) => {
          inner += 1
          return innerStep?.(what, done, of)
        })
      },
    },
    {
      folder,
      resume: options.resume ?? false,
      startFrom: options.startFrom,
      report: (report) => {
        reports.push(report)
      },
      checkpointEverySeconds: options.pauseInside === undefined ? 1e9 : 0,
      ...(options.pauseInside === undefined ? {} : { innerStep: { yieldEvery: 0, patience: 0 } }),
      request: () =>
        steps >= (options.pauseAfter ?? Infinity) || inner >= (options.pauseInside ?? Infinity) ? 'pause' : 'go',
    },
  )
  return [...reports, finished]
}

/** Every recorded value of a metric, in step order. */
export const valuesOf = (reports: readonly TrainerReport[], name: string): number[] =>
  reports.flatMap((report) =>
    report.type === 'metrics' ? report.points.filter((point) => point.name === name).map((point) => point.value) : [],
  )
