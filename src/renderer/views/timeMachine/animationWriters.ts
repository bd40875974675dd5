/** Frames into one file: a GIF, or a PNG each in an archive. */
import type { AsyncZippable } from 'fflate'
import { applyPalette, GIFEncoder, quantize } from 'gifenc'
import { zipped } from '../../format/archive'
import { pngFrom } from '../../format/picture'

export type AnimationFormat = 'gif' | 'png'

export interface FrameFacts {
  /** The step. */
  readonly at: number
  /** Milliseconds for which it is seen. */
  readonly time: number
}

export interface AnimationWriter {
  add(canvas: HTMLCanvasElement, facts: FrameFacts): Promise<void>
  finish(): Promise<Uint8Array>
}

/** 256 colours of its own for each frame. */
function gifWriter(): AnimationWriter {
  const gif = GIFEncoder()
  return {
    add(canvas, { time }) {
      const { width, height } = canvas
      const data = canvas.getContext('2d')?.getImageData(0, 0, width, height).data
      if (!data) throw new Error('The browser gave no pixels of the picture.')
      const palette = quantize(data, 256)
      gif.writeFrame(applyPalette(data, palette), width, height, { palette, delay: time })
      return Promise.resolve()
    },
    finish() {
      gif.finish()
      return Promise.resolve(gif.bytes())
    },
  }
}

function pngWriter(): AnimationWriter {
  const files: AsyncZippable = {}
  return {
    async add(canvas, { at }) {
      // A PNG is compressed already.
      files[`${String(at).padStart(8, '0')}.png`] = [await pngFrom(canvas), { level: 0 }]
    },
    finish: () => zipped(files),
  }
}

export const animationWriters: Readonly<Record<AnimationFormat, () => AnimationWriter>> = {
  gif: gifWriter,
  png: pngWriter,
}
