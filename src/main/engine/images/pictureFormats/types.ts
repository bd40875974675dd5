/** A decoded picture: bytes of grey or RGB, row by row from the top. */
export interface RawPicture {
  readonly channels: 1 | 3
  readonly width: number
  readonly height: number
  readonly pixels: Buffer
}

/** Of one picture: they are decoded at one go, beside which control answers. */
const pixelLimit = 25_000_000

/** Refuses sizes that no picture has before memory is taken for them. @throws Error with what is wrong */
export function checkSize(width: number, height: number): void {
  if (!(width > 0 && height > 0 && width * height <= pixelLimit))
    throw new Error(`a size of ${width}×${height} pixels; at most ${pixelLimit.toLocaleString('en-US')} are read`)
}
