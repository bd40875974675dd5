import { describe, expect, it } from 'vitest'
import { importedTeacherFile } from '../../../../src/main/engine/control/runs/copiedFiles'
import { jobOf } from '../../../../src/main/engine/control/runs/stageJobs'
import { newRun } from '../../../../src/main/engine/control/runs/newRun'
import { fakeCatalogue } from '../../../fakes/catalogue'

const config = {
  ...fakeCatalogue.defaults,
  teacher: {
    ...fakeCatalogue.defaults.teacher,
    source: 'file' as const,
    file: '/elsewhere/teacher.pth',
    acknowledged: '0123abcd',
  },
}
const run = newRun({ id: 'r', config, createdAt: 0 })
const jobFor = (stageId: string, teacherWeights: string | null) => {
  const stages = run.stages.map((stage) => (stage.id === 'teacher' ? { ...stage, weights: teacherWeights } : stage))
  const record = stages.find(({ id }) => id === stageId)
  if (!record) throw new Error('There is no such stage.')
  return jobOf(record, {
    run: { ...run, stages },
    config,
    folderOf: ({ id }) => `/runs/r/${id}`,
    cacheFolder: '/cache',
    threads: 1,
    startFrom: undefined,
    branchesAt: [80],
  })
}

describe('a run with an imported teacher', () => {
  it('has its copy of the original evaluated, and the weights kept beside it', () => {
    expect(importedTeacherFile('/runs/r/teacher', config)).toBe('/runs/r/teacher/imported.pth')
    expect(jobFor('teacher', null)).toMatchObject({
      kind: 'evaluate',
      file: '/runs/r/teacher/imported.pth',
      normalization: config.teacher.normalization,
      teacher: { acknowledged: '0123abcd', weights: '/runs/r/teacher/weights.safetensors' },
    })
  })

  it.each(['/runs/r/teacher/weights.safetensors', '/runs/r/teacher/brought.pth'])(
    'distils from what its teacher stage has left, also that of version 0.1.0: %s',
    (weights) => {
      expect(jobFor('student-1', weights)).toMatchObject({ kind: 'student', teacherWeights: weights })
    },
  )

  it('names the file that its teacher will leave, where that is still to be trained, and what others want of it', () => {
    expect(jobFor('student-1', null)).toMatchObject({
      teacherWeights: '/runs/r/teacher/weights.safetensors',
      branchesAt: [80],
    })
  })
})
