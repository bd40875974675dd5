/** The parts of ECharts that are used; importing only these keeps the bundle small. */
import { LineChart, LinesChart, ScatterChart } from 'echarts/charts'
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { init, use, type ECharts } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([LineChart, LinesChart, ScatterChart, GridComponent, MarkLineComponent, TooltipComponent, CanvasRenderer])

export { init, type ECharts }
export type { EChartsCoreOption } from 'echarts/core'
