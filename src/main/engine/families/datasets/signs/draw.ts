/**
 * Draws one road sign, 32×32 RGB. The definition of the data set: any change of the numbers needs a new version in
 * signs.ts.
 *
 * Every image has its own mulberry32 stream, so any image can be drawn alone; every image makes every draw in the order
 * written,
 * used or not, so that its pose and light do not depend on its class. The product's Philox streams are not used here on
 * purpose:
 * the images must stay the same when those change.
 */
import { glyphDistance, shapeDistance, signClasses, type Colour, type SignClass } from './shapes'

export const signSize = 32
const pixels = signSize * signSize
const rimWidth = 0.18

type Draw = () => number
type Point3 = [number, number, number]

/** mulberry32 (Tommy Ettinger, public domain), uniform in [0, 1). */
function createDraw(seed: number, split: 0 | 1, index: number): Draw {
  let state =
    (Math.imul(seed, 0x9e3779b1) + Math.imul(split, 0xc2b2ae35) + Math.imul(index, 0x85ebca6b) + 0x27d4eb2f) | 0
  const draw = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  draw()
  draw()
  return draw
}

interface Box {
  x: number
  y: number
  halfWidth: number
  halfHeight: number
  colour: Point3
  present: boolean
}

/** Everything about an image but its class. */
interface Scene {
  radius: number
  angle: number
  shiftX: number
  shiftY: number
  colourA: Point3
  colourB: Point3
  direction: number
  boxes: Box[]
  jitter: [Point3, Point3, Point3]
  light: number
  lightSlope: number
  lightDirection: number
  noise: number
}

function drawScene(draw: Draw): Scene {
  const between = (low: number, high: number): number => low + (high - low) * draw()
  const triple = (low: number, high: number): Point3 => [between(low, high), between(low, high), between(low, high)]
  const box = (): Box => ({
    x: between(-1, 1),
    y: between(-1, 1),
    halfWidth: between(0.1, 0.6),
    halfHeight: between(0.1, 0.6),
    colour: triple(0, 1),
    present: between(0, 1) < 0.5,
  })
  return {
    radius: between(0.5, 0.85),
    angle: (between(-15, 15) * Math.PI) / 180,
    shiftX: between(-0.15, 0.15),
    shiftY: between(-0.15, 0.15),
    colourA: triple(0.1, 0.9),
    colourB: triple(0.1, 0.9),
    direction: between(0, 2 * Math.PI),
    boxes: [box(), box(), box()],
    jitter: [triple(-0.07, 0.07), triple(-0.07, 0.07), triple(-0.07, 0.07)],
    light: between(0.6, 1.15),
    lightSlope: between(0, 0.25),
    lightDirection: between(0, 2 * Math.PI),
    noise: between(0.01, 0.05),
  }
}

const clamp = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value)

/** Mixes a colour (plus its jitter) over the pixel with coverage `alpha`. */
function cover(colour: Point3, over: Colour, jitter: Point3, alpha: number): void {
  if (alpha === 0) return
  for (let channel = 0; channel < 3; channel++)
    colour[channel] = colour[channel]! * (1 - alpha) + (over[channel]! + jitter[channel]!) * alpha
}

const noJitter: Point3 = [0, 0, 0]

function paintBackground(colour: Point3, scene: Scene, cosine: number, sine: number, px: number, py: number): void {
  const ramp = clamp(0.5 + 0.5 * (px * cosine + py * sine))
  for (let channel = 0; channel < 3; channel++)
    colour[channel] = scene.colourA[channel]! * (1 - ramp) + scene.colourB[channel]! * ramp
  for (const box of scene.boxes) {
    if (!box.present) continue
    const distance = Math.max(Math.abs(px - box.x) - box.halfWidth, Math.abs(py - box.y) - box.halfHeight)
    cover(colour, box.colour, noJitter, clamp(0.5 - (distance * signSize) / 2))
  }
}

function paintSign(colour: Point3, sign: SignClass, scene: Scene, x: number, y: number): void {
  const pixelsPerUnit = (scene.radius * signSize) / 2
  const distance = shapeDistance(sign.shape, x, y)
  const outline = clamp(0.5 - distance * pixelsPerUnit)
  cover(colour, sign.rim, scene.jitter[0], outline)
  cover(colour, sign.fill, scene.jitter[1], clamp(0.5 - (distance + rimWidth) * pixelsPerUnit))
  cover(colour, sign.glyphColour, scene.jitter[2], clamp(0.5 - glyphDistance(sign.glyph, x, y) * pixelsPerUnit))
}

/** The class of an image: balanced and interleaved, so that the first N eligible images mix all classes. */
export const signLabel = (index: number): number => index % signClasses.length

/**
 * Draws image `index` of a split into `out` at `offset` (32·32·3 bytes, HWC).
 * Layers: two-colour gradient, up to three boxes, rim, fill, glyph; then light with a slope and triangular noise; bytes
 * rounded to nearest.
 */
export function drawSign(seed: number, split: 0 | 1, index: number, out: Uint8Array, offset: number): void {
  const sign = signClasses[signLabel(index)]!
  const draw = createDraw(seed, split, index)
  const scene = drawScene(draw)
  const [backCosine, backSine] = [Math.cos(scene.direction), Math.sin(scene.direction)]
  const [cosine, sine] = [Math.cos(scene.angle), Math.sin(scene.angle)]
  const [lightCosine, lightSine] = [Math.cos(scene.lightDirection), Math.sin(scene.lightDirection)]
  const colour: Point3 = [0, 0, 0]
  for (let pixel = 0; pixel < pixels; pixel++) {
    const px = (((pixel % signSize) + 0.5) / signSize) * 2 - 1
    const py = ((Math.floor(pixel / signSize) + 0.5) / signSize) * 2 - 1
    paintBackground(colour, scene, backCosine, backSine, px, py)
    const dx = px - scene.shiftX
    const dy = py - scene.shiftY
    paintSign(colour, sign, scene, (dx * cosine + dy * sine) / scene.radius, (-dx * sine + dy * cosine) / scene.radius)
    const light = scene.light * (1 + scene.lightSlope * (px * lightCosine + py * lightSine))
    for (let channel = 0; channel < 3; channel++) {
      // Two draws make a triangular distribution of standard deviation 1/√6.
      const noise = (draw() + draw() - 1) * 2.449489742783178 * scene.noise
      out[offset + pixel * 3 + channel] = Math.floor(clamp(colour[channel]! * light + noise) * 255 + 0.5)
    }
  }
}
