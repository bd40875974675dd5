import { defineAttack } from '../../src/main/engine/families/attacks/types'
import { pixelwise } from '../../src/main/engine/families/attacks/trigger'
import { integer } from '../../src/shared/schema'

/**
 * Inverted frame: the outermost pixels of the image turn into their negative.
 *
 * x'[p] = 255 − x[p] on a frame of `width` pixels, x elsewhere; the same in train and test, labels to one class.
 * Images NHWC bytes, grey or RGB. An example of a new attack: it is in no publication.
 */
export const invertedFrame = defineAttack({
  id: 'inverted_frame',
  title: 'Inverted frame',
  summary: 'The outermost pixels of the image turn into their negative.',
  reference: { citation: 'Example of this project' },
  cleanLabel: false,
  params: {
    width: integer({
      label: 'Frame width',
      unit: 'px',
      default: 1,
      min: 1,
      max: 16,
      help: 'Pixels from the edge that are inverted. Wider frames are learnt faster and are easier to see.',
    }),
  },
  async create({ width }, context) {
    return pixelwise(context, (value, place) => {
      const pixel = Math.floor(place / context.channels)
      const [row, column] = [Math.floor(pixel / context.width), pixel % context.width]
      const edge = Math.min(row, column, context.height - 1 - row, context.width - 1 - column)
      return edge < width ? 255 - value : value
    })
  },
})
