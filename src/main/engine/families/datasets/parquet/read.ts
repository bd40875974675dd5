/** Pictures and labels of tables as image sets. */
import { RefusedInputError } from '../../../../../shared/errors'
import { decodeBytes, gatherPictures, inspectPicture, type PictureShape } from '../../../images/decoding'
import type { ImageSet } from '../../../images/types'
import { openArrow } from '../files/arrow'
import { openParquet } from '../files/parquet'
import type { TableFile } from '../files/tableFile'
import type { DatasetContext } from '../types'
import { chooseColumns, pictureIn, type PictureColumns } from './columns'
import { action, isParquet, quotedName } from './layout'

/** 4 GB of decoded images: beyond it the sets do not fit into memory beside a training run. */
const memoryLimit = 4_000_000_000

export interface ParquetSources {
  readonly files: readonly string[]
  readonly labelColumn: string
  readonly shape: PictureShape
}

/** Opens one file after the other; each is closed again. */
async function* opened(files: readonly string[]): AsyncGenerator<TableFile> {
  for (const path of files) {
    const file = await (isParquet(path) ? openParquet : openArrow)(path)
    try {
      yield file
    } finally {
      await file.close()
    }
  }
}

/** The columns of the first file. */
export async function readColumns(path: string, labelColumn: string): Promise<PictureColumns> {
  for await (const file of opened([path])) return chooseColumns(file, labelColumn)
  throw new Error('There is no file.')
}

/** How many rows all have, within what fits into memory once decoded. */
export async function countRows(files: readonly string[], { side, channels }: PictureShape): Promise<number> {
  let rows = 0
  for await (const file of opened(files)) rows += file.rows
  const bytes = rows * side * side * channels
  if (bytes <= memoryLimit && rows > 0) return rows
  throw new RefusedInputError(rows === 0 ? 'The files have no rows.' : 'These pictures do not fit into memory.', {
    wanted: `1 to ${Math.floor(memoryLimit / (side * side * channels)).toLocaleString('en-US')} pictures of ${side}×${side}`,
    got: rows.toLocaleString('en-US'),
    where: files[0],
    action: 'Choose a smaller image size or fewer files.',
  })
}

function labelIn(cell: unknown, row: number, { path }: TableFile): number {
  const label = typeof cell === 'bigint' ? Number(cell) : cell
  if (typeof label === 'number' && Number.isInteger(label) && label >= 0 && label < 100_000) return label
  throw new RefusedInputError(`Row ${(row + 1).toLocaleString('en-US')} of ${quotedName(path)} has no label.`, {
    wanted: 'a whole number from 0 on',
    got: cell === null || cell === undefined ? 'nothing' : String(label),
    where: path,
    action: label === -1 ? 'The hub writes −1 where labels were not published: leave this file out.' : action,
  })
}

/** All rows of the files in order. @throws RefusedInputError naming file and row of the first fault */
export async function readParquet(
  { files, labelColumn, shape }: ParquetSources,
  { signal, onProgress }: Pick<DatasetContext, 'signal' | 'onProgress'>,
): Promise<ImageSet> {
  const count = await countRows(files, shape)
  const size = shape.side * shape.side * shape.channels
  const pixels = new Uint8Array(count * size)
  const labels = new Int32Array(count)
  let done = 0
  for await (const file of opened(files)) {
    const { picture, label } = chooseColumns(file, labelColumn)
    let row = 0
    for await (const rows of file.read([picture, label])) {
      const decode = (at: number): Promise<Uint8Array> => {
        labels[done + at] = labelIn(rows[at]?.[label], row + at, file)
        const bytes = pictureIn(rows[at]?.[picture])
        const name = `picture ${(row + at + 1).toLocaleString('en-US')} of ${quotedName(file.path)}`
        if (bytes) return decodeBytes(bytes, { name, where: file.path }, shape)
        throw new RefusedInputError(`The ${name} is absent.`, {
          wanted: 'its bytes',
          got: 'none',
          where: file.path,
          action,
        })
      }
      pixels.set(await gatherPictures({ count: rows.length, size, signal }, decode, () => undefined), done * size)
      row += rows.length
      done += rows.length
      onProgress?.(
        done / count,
        `Decoding ${done.toLocaleString('en-US')} of ${count.toLocaleString('en-US')} pictures`,
      )
    }
  }
  return { count, height: shape.side, width: shape.side, channels: shape.channels, pixels, labels }
}

/** Size and colour that take the first picture as it is; null where its group is too large to look into. */
export async function inspectFirst(path: string): Promise<{ size: number; colour: 'rgb' | 'grey' } | null> {
  for await (const file of opened([path])) {
    const { picture } = chooseColumns(file, '')
    for await (const [row] of file.read([picture])) {
      const bytes = pictureIn(row?.[picture])
      if (!bytes) return null
      const { width, height, channels } = await inspectPicture(bytes, { name: 'the first picture', where: path })
      return { size: Math.min(256, Math.max(32, width, height)), colour: channels === 1 ? 'grey' : 'rgb' }
    }
  }
  return null
}
