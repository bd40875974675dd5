import { defineAnalysis } from '../../src/main/engine/families/analyses/types'
import { tableArtifact, type TableArtifact } from '../../src/shared/domain'

/**
 * Classes of the synthetic images: the share of the last pseudo batch that the teacher sees as each class. A generator
 * that has collapsed, or that makes the trigger, favours few.
 * An example of a new analysis with the view of tables.
 */
export const syntheticClasses = defineAnalysis({
  id: 'synthetic-classes',
  title: 'Synthetic classes',
  summary: 'Which classes the teacher sees in the last pseudo batch.',
  reference: { citation: 'Example of this project' },
  params: {},
  needs: ['syntheticImages'],
  when: 'end',
  artifact: tableArtifact,
  view: { kind: 'table' },
  measure(_params, { syntheticImages: { labels, count }, classNames }): TableArtifact {
    const countOf = (index: number): number => labels.filter((label) => label === index).length
    return {
      columns: [
        { title: 'Class' },
        { title: 'Images' },
        { title: 'Share', unit: '%', definition: 'Of the images of the last pseudo batch.' },
      ],
      rows: classNames.map((name, index) => [name, countOf(index), countOf(index) / count]),
    }
  },
})
