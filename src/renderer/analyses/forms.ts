/** The views of the forms that artifacts may have. */
import type { Component } from 'vue'
import type { ArtifactForm } from '@shared/domain'
import ImageNumbersForm from './ImageNumbersForm.vue'
import PanelsForm from './PanelsForm.vue'
import { panelViews } from './panelViews'

export const formViews: Readonly<Record<ArtifactForm, Component>> = {
  ...panelViews,
  imageNumbers: ImageNumbersForm,
  panels: PanelsForm,
}
