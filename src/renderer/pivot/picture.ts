import { pictureFont, type PivotPicture } from './pivotSvg'

/** Another system's font of that name may run wider. */
const reserve = 1.05

/** Width of a text of 13 pixels in the picture's font; where a page has no canvas, a guess. */
export function textMeasure(): (text: string) => number {
  const context = document.createElement('canvas').getContext('2d')
  if (!context) return (text) => text.length * 7.2
  context.font = `600 13px ${pictureFont}`
  return (text) => context.measureText(text).width * reserve
}

/** The picture at twice its size, as PNG. */
export async function pngOf({ svg, width, height }: PivotPicture): Promise<Uint8Array> {
  const ratio = 2
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = width * ratio
  canvas.height = height * ratio
  const context = canvas.getContext('2d')
  if (!context) throw new Error('The browser gave no drawing surface for the picture.')
  context.drawImage(image, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (!blob) throw new Error('The browser could not write the picture as PNG.')
  return new Uint8Array(await blob.arrayBuffer())
}
