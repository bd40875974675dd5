/** One step of the time machine on white paper, as SVG: results, plane, images and confusion matrices. */
import { plotMarkup, textAt } from '../../charts/export/sheet'
import { printFont, printStyle } from '../../charts/chartStyle'
import { inPrint } from '../../charts/colors'
import { markerPath } from '../../charts/identity'
import { planeDescription } from '../../charts/plane/planeDescription'
import type { PlaneInput } from '../../charts/plane/planeOption'
import { matrixColors, shadeOf } from '../../analyses/matrixPaint'
import { escapedXml, type SvgPicture } from '../../format/svg'
import type { MatrixShown } from './matrixKinds'

export interface FrameStudent {
  readonly key: string
  readonly name: string
  /** Of its marker. */
  readonly look: ReturnType<PlaneInput['lookOf']>
  /** As many as there are heads beside the student's. */
  readonly cells: readonly string[]
  /** Its images in one row, as the address of a picture; null where there are none. */
  readonly strip: { readonly href: string; readonly images: number } | null
  readonly matrix: MatrixShown | null
}
export interface FrameInput {
  readonly title: string
  readonly heads: readonly string[]
  readonly students: readonly FrameStudent[]
  readonly plane: Omit<PlaneInput, 'size' | 'colors'>
  /** What the matrices show. */
  readonly matrixTitle: string
  /** Kept free also where there is nothing yet: all frames of one animation are of one size. */
  readonly room: FrameRoom
}
export interface FrameRoom {
  /** In a row; 0: no student has any. */
  readonly images: number
  readonly matrices: boolean
}

const [width, margin, gap] = [1080, 18, 20]
const [titleLine, row, label] = [34, 22, 18]
const plot = { width: 400, height: 320 }
const left = width - 2 * margin - plot.width - gap
/** Of the student's name; the rest of the table is shared out evenly. */
const nameWidth = 190
const largestMatrix = 260
const { colors } = printStyle

export function framePicture(input: FrameInput): SvgPicture {
  const top = margin + titleLine
  const table = tableParts(input, top)
  const strips = stripParts(input, top + table.height + gap / 2)
  const matricesTop = Math.max(top + table.height + gap / 2 + strips.height, top + plot.height) + gap
  const matrices = matrixParts(input, matricesTop)
  const height = Math.ceil(matricesTop + matrices.height + margin)
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${printFont}" fill="#000000">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    textAt(input.title, { x: margin, y: margin + 14, size: 17 }),
    ...table.parts,
    ...strips.parts,
    `<g transform="translate(${width - margin - plot.width} ${top})">${planeMarkup(input)}</g>`,
    ...matrices.parts,
    '</svg>',
  ].join('\n')
  return { svg, width, height }
}

interface Parts {
  readonly parts: readonly string[]
  readonly height: number
}

const mark = ({ look }: FrameStudent, x: number, y: number): string =>
  `<path d="${markerPath(look.marker)}" transform="translate(${x} ${y})" fill="${inPrint(look.color)}"/>`

const clipped = (text: string, letters: number): string =>
  text.length > letters ? `${text.slice(0, letters - 1)}…` : text

function tableParts({ heads, students }: FrameInput, top: number): Parts {
  const column = (left - nameWidth) / Math.max(1, heads.length)
  const end = (place: number): number => margin + nameWidth + (place + 1) * column
  const cell = (text: string, place: number, y: number, fill: string): string =>
    `<text x="${end(place)}" y="${y}" font-size="11.5" text-anchor="end" fill="${fill}">${escapedXml(text)}</text>`
  const letters = Math.floor(column / 7)
  const parts = [
    ...heads.map((head, place) => cell(clipped(head, letters), place, top + 14, colors.muted)),
    ...students.flatMap((student, index) => {
      const y = top + (index + 1) * row
      return [
        `<line x1="${margin}" x2="${margin + left}" y1="${y}" y2="${y}" stroke="${colors.grid}"/>`,
        mark(student, margin + 6, y + 11),
        textAt(clipped(student.name, 26), { x: margin + 18, y: y + 15, size: 11.5 }),
        ...student.cells.map((text, place) => cell(text, place, y + 15, colors.text)),
      ]
    }),
  ]
  return { parts, height: (students.length + 1) * row }
}

function stripParts({ students, room }: FrameInput, top: number): Parts {
  if (room.images === 0) return { parts: [], height: 0 }
  const side = Math.min(40, left / room.images)
  const line = label + side + 8
  const parts = students.flatMap((student, index) => {
    if (!student.strip) return []
    const { href, images } = student.strip
    const y = top + index * line
    return [
      mark(student, margin + 6, y + 7),
      textAt(clipped(student.name, 60), { x: margin + 18, y: y + 11, size: 10.5, fill: colors.muted }),
      `<image x="${margin}" y="${y + label}" width="${side * images}" height="${side}" href="${href}" preserveAspectRatio="none" style="image-rendering: pixelated"/>`,
    ]
  })
  return { parts, height: students.length * line }
}

function planeMarkup({ plane, students }: FrameInput): string {
  const conditions = students.map(({ name, look }, number) => ({ number, name, look }))
  const { option } = planeDescription({ ...plane, colors }, conditions, new Map())
  return plotMarkup({ option, size: plot })
}

function matrixParts({ students, matrixTitle, room: { matrices } }: FrameInput, top: number): Parts {
  if (!matrices) return { parts: [], height: 0 }
  const room = (width - 2 * margin - (students.length - 1) * gap) / students.length
  const side = Math.min(largestMatrix, room)
  const parts = students.flatMap((student, index) => {
    if (!student.matrix) return []
    const x = margin + index * (room + gap)
    return [
      mark(student, x + 6, top + 22),
      textAt(clipped(student.name, 30), { x: x + 18, y: top + 26, size: 10.5, fill: colors.muted }),
      `<g transform="translate(${x} ${top + 34})">${matrixMarkup(student.matrix, side)}</g>`,
    ]
  })
  return { parts: [textAt(matrixTitle, { x: margin, y: top + 8, size: 12 }), ...parts], height: 34 + side }
}

function matrixMarkup({ values, signed }: MatrixShown, side: number): string {
  const cell = side / Math.max(1, values.length)
  const inks = matrixColors(false)
  const inset = cell > 8 ? 1 : 0.25
  return values
    .flatMap((line, truth) =>
      line.map((value, predicted) => {
        const warm = signed ? value > 0 : truth !== predicted
        const place = `x="${(predicted * cell).toFixed(1)}" y="${(truth * cell).toFixed(1)}"`
        return `<rect ${place} width="${(cell - inset).toFixed(1)}" height="${(cell - inset).toFixed(1)}" fill="${shadeOf(value, warm, inks)}"/>`
      }),
    )
    .join('')
}
