/** Thousands of equal markers as one path: drawn at once, on a canvas as in a picture file. */
import { graphic } from '../echarts'
import { markerCorners, markerRadius, type Marker } from '../identity'

export interface MarkersShape {
  /** x and y in turn, in pixels. */
  readonly places: Float32Array
  readonly marker: Marker
  /** Side of the square around a marker, in pixels. */
  readonly size: number
}

/** What a shape draws with; a canvas's context has it, and so has a recorder of paths. */
type PathContext = Pick<CanvasRenderingContext2D, 'moveTo' | 'lineTo' | 'arc' | 'closePath'>

export function drawMarkers(context: PathContext, { places, marker, size }: MarkersShape): void {
  const scale = size / 10
  const corners = markerCorners[marker]
  for (let at = 0; at < places.length; at += 2) {
    const [x, y] = [places[at] ?? 0, places[at + 1] ?? 0]
    if (corners.length === 0) {
      context.moveTo(x + markerRadius * scale, y)
      context.arc(x, y, markerRadius * scale, 0, 2 * Math.PI)
    }
    corners.forEach(([dx, dy], corner) => {
      if (corner === 0) context.moveTo(x + dx * scale, y + dy * scale)
      else context.lineTo(x + dx * scale, y + dy * scale)
    })
    context.closePath()
  }
}

const empty: MarkersShape = { places: new Float32Array(), marker: 'circle', size: 0 }

/** The name of the shape in options of charts. */
export const markersShape = 'modelMarkers'
graphic.registerShape(
  markersShape,
  graphic.extendShape({
    shape: empty,
    buildPath: (context, shape) => drawMarkers(context as unknown as PathContext, shape as MarkersShape),
  }) as unknown as Parameters<typeof graphic.registerShape>[1],
)
