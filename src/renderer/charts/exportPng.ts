import type { ECharts } from './echarts'
import type { ChartColors } from './colors'

export interface LegendEntry {
  label: string
  color: string
  dashed?: boolean
}

/** The chart as a PNG at twice the screen's size, with its title and legend written above it. */
export async function exportChartPng(
  chart: ECharts,
  title: string,
  legend: readonly LegendEntry[],
  colors: ChartColors,
): Promise<Uint8Array> {
  const ratio = 2
  const plot = chart.renderToCanvas({ pixelRatio: ratio, backgroundColor: colors.panel })
  const head = 26 + (legend.length > 0 ? 20 : 0)
  const sheet = document.createElement('canvas')
  sheet.width = plot.width
  sheet.height = plot.height + head * ratio
  const context = sheet.getContext('2d')
  if (!context) throw new Error('The browser gave no drawing surface for the picture.')
  context.fillStyle = colors.panel
  context.fillRect(0, 0, sheet.width, sheet.height)
  context.drawImage(plot, 0, head * ratio)
  context.scale(ratio, ratio)
  context.fillStyle = colors.text
  context.font = '600 13px "Inter Variable", system-ui, sans-serif'
  context.fillText(title, 14, 20)
  drawLegend(context, legend, colors)
  const blob = await new Promise<Blob | null>((resolve) => sheet.toBlob(resolve, 'image/png'))
  if (!blob) throw new Error('The browser could not write the picture as PNG.')
  return new Uint8Array(await blob.arrayBuffer())
}

function drawLegend(context: CanvasRenderingContext2D, legend: readonly LegendEntry[], colors: ChartColors): void {
  context.font = '11px "Inter Variable", system-ui, sans-serif'
  let x = 14
  for (const { label, color, dashed } of legend) {
    context.strokeStyle = color
    context.lineWidth = 2
    context.setLineDash(dashed === true ? [5, 4] : [])
    context.beginPath()
    context.moveTo(x, 36)
    context.lineTo(x + 18, 36)
    context.stroke()
    context.fillStyle = colors.muted
    context.fillText(label, x + 24, 40)
    x += 24 + context.measureText(label).width + 16
  }
}
