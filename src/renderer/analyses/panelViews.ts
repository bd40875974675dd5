/** The views of the forms that panels are made of. */
import type { Component } from 'vue'
import type { Panel } from '@shared/domain'
import CurvesForm from './CurvesForm.vue'
import HistogramForm from './HistogramForm.vue'
import ImagesForm from './ImagesForm.vue'
import SweepForm from './SweepForm.vue'
import TableForm from './TableForm.vue'

export const panelViews: Readonly<Record<Panel['kind'], Component>> = {
  table: TableForm,
  histogram: HistogramForm,
  images: ImagesForm,
  curves: CurvesForm,
  sweep: SweepForm,
}
