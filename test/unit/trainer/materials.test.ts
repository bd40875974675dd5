import { expect, it } from 'vitest'
import { createMaterials, type MaterialsInput } from '../../../src/main/engine/trainer/asked/materials'

const student = {
  ...{ id: 'student', kind: 'student', index: 0, title: 'Student', folder: '/nowhere', weights: null },
  keptImages: [{ step: 7, file: '/nowhere', layout: { count: 3 } }],
  recorded: { accuracy: { steps: [], values: [] }, asr: { steps: [], values: [] } },
}
const materialsOf = (stages: readonly object[]) =>
  createMaterials({
    job: { step: 5, stages, config: { teacher: { source: 'train' }, distillation: { architecture: {} } } },
    dataset: {},
    program: {},
  } as unknown as MaterialsInput)

it('opens no student beside a teacher that is asked about, whatever the step: its kept images are all it lends', async () => {
  const [found] = await materialsOf([{ ...student, id: 'teacher', kind: 'teacher' }, student]).students()
  expect(found?.network).toBeNull()
  expect(found?.kept.steps).toEqual([{ step: 7, count: 3 }])
  await expect(materialsOf([student]).students()).rejects.toThrow('has no checkpoint at step 5')
})
