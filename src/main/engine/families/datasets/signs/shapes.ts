/**
 * The shapes and glyphs of road signs as distance-like fields in sign units (negative inside, y pointing down).
 * The colours of the ten classes stand here too, so that a class reads in one place.
 */
import { ExhaustiveError } from '../../../../../shared/errors'

export type Colour = readonly [number, number, number]
export type Shape = 'circle' | 'square' | 'diamond' | 'octagon' | 'triangleUp' | 'triangleDown'
export type Glyph = 'none' | 'bar' | 'mark' | 'ring' | 'arrowUp' | 'arrowLeft' | 'cross' | 'slash' | 'dot'

export interface SignClass {
  readonly name: string
  readonly shape: Shape
  readonly rim: Colour
  readonly fill: Colour
  readonly glyph: Glyph
  readonly glyphColour: Colour
}

const red: Colour = [0.8, 0.1, 0.12]
const white: Colour = [0.93, 0.93, 0.93]
const black: Colour = [0.08, 0.08, 0.09]
const yellow: Colour = [0.95, 0.8, 0.12]
const blue: Colour = [0.1, 0.28, 0.72]
const green: Colour = [0.08, 0.5, 0.25]
const orange: Colour = [0.95, 0.5, 0.1]

export const signClasses: readonly SignClass[] = [
  { name: 'stop', shape: 'octagon', rim: white, fill: red, glyph: 'bar', glyphColour: white },
  { name: 'yield', shape: 'triangleDown', rim: red, fill: white, glyph: 'none', glyphColour: black },
  { name: 'warning', shape: 'triangleUp', rim: red, fill: yellow, glyph: 'mark', glyphColour: black },
  { name: 'priority', shape: 'diamond', rim: white, fill: yellow, glyph: 'none', glyphColour: black },
  { name: 'limit', shape: 'circle', rim: red, fill: white, glyph: 'ring', glyphColour: black },
  { name: 'ahead', shape: 'circle', rim: white, fill: blue, glyph: 'arrowUp', glyphColour: white },
  { name: 'hospital', shape: 'square', rim: white, fill: blue, glyph: 'cross', glyphColour: white },
  { name: 'exit', shape: 'square', rim: white, fill: green, glyph: 'arrowLeft', glyphColour: white },
  { name: 'end', shape: 'circle', rim: black, fill: white, glyph: 'slash', glyphColour: black },
  { name: 'works', shape: 'diamond', rim: black, fill: orange, glyph: 'dot', glyphColour: black },
]

/** cos 45° as the definition of the data set has it; a more exact value would change the images. */
const diagonal = 0.7071

export function shapeDistance(shape: Shape, x: number, y: number): number {
  const ax = Math.abs(x)
  const ay = Math.abs(y)
  switch (shape) {
    case 'circle':
      return Math.sqrt(x * x + y * y) - 1
    case 'square':
      return Math.max(ax, ay) - 0.85
    case 'diamond':
      return (ax + ay) * diagonal - 0.76
    case 'octagon':
      return Math.max(ax, ay, (ax + ay) * diagonal) - 0.93
    case 'triangleUp':
      return Math.max(y - 0.58, 0.866 * ax - 0.5 * y - 0.58)
    case 'triangleDown':
      return Math.max(-y - 0.58, 0.866 * ax + 0.5 * y - 0.58)
    default:
      throw new ExhaustiveError(shape)
  }
}

export function glyphDistance(glyph: Glyph, x: number, y: number): number {
  const ax = Math.abs(x)
  const ay = Math.abs(y)
  switch (glyph) {
    case 'none':
      return 9
    case 'bar':
      return Math.max(ax - 0.55, ay - 0.15)
    case 'mark':
      return Math.max(ax - 0.1, Math.abs(y + 0.02) - 0.28)
    case 'ring':
      return Math.abs(Math.sqrt(x * x + y * y) - 0.38) - 0.11
    case 'arrowUp': {
      const stem = Math.max(ax - 0.12, Math.abs(y - 0.12) - 0.42)
      const head = Math.max((ax - (y + 0.6)) * diagonal, y + 0.1)
      return Math.min(stem, head)
    }
    case 'arrowLeft':
      return glyphDistance('arrowUp', y, x)
    case 'cross':
      return Math.min(Math.max(ax - 0.5, ay - 0.14), Math.max(ax - 0.14, ay - 0.5))
    case 'slash':
      return Math.max(Math.abs(x + y) * diagonal - 0.13, Math.sqrt(x * x + y * y) - 0.78)
    case 'dot':
      return Math.sqrt(x * x + y * y) - 0.3
    default:
      throw new ExhaustiveError(glyph)
  }
}
