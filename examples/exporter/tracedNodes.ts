/**
 * An exporter of what a model computes: every operation of the forward pass as JSON, with the weights by name. To make
 * it one of the product's formats, move this file to src/main/engine/families/exporters/ and name `tracedNodes` in
 * index.ts: form, command line and file extension follow.
 */
import { defineExporter } from '../../src/main/engine/families/exporters'
import { writeAtomically } from '../../src/main/engine/weights/atomicFile'
import { boolean } from '../../src/shared/schema'

export const tracedNodes = defineExporter({
  id: 'traced-nodes',
  title: 'Traced nodes',
  summary: 'The operations of the forward pass in order, as JSON.',
  extensions: ['.nodes.json'],
  reference: { citation: 'This example' },
  needs: 'program',
  params: {
    attributes: boolean({
      label: 'Attributes',
      help: 'Whether strides, paddings and types of each operation are listed.',
      default: true,
    }),
  },
  async write(path, { architecture, classNames, input, program }, params) {
    const listing = {
      architecture,
      classNames,
      input,
      inputs: program.inputs,
      outputs: program.outputs,
      weights: [...program.weights].map(([name, { layout, shape }]) => ({ name, layout, shape })),
      constants: program.constants.map(({ elementType, shape, content }) => ({
        elementType,
        shape,
        base64: Buffer.from(content).toString('base64'),
      })),
      nodes: program.nodes.map(({ attributes, ...node }) => (params.attributes ? { ...node, attributes } : node)),
    }
    await writeAtomically(path, [Buffer.from(`${JSON.stringify(listing, null, 2)}\n`)])
  },
})
