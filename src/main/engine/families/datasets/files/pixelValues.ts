/** Pixels of arrays as bytes, whatever type and scale they were saved in. */
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import type { Yielding } from '../../../images/yielding'
import type { Numbers } from './npy'

export interface PixelBytes {
  readonly bytes: Uint8Array
  /** What was assumed of the scale, where it is not plain; a sentence. */
  readonly note: string | null
}

interface NamedNumbers {
  readonly name: string
  readonly where: string
  readonly data: Numbers
}

/**
 * Bytes as they are; whole numbers from 0 to 255 as bytes; of other numbers those up to 1 are shares of 255, those up
 * to 255 are rounded. Which of the two is told by the largest of all.
 * @throws RefusedInputError where the values leave these ranges
 */
export async function pixelBytes({ name, where, data }: NamedNumbers, yielding: Yielding): Promise<PixelBytes> {
  if (data instanceof Uint8Array) return { bytes: data, note: null }
  let largest = 0
  let whole = true
  for (let place = 0; place < data.length; place++) {
    const value = Number(data[place])
    if (!(value >= 0 && value <= 255))
      throw outOfRange(name, where, `${value} at place ${place.toLocaleString('en-US')}`)
    if (value > largest) largest = value
    whole &&= Number.isInteger(value)
    if (place % 65_536 === 0 && yielding.due()) await yielding.pause()
  }
  const fractions = data instanceof Float32Array || data instanceof Float64Array
  const factor = fractions && largest <= 1 ? 255 : 1
  const bytes = new Uint8Array(data.length)
  for (let place = 0; place < data.length; place++) {
    bytes[place] = Math.round(Number(data[place]) * factor)
    if (place % 65_536 === 0 && yielding.due()) await yielding.pause()
  }
  return { bytes, note: fractions ? noteOn(name, { factor, whole }) : null }
}

function noteOn(name: string, { factor, whole }: { factor: number; whole: boolean }): string | null {
  if (factor === 255)
    return `The pixels of ${quoteFromFile(name)} lie between 0 and 1: they were taken as shares of 255 and rounded.`
  return whole ? null : `The pixels of ${quoteFromFile(name)} lie between 0 and 255 and were rounded.`
}

const outOfRange = (name: string, where: string, got: string): RefusedInputError =>
  new RefusedInputError(`${quoteFromFile(name)} holds no pixels.`, {
    wanted: 'values from 0 to 255, or from 0 to 1',
    got,
    where,
    action: 'Save the images as uint8, before they are normalised.',
  })
