/** The smallest exporter: names, types and shapes of the weights as JSON. Control writes it without TensorFlow. */
import { defineExporter } from '../../src/main/engine/families/exporters'
import { writeAtomically } from '../../src/main/engine/weights/atomicFile'

export const weightShapes = defineExporter({
  id: 'weight-shapes',
  title: 'Weight shapes',
  summary: 'Names, element types and shapes of the weights, as JSON.',
  extensions: ['.shapes.json'],
  reference: { citation: 'This example' },
  needs: 'weights',
  params: {},
  async write(path, { architecture, weights }) {
    const shapes = Object.fromEntries([...weights].map(([name, { dtype, shape }]) => [name, { dtype, shape }]))
    await writeAtomically(path, [Buffer.from(`${JSON.stringify({ architecture, shapes }, null, 2)}\n`)])
  },
})
