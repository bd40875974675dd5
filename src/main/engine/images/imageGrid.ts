/** Many small images as one PNG, row by row; any viewer opens it. */
import { readFile } from 'node:fs/promises'
import type sharp from 'sharp'
import type { ImageBatch } from '../../../shared/domain'
import { UserError } from '../../../shared/errors'

export type GridLayout = Omit<ImageBatch, 'pixels'>

const gridColumns = 8

const loadSharp = async (): Promise<typeof sharp> => (await import('sharp')).default

const columnsOf = (count: number): number => Math.min(gridColumns, count)

/** Of the whole picture, in pixels. */
export function gridSize({ count, height, width }: GridLayout): { height: number; width: number } {
  const columns = columnsOf(count)
  return { height: Math.ceil(count / columns) * height, width: columns * width }
}

/** Which images stand in each row. */
export const gridRows = (count: number): number[][] =>
  Array.from({ length: Math.ceil(count / gridColumns) }, (_, row) =>
    Array.from(
      { length: Math.min(gridColumns, count - row * gridColumns) },
      (__, column) => row * gridColumns + column,
    ),
  )

export async function encodeGrid(images: ImageBatch): Promise<Uint8Array> {
  const { count, height, width, channels, pixels } = images
  const columns = columnsOf(count)
  const rows = Math.ceil(count / columns)
  const grid = Buffer.alloc(columns * width * rows * height * channels)
  copyTiles(images, (tile, y, offset, length) => {
    grid.set(
      pixels.subarray(offset, offset + length),
      ((Math.floor(tile / columns) * height + y) * columns + (tile % columns)) * width * channels,
    )
  })
  const encoder = await loadSharp()
  return encoder(grid, { raw: { width: columns * width, height: rows * height, channels } })
    .png({ compressionLevel: 3 })
    .toBuffer()
}

/** @throws UserError when the file is missing or damaged */
export async function decodeGrid(file: string, layout: GridLayout): Promise<Uint8Array> {
  const { count, height, width, channels } = layout
  const columns = columnsOf(count)
  try {
    const decoder = await loadSharp()
    const { data, info } = await decoder(await readFile(file))
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    if (info.width !== columns * width || info.channels !== channels)
      throw new Error(`the grid is ${info.width}×${info.height}×${info.channels}`)
    const pixels = new Uint8Array(count * height * width * channels)
    copyTiles(layout, (tile, y, offset, length) => {
      const from = ((Math.floor(tile / columns) * height + y) * columns + (tile % columns)) * width * channels
      pixels.set(data.subarray(from, from + length), offset)
    })
    return pixels
  } catch (error) {
    throw new UserError('The images of this step cannot be read.', {
      where: file,
      action: 'The file is missing or damaged; other steps are not affected.',
      cause: error,
    })
  }
}

/** Every line of every tile, with its offset in the batch. */
function copyTiles(images: GridLayout, copy: (tile: number, y: number, offset: number, length: number) => void): void {
  const { count, height, width, channels } = images
  const length = width * channels
  for (let tile = 0; tile < count; tile++) {
    for (let y = 0; y < height; y++) copy(tile, y, (tile * height + y) * length, length)
  }
}
