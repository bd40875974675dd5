/** SVG to pixels, and widths of texts, as the page's browser has them. */
import type { SvgPicture, TextMeasure } from './svg'

/** Another system's font of that name may run wider. */
const reserve = 1.05

/** Where a page has no canvas, a guess. */
export function textMeasure(font: string, weight = 400): TextMeasure {
  const context = document.createElement('canvas').getContext('2d')
  if (!context) return (text, size) => text.length * size * 0.58
  return (text, size) => {
    context.font = `${weight} ${size}px ${font}`
    return context.measureText(text).width * reserve
  }
}

/** @param ratio pixels of the canvas for one of the picture */
export async function canvasOf({ svg, width, height }: SvgPicture, ratio: number): Promise<HTMLCanvasElement> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = width * ratio
  canvas.height = height * ratio
  const context = canvas.getContext('2d')
  if (!context) throw new Error('The browser gave no drawing surface for the picture.')
  context.drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas
}

export async function pngFrom(canvas: HTMLCanvasElement): Promise<Uint8Array> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (!blob) throw new Error('The browser could not write the picture as PNG.')
  return new Uint8Array(await blob.arrayBuffer())
}

/** @param ratio pixels of the PNG for one of the picture */
export const pngOf = async (picture: SvgPicture, ratio = 2): Promise<Uint8Array> =>
  pngFrom(await canvasOf(picture, ratio))
