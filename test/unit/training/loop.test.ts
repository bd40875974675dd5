import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { float32Tensor } from '../../../src/main/engine/importers/weights'
import { runStage } from '../../../src/main/engine/training/loop'
import type { StageWork } from '../../../src/main/engine/training/loop'
import type { TrainerReport } from '../../../src/main/engine/training/protocol'

const evaluation = { accuracy: 0.5, asr: null, asrAll: null, robustAccuracy: null, images: 10, nonTarget: 0 }
const workOf = (changes: Partial<StageWork>): StageWork => ({
  totalSteps: 5, imagesPerStep: 1, measureEvery: 4,
  state: { snapshot: () => ({ tensors: new Map([['a/b', float32Tensor([1], new Float32Array(1))]]), plain: {}, streams: [] }), restore: () => undefined } as unknown as StageWork['state'],
  program: { readState: () => undefined, writeState: () => undefined } as StageWork['program'],
  step: () => ({}), evaluateAfter: () => false, evaluate: () => evaluation, writeWeights: () => Promise.resolve(null), dispose: () => undefined, ...changes,
})

async function reportsOf(work: StageWork): Promise<TrainerReport[]> {
  const reports: TrainerReport[] = []
  await runStage(work, { folder: mkdtempSync(join(tmpdir(), 'abd-loop-')), resume: false, checkpointEverySeconds: 1e9, report: (report) => { reports.push(report) }, request: () => 'go' })
  return reports
}

it('records what an unmeasured step brings, and what the work says beside metrics', async () => {
  const said: TrainerReport[][] = [[], [], [{ type: 'warning', message: 'off' }], [], []]
  const reports = await reportsOf(workOf({
    step: (index, measure) => ({ ...(measure ? { svCoefficient: 0 } : {}), ...(index === 2 ? { svTailRatio: 0.03 } : {}) }),
    remarks: () => (said.shift() ?? []) as never,
  }))
  const points = reports.flatMap((report) => report.type === 'metrics' ? report.points : []).filter(({ name }) => name.startsWith('sv'))
  expect(points).toEqual([
    { name: 'svCoefficient', step: 1, value: 0 }, { name: 'svTailRatio', step: 3, value: 0.03 }, { name: 'svCoefficient', step: 5, value: 0 },
  ])
  expect(reports.filter(({ type }) => type === 'warning')).toEqual([{ type: 'warning', message: 'off' }])
})
