/** Where tiles lie on a sheet of images. Lengths in CSS pixels. */
import { largestTile, smallestTile } from '../../components/tileSizes'

export const tileGap = 3
/** Two lines of what the models say. */
const labelHeight = 32
/** Below this a label is not legible. */
const smallestLabelled = 56
/** Small images are not blown up to fill a wide view. */
const largestFitted = 96
/** All images are seen at once in about this height where no size was chosen. */
const heightOfAll = 540
/** Stands for a size that suits the width and the number of images. */
export const suitableTile = 0

export interface TileSheet {
  readonly columns: number
  /** Of a tile; 0 while the width is not known. */
  readonly side: number
  readonly labelHeight: number
}

const fittedColumns = (tiles: number): number => (tiles > 36 ? 8 : tiles > 16 ? 6 : 4)

/**
 * Columns and side of the tiles in a sheet of that width.
 * @param side as chosen, or suitableTile; null: so that the columns which suit the number of images fill the width
 * @param ofAll images from which the tiles were chosen: choosing fewer does not make them larger
 */
export function tilesIn(input: {
  readonly width: number
  readonly tiles: number
  readonly side: number | null
  readonly ofAll: number
  readonly labelled?: boolean | undefined
}): TileSheet {
  const { width, side, ofAll } = input
  const below = input.labelled ? labelHeight : 0
  if (width === 0) return { columns: fittedColumns(ofAll), side: 0, labelHeight: below }
  if (side === null) {
    const columns = fittedColumns(ofAll)
    const fitted = Math.floor((width - tileGap * (columns - 1)) / columns)
    return { columns, side: Math.max(1, Math.min(largestFitted, fitted)), labelHeight: below }
  }
  const chosen = side === suitableTile ? suitableSide(width, ofAll) : side
  const wanted = Math.min(width, Math.max(chosen, input.labelled ? smallestLabelled : smallestTile))
  return { columns: Math.max(1, Math.floor((width + tileGap) / (wanted + tileGap))), side: wanted, labelHeight: below }
}

const suitableSide = (width: number, tiles: number): number => {
  const side = Math.floor(Math.sqrt((width * heightOfAll) / Math.max(1, tiles))) - 2 * tileGap
  return Math.min(largestTile, Math.max(smallestTile, side))
}

/** The top left corner of the tile at that place. */
export const cornerOf = (
  place: number,
  { columns, side, labelHeight: below }: TileSheet,
): { x: number; y: number } => ({
  x: (place % columns) * (side + tileGap),
  y: Math.floor(place / columns) * (side + below + tileGap),
})

/** Of the whole sheet. */
export function sheetSize(tiles: number, sheet: TileSheet): { width: number; height: number } {
  const rows = Math.ceil(tiles / sheet.columns)
  return {
    width: Math.min(tiles, sheet.columns) * (sheet.side + tileGap),
    height: rows * (sheet.side + sheet.labelHeight + tileGap),
  }
}
