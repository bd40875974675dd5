import { join } from 'node:path'
import { UserError } from '../../../../../shared/errors'
import { choice, integer, text } from '../../../../../shared/schema'
import { writeAtomically } from '../../../weights/atomicFile'
import { folderOf } from '../names'
import { defineRunExporter, type RunToExport, type StageToExport } from '../types'
import { captionOf } from './caption'

const params = {
  student: text({
    label: 'Student',
    default: '',
    maxLength: 100,
    placeholder: 'student-1',
    help: 'Whose images, e.g. student-1; empty: of every student.',
  }),
  steps: choice({
    label: 'Steps',
    default: 'last',
    help: 'Which of the kept steps.',
    options: [
      { value: 'last', label: 'The last' },
      { value: 'all', label: 'All' },
      { value: 'one', label: 'One of them' },
    ],
  }),
  step: integer({
    label: 'Step',
    default: 0,
    min: 0,
    max: 1_000_000_000,
    visibleWhen: { field: 'steps', equals: 'one' },
    help: 'The kept step; where there is none, the next kept one.',
  }),
  scale: integer({
    label: 'Enlarged',
    unit: 'times',
    default: 4,
    min: 1,
    max: 32,
    help: 'Each pixel becomes a square of so many, without smoothing.',
  }),
}

export const imageGrids = defineRunExporter({
  id: 'images',
  title: 'Image grids',
  summary: 'Kept synthetic images as PNG, each with a caption file that says where they come from.',
  reference: { citation: 'ABD Workbench', place: 'docs/exports.md' },
  params,
  target: { kind: 'folder' },
  opens: 'any viewer of pictures',
  async write(target, run, values, work) {
    const students = run.stages.filter(
      ({ record }) => record.kind === 'student' && (values.student === '' || record.id === values.student),
    )
    const wanted = students.flatMap((stage) => stepsOf(stage, values).map((step) => ({ stage, step })))
    if (wanted.length === 0) throw nothingKept(run, values.student)
    for (const [index, { stage, step }] of wanted.entries()) {
      work.signal.throwIfAborted()
      work.progress(index / wanted.length, `${stage.name}, step ${step}`)
      await writeGrid(join(target, `${folderOf(stage)}-step-${step}`), { run, stage, step, scale: values.scale })
    }
    return { remarks: [] }
  },
})

function stepsOf(stage: StageToExport, { steps, step }: { readonly steps: string; readonly step: number }): number[] {
  const kept = stage.imageSteps()
  if (steps === 'all') return [...kept]
  const found = steps === 'one' ? (kept.find((one) => one >= step) ?? kept.at(-1)) : kept.at(-1)
  return found === undefined ? [] : [found]
}

const nothingKept = ({ run }: RunToExport, student: string): UserError =>
  new UserError('There are no kept images to write.', {
    wanted: student === '' ? 'a student with kept images' : `kept images of ${student}`,
    got:
      run.stages
        .filter(({ kind }) => kind === 'student')
        .map(({ id }) => id)
        .join(', ') || 'no student',
    where: run.id,
    action: 'See under Recording how many steps a run keeps.',
  })

interface Grid {
  readonly run: RunToExport
  readonly stage: StageToExport
  readonly step: number
  readonly scale: number
}

/** The PNG and its caption, of one name. */
async function writeGrid(path: string, { run, stage, step, scale }: Grid): Promise<void> {
  const { default: sharp } = await import('sharp')
  const { png, width, height } = await stage.imageGrid(step)
  const enlarged =
    scale === 1
      ? png
      : await sharp(png)
          .resize(width * scale, height * scale, { kernel: 'nearest' })
          .png()
          .toBuffer()
  await writeAtomically(`${path}.png`, [enlarged])
  const { pixels: _pixels, ...labels } = await stage.images(step)
  await writeAtomically(`${path}.txt`, [Buffer.from(captionOf(run, stage, labels))])
}
