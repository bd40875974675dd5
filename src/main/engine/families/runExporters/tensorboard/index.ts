import { join } from 'node:path'
import { boolean } from '../../../../../shared/schema'
import { folderOf } from '../names'
import { defineRunExporter, type RunToExport, type StageToExport } from '../types'
import { beginEventFile } from './eventFile'
import { liveEvents } from './live'
import { addFigures, addImages, addScalars, addSession, addSessionEnd } from './stageEvents'
import { sessionStatusOf } from './status'

const params = {
  images: boolean({
    label: 'Images',
    default: true,
    help: 'The kept synthetic images, one picture for each kept step. TensorBoard shows ten of them unless it is started with --samples_per_plugin images=200.',
  }),
  figures: boolean({
    label: 'Figures',
    default: true,
    help: 'Confusion matrices and the other figures of the analyses, as pictures.',
  }),
}

export const tensorboard = defineRunExporter({
  id: 'tensorboard',
  title: 'TensorBoard',
  summary: 'Event files: curves, images, figures and settings, a folder for each model.',
  reference: {
    citation: 'TensorBoard, event files and the HParams plugin',
    link: 'https://github.com/tensorflow/tensorboard',
    place: 'tensorboard/plugins/hparams',
  },
  params,
  target: { kind: 'folder' },
  opens: 'tensorboard --logdir FOLDER',
  live: liveEvents,
  async write(target, run, values, work) {
    const models = run.stages.filter(({ record }) => record.kind !== 'data')
    let unreadable = 0
    for (const [index, stage] of models.entries()) {
      const told = (fraction: number): void => work.progress((index + fraction) / models.length, stage.name)
      told(0)
      unreadable += await writeStage(join(target, folderOf(stage)), { run, stage, values, told, signal: work.signal })
    }
    const remarks = unreadable === 0 ? [] : [`${unreadable} steps of images could not be read and are left out.`]
    return { remarks }
  },
})

interface WholeStage {
  readonly run: RunToExport
  readonly stage: StageToExport
  readonly values: { readonly images: boolean; readonly figures: boolean }
  readonly signal: AbortSignal
  told(fraction: number): void
}

/** @returns how many steps of images could not be read */
async function writeStage(folder: string, { run, stage, values, told, signal }: WholeStage): Promise<number> {
  const began = (await stage.clock()).at(0)
  const file = await beginEventFile(folder, began)
  try {
    const events = { file, written: new Map<string, number>(), run, stage, signal }
    await addSession(events, began)
    await addScalars(events)
    told(0.5)
    const { unreadable } = values.images
      ? await addImages(events, (fraction) => told(0.5 + fraction / 2))
      : { unreadable: 0 }
    if (values.figures) await addFigures(events)
    const ended = (await stage.clock()).at(stage.record.step)
    await addSessionEnd(events, ended, sessionStatusOf(stage.record.state))
    return unreadable
  } finally {
    await file.close()
  }
}
