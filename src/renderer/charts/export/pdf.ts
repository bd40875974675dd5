/** SVG to PDF with the font that it is set in. Loaded when somebody wants one: the font alone is a megabyte. */
import font from 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf?inline'
import { jsPDF } from 'jspdf'
import { svg2pdf } from 'svg2pdf.js'
import type { SvgPicture } from '../../format/svg'
import { pictureMarkup } from '../../trustedTypes'

/** Points of 1/72 inch in a pixel of 1/96 inch. */
const pointsPerPixel = 0.75

/** The page is as large as the picture; of the font only the letters that occur are embedded. */
export async function pdfOf({ svg, width, height }: SvgPicture, title: string): Promise<Uint8Array> {
  const [w, h] = [width * pointsPerPixel, height * pointsPerPixel]
  const orientation = w > h ? 'landscape' : 'portrait'
  const document = new jsPDF({ unit: 'pt', format: [w, h], orientation, compress: true, putOnlyUsedFonts: true })
  document.setProperties({ title, creator: 'ABD Workbench' })
  document.addFileToVFS('DejaVuSans.ttf', font.slice(font.indexOf(',') + 1))
  document.addFont('DejaVuSans.ttf', 'DejaVu Sans', 'normal')
  document.setFont('DejaVu Sans', 'normal')
  const element = new DOMParser().parseFromString(pictureMarkup(svg), 'image/svg+xml').documentElement
  await svg2pdf(element, document, { x: 0, y: 0, width: w, height: h })
  return new Uint8Array(document.output('arraybuffer'))
}
