/** Parameters of sets of one's own images, whatever files they come in. */
import { choice, integer, number } from '../../../../../shared/schema'

export const sizeField = (what: string): ReturnType<typeof integer> =>
  integer({
    label: 'Image side',
    unit: 'px',
    default: 32,
    min: 8,
    max: 256,
    help: `${what} The networks of the presets expect 32; the generators follow the size.`,
  })

/** For images that are small and nearly always square. */
export const fitField = choice({
  label: 'Fit',
  default: 'pad',
  help: 'How images of another size come to this one.',
  options: [
    { value: 'pad', label: 'Black border', help: 'As they are, in the middle; larger ones are made smaller.' },
    { value: 'cover', label: 'Cut', help: 'The largest square in the middle, bicubic.' },
    { value: 'fill', label: 'Stretch', help: 'The whole image, bicubic, distorted where it is not square.' },
  ],
})

export const colourField = choice({
  label: 'Colour',
  default: 'rgb',
  help: 'Grey pictures become RGB, or all become grey.',
  options: [
    { value: 'rgb', label: 'RGB' },
    { value: 'grey', label: 'Grey' },
  ],
})
export const channelsOf = (colour: 'rgb' | 'grey'): 1 | 3 => (colour === 'grey' ? 1 : 3)

/** @param when a clause: "where there is no …" */
export const testShareField = (when: string): ReturnType<typeof number> =>
  number({
    label: 'Test share',
    default: 0.2,
    min: 0.01,
    max: 0.9,
    step: 0.05,
    help: `Share of each class that becomes the test set ${when}.`,
  })

export const splitSeedField = integer({
  label: 'Seed of the split',
  default: 0,
  min: 0,
  max: 2 ** 31 - 1,
  advanced: true,
  help: 'Which pictures become test images. Independent of the experiment’s seed, so that runs are comparable.',
})
