/** Selected images as files: a PNG each in its own size, and a table of what is known of them. */
import type { AsyncZippable } from 'fflate'
import { toCsv, type ImageBatch } from '@shared/domain'
import { toImageData } from '../../components/pixels'
import { zipped } from '../../format/archive'
import type { ColumnInfo } from './columns'

export interface SavedImage {
  readonly run: string
  readonly runName: string
  readonly student: string
  readonly at: number
  readonly index: number
  readonly batch: ImageBatch
  /** By column; NaN where it is not known. */
  readonly values: readonly number[]
}

/** `<student>/<step>-<image>.png`; `stem` is the student's folder. */
export const pictureName = ({ at, index }: Pick<SavedImage, 'at' | 'index'>, stem: string): string =>
  `${stem}/${String(at).padStart(7, '0')}-${String(index + 1).padStart(4, '0')}.png`

/** Letters, digits, dots and dashes; other characters are lost by some file systems. */
const plain = (text: string): string =>
  text.replaceAll(/[^\p{L}\p{N}.=-]+/gu, '-').replaceAll(/^-+|-+$/g, '') || 'student'

/** A folder per student; two of one name get numbers. */
export function foldersOf(images: readonly Pick<SavedImage, 'run' | 'student'>[]): Map<string, string> {
  const folders = new Map<string, string>()
  for (const { run, student } of images) {
    const key = `${run}/${student}`
    if (folders.has(key)) continue
    const taken = new Set(folders.values())
    let folder = plain(student)
    for (let number = 2; taken.has(folder); number++) folder = `${plain(student)}-${number}`
    folders.set(key, folder)
  }
  return folders
}

/** One row per image; classes by number, so that another program reads them. */
export function numbersCsv(images: readonly SavedImage[], columns: readonly ColumnInfo[], step: string): string {
  const folders = foldersOf(images)
  return toCsv(
    ['file', 'run', 'run name', 'student', step, 'image', ...columns.map(({ title }) => title)],
    images.map((image) => [
      pictureName(image, folders.get(`${image.run}/${image.student}`) ?? ''),
      image.run,
      image.runName,
      image.student,
      image.at,
      image.index + 1,
      ...image.values.map((value) => (Number.isNaN(value) ? null : value)),
    ]),
  )
}

async function pngOf(batch: ImageBatch): Promise<Uint8Array> {
  const canvas = new OffscreenCanvas(batch.width, batch.height)
  canvas.getContext('2d')?.putImageData(toImageData(batch, 0), 0, 0)
  return new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())
}

/** One archive of all. */
export async function archiveOf(images: readonly SavedImage[], csv: string): Promise<Uint8Array> {
  const folders = foldersOf(images)
  const files: AsyncZippable = { 'images.csv': new TextEncoder().encode(csv) }
  for (const image of images) {
    const name = pictureName(image, folders.get(`${image.run}/${image.student}`) ?? '')
    // A PNG is compressed already.
    files[name] = [await pngOf(image.batch), { level: 0 }]
  }
  return zipped(files)
}
