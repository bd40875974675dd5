/** An artifact of each form that has a view of its own; runs whose name says "analyses" have them. */
import type { ExperimentConfig, HistogramArtifact, ImagesArtifact, TableArtifact } from '../../src/shared/domain'
import { imagesAt } from './outcomes'

const histogram: HistogramArtifact = {
  quantity: 'entropy',
  bins: { from: 0, to: 2, count: 4 },
  layers: [
    { label: 'clean', images: 8, mean: 0.5, counts: [4, 3, 1, 0] },
    { label: 'triggered', images: 4, mean: null, counts: [0, 0, 2, 2] },
  ],
  limit: { value: 1, label: 'one nat' },
}
const table: TableArtifact = {
  columns: [{ title: 'Class' }, { title: 'Share', unit: '%', definition: 'Of all images.' }, { title: 'Images' }],
  rows: [
    ['stop', 0.25, 1000],
    ['yield', null, 3],
  ],
}

export function formsAt(config: ExperimentConfig): {
  histogram: HistogramArtifact
  table: TableArtifact
  images: ImagesArtifact
} {
  const { count, height, width, channels, pixels } = imagesAt(config, 0, 1, 2, 6)
  const images = { count, height, width, channels, pixels: btoa(String.fromCharCode(...pixels)), captions: ['first'] }
  return { histogram, table, images }
}
