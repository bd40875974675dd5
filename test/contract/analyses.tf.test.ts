/** What every analysis promises: an artifact that fits its schema and is JSON, the same for the same seed, no leak. */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { readArtifact } from '../../src/main/engine/control/runs/artifacts'
import { stageAnalyses } from '../../src/main/engine/families/analyses'
import type { TrainerReport } from '../../src/main/engine/protocol/messages'
import { artifactForms } from '../../src/shared/domain'
import { prepareTinyTeacher, studentStage } from './stages'
import { runToEnd, temporaryFolder, tinyExperiment } from './support'

type ArtifactReport = Extract<TrainerReport, { type: 'artifact' }>

/** With a defense that hands over what it measures. */
const studentWithDefense = tinyExperiment({
  students: [{ defenses: [{ id: 'sv', params: { testBatches: 0, members: 1 } }] }],
  recording: { evaluateEvery: 2 },
})

async function artifactsOfStudent(): Promise<ArtifactReport[]> {
  const folder = temporaryFolder('analyses')
  const work = await studentStage(studentWithDefense, folder)
  const reports = await runToEnd(work, folder)
  work.dispose()
  return reports.filter((report) => report.type === 'artifact')
}

let reports: ArtifactReport[]
let again: ArtifactReport[]
beforeAll(async () => {
  await prepareTinyTeacher()
  reports = await artifactsOfStudent()
  again = await artifactsOfStudent()
})

describe.each(stageAnalyses.map((member) => ({ id: member.id, member })))('$id', ({ member }) => {
  const own = (all: readonly ArtifactReport[]): ArtifactReport[] => all.filter(({ analysis }) => analysis === member.id)

  it('is measured in a student stage, at the steps at which it says', () => {
    const steps = own(reports).map(({ step }) => step)
    expect(steps.at(-1)).toBe(4)
    if (member.when === 'evaluation') expect(steps).toEqual([2, 4])
    if (member.when === 'end') expect(steps).toEqual([4])
  })
  it('leaves JSON that fits its schema, and its view', () => {
    for (const { analysis, step, artifact } of own(reports)) {
      const read = JSON.parse(JSON.stringify(artifact)) as unknown
      expect(read).toEqual(artifact)
      expect(readArtifact({ stageId: 'student-1', analysis, step, artifact: read }).fault).toBeNull()
      if (member.view.kind !== 'component') artifactForms[member.view.kind].parse(read)
    }
  })
  it('finds the same with the same seed', () => expect(own(again)).toEqual(own(reports)))
})

it('leave no tensor behind', async () => {
  const work = await studentStage(studentWithDefense, temporaryFolder('leaks'))
  await work.step(0, true)
  work.evaluate()
  const before = tf.memory().numTensors
  work.evaluate()
  work.conclude?.('done')
  expect(work.remarks?.().some(({ type }) => type === 'artifact')).toBe(true)
  expect(tf.memory().numTensors).toBe(before)
  work.dispose()
})
