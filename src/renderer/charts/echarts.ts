/** The parts of ECharts that are used; importing only these keeps the bundle small. */
import { CustomChart, LineChart, LinesChart, ParallelChart, ScatterChart } from 'echarts/charts'
import {
  GridComponent,
  MarkLineComponent,
  ParallelComponent,
  TitleComponent,
  TooltipComponent,
} from 'echarts/components'
import { graphic, init, use, type ECharts } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([
  CustomChart,
  LineChart,
  LinesChart,
  ParallelChart,
  ScatterChart,
  GridComponent,
  MarkLineComponent,
  ParallelComponent,
  TitleComponent,
  TooltipComponent,
  CanvasRenderer,
])

export { graphic, init, type ECharts }
export type { EChartsCoreOption } from 'echarts/core'
