/** The views of the forms that artifacts may have. */
import type { Component } from 'vue'
import type { ArtifactForm } from '@shared/domain'
import HistogramForm from './HistogramForm.vue'
import ImageNumbersForm from './ImageNumbersForm.vue'
import ImagesForm from './ImagesForm.vue'
import TableForm from './TableForm.vue'

export const formViews: Readonly<Record<ArtifactForm, Component>> = {
  table: TableForm,
  histogram: HistogramForm,
  images: ImagesForm,
  imageNumbers: ImageNumbersForm,
}
