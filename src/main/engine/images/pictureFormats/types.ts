/** A decoded picture: RGB bytes, row by row from the top. */
export interface RawPicture {
  readonly width: number
  readonly height: number
  readonly pixels: Buffer
}

/** Of one picture: more than any data set has, and 300 MB of RGB. */
export const pixelLimit = 100_000_000

/** Refuses sizes that no picture has before memory is taken for them. @throws Error with what is wrong */
export function checkSize(width: number, height: number): void {
  if (!(width > 0 && height > 0 && width * height <= pixelLimit))
    throw new Error(`a size of ${width}×${height} pixels; at most ${pixelLimit.toLocaleString('en-US')} are read`)
}
