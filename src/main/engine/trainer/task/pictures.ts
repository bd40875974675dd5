/** Pictures as files of a task's folder: one PNG grid per kept step, one per synthesis call. */
import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ImageBatch, PooledImages, SyntheticImages } from '../../../../shared/domain'
import { encodeGrid } from '../../images/imageGrid'
import { pictureFile } from '../../protocol/pictureFiles'
import { taskFileMode } from '../../protocol/taskFiles'
import type { GridFile, TaskReport } from '../../protocol/taskFolder'
import { makeFolderWithin, writeAtomically } from '../../weights/atomicFile'

type Picture = Extract<TaskReport, { type: 'images' | 'pool' }>

export interface Pictures {
  images(images: SyntheticImages): Promise<Picture>
  /** `keep`: false where pools have no room on disk; the call is reported all the same. */
  pool(images: PooledImages, keep: boolean): Promise<Picture>
  /** Removes those after a step: the stage goes on from there, and those that come again are written again. */
  forgetAfter(step: number): Promise<void>
}

/** @param beforeRename of each file: rejects where this process may write no more */
export function createPictures(folder: string, beforeRename: () => Promise<void>): Pictures {
  async function write(file: string, images: ImageBatch): Promise<GridFile> {
    const grid = await encodeGrid(images)
    await makeFolderWithin(folder, dirname(file))
    await writeAtomically(join(folder, file), [grid], { mode: taskFileMode, beforeRename })
    return { file, bytes: grid.byteLength }
  }
  return {
    async images(images) {
      const { pixels: _pixels, ...labels } = images
      return { type: 'images', grid: await write(pictureFile('images', images.step), images), labels }
    },
    async pool(images, keep) {
      const { pixels: _pixels, ...call } = images
      return { type: 'pool', grid: keep ? await write(pictureFile('pool', images.call), images) : null, call }
    },
    async forgetAfter(step) {
      for (const kind of ['images', 'pool'] as const) {
        const names = await readdir(join(folder, kind)).catch(() => [])
        for (const name of names)
          if (Number.parseInt(name, 10) > step) await rm(join(folder, kind, name), { force: true })
      }
    },
  }
}
