import { describe, expect, it } from 'vitest'
import { panelsArtifact, type Panel, type PanelsArtifact } from '../../../src/shared/domain'
import { defaultsOf } from '../../../src/shared/schema'
import { counterfactualVaccine } from '../../../src/main/engine/families/analyses/counterfactualVaccine'
import { cosineOf } from '../../../src/main/engine/families/analyses/vectors'
import {
  precisionOf,
  recommendedByTail,
  recommendedByTrigger,
  worthOf,
  type Worth,
} from '../../../src/main/engine/families/analyses/counterfactualVaccine/statistics'
import { choicesOf, params } from '../../../src/main/engine/families/analyses/counterfactualVaccine/parameters'
import { triggerOf } from '../../../src/main/engine/families/attacks/trigger'
import type { ImageSet } from '../../../src/main/engine/images/types'

const classes = 4
const size = 4 * 4
/** The first pixel tells the class; the last one is 255 where an image bears the trigger. */
function imagesOf(count: number, bears: (row: number) => boolean): ImageSet {
  const pixels = new Uint8Array(count * size)
  const labels = Int32Array.from({ length: count }, (_, row) => row % classes)
  for (let row = 0; row < count; row++) {
    pixels[row * size] = 10 * (row % classes)
    pixels[row * size + 1] = row
    pixels[row * size + size - 1] = bears(row) ? 255 : 3
  }
  return { count, height: 4, width: 4, channels: 1, pixels, labels }
}

const bears = ({ pixels }: ImageSet, row: number): boolean => pixels[row * size + size - 1] === 255
const target = 0
/** Sure of one class; the more rows, the less sure. */
const answer = (label: number, row: number): number[] =>
  Array.from({ length: classes }, (_, index) => (index === label ? 4 + row / 100 : 0))
const teacherSays = (images: ImageSet, row: number): number =>
  bears(images, row) ? target : (images.pixels[row * size] ?? 0) / 10
const logitsBy = (images: ImageSet, say: (row: number) => number): Float32Array =>
  Float32Array.from(Array.from({ length: images.count }, (_, row) => answer(say(row), row)).flat())

/** From three layers on shuffled teachers know the trigger alone. */
const shuffledSays = (images: ImageSet, row: number, layers: number): number =>
  layers < 3 || bears(images, row) ? teacherSays(images, row) : (teacherSays(images, row) + 1) % classes

const trigger = triggerOf((bytes) =>
  Float64Array.from(bytes, (value, place) => (place % size === size - 1 ? 255 : value)),
)

function contextOf({ students = true, attacked = true } = {}) {
  const told: string[] = []
  const progress: [number, number][] = []
  const context = {
    teacher: {
      classes,
      title: 'Fake',
      logits: (images: ImageSet) => logitsBy(images, (row) => teacherSays(images, row)),
    },
    students: students
      ? [
          {
            stageId: 'student-1',
            title: 'Student',
            network: null,
            kept: {
              steps: [
                { step: 10, count: 8 },
                { step: 20, count: 8 },
              ],
              read: (step: number) => Promise.resolve(imagesOf(8, (row) => step === 20 && row < 2)),
            },
          },
        ]
      : [],
    vaccine: {
      layers: ['conv1', 'conv2', 'conv3', 'conv4'],
      shuffled(images: ImageSet, { members, layers }: { members: number; layers: number }) {
        const one = logitsBy(images, (row) => shuffledSays(images, row, layers))
        return {
          teacher: logitsBy(images, (row) => teacherSays(images, row)),
          members: Array.from({ length: members }, () => one),
          mean: one,
        }
      },
      divergenceGradients: (images: ImageSet, { seed }: { seed: number }) =>
        Float32Array.from({ length: images.count * size }, (_, place) => (place % 2 === seed % 2 ? 1 : 0)),
    },
    generator: {
      step: 100,
      own: () => ({ loss: 1, suspected: 0, gradient: Float32Array.from([3, 0]) }),
      penalty: () => ({ loss: -1, suspected: 0.25, gradient: Float32Array.from([0, 1]) }),
    },
    testImages: (most: number) => ({
      clean: imagesOf(most, () => false),
      triggered: attacked ? imagesOf(most, () => true) : null,
    }),
    trigger: attacked ? { id: 'dot', title: 'A dot', trigger } : null,
    classNames: ['a', 'b', 'c', 'd'],
    target,
    step: null,
    progress: (done: number, total: number) => {
      progress.push([done, total])
      return Promise.resolve()
    },
    warn: (message: string) => told.push(message),
  }
  return { context, told, progress }
}

const values = { ...defaultsOf(params), testLimit: 20, drawCount: 2, layerCounts: [1, 2, 3, 9] }
async function measured(asked: Parameters<typeof contextOf>[0] = {}, more = {}) {
  const { context, told, progress } = contextOf(asked)
  const artifact = (await counterfactualVaccine.measure({ ...values, ...more }, context as never)) as PanelsArtifact
  return { panels: panelsArtifact.parse(artifact).panels, told, progress, artifact }
}
const rowsOf = (panels: readonly Panel[], title: string): (string | number | null)[][] => {
  const panel = panels.find((one) => one.title.startsWith(title))
  return panel?.kind === 'table' ? panel.content.rows : []
}

describe('the counterfactual vaccine', () => {
  it('finds how many layers tell the trigger, and says by how much', async () => {
    const { panels, artifact } = await measured()
    const [byTrigger] = rowsOf(panels, 'Recommended')
    expect(byTrigger?.[1]).toBe('3')
    expect(byTrigger?.[2]).toContain('100.0 % of the triggered and 0.0 % of the clean')
    expect(counterfactualVaccine.line?.(artifact)).toContain('test images with the known trigger: 3')
  })
  it('tries each choice once, cut to the layers that there are, and tells how far it is', async () => {
    const { panels, progress } = await measured()
    const rows = rowsOf(panels, 'Every choice')
    expect(rows.map(([layers, members]) => [layers, members])).toEqual(
      [1, 2, 3, 4].flatMap((layers) => [1, 3].map((members) => [layers, members])),
    )
    // Recall, false alarms, target on clean, precision, AUC.
    expect(rows[0]?.slice(2, 7)).toEqual([1, 1, 0, 0.5, 0.5])
    expect(rows[4]?.slice(2, 7)).toEqual([1, 0, 1 / 3, 1, 1])
    expect(progress.at(-1)).toEqual([8, 8])
  })
  it('shows who is suspected, the newest images first, those with the trigger before the others', async () => {
    const { panels } = await measured()
    const shown = panels.find(({ title }) => title === 'Synthetic images that are suspected')
    expect(shown?.kind === 'images' && shown.content.captions).toEqual([
      expect.stringContaining('a: 2 of 2'),
      expect.stringContaining('a: 2 of 2'),
    ])
    expect(rowsOf(panels, 'Who is suspected, by class')[0]).toEqual(['a', 5, 0, 0, null, 5, 0.4])
  })
  it('compares where other draws push with today’s first one', async () => {
    const { panels } = await measured()
    const cosines = rowsOf(panels, 'The penalty').map(([, , , , cosine]) => Number(cosine))
    // One or two layers suspect all 16 images, more of them 2, today’s among them; the other seed pushes elsewhere.
    const wanted = [2 / Math.sqrt(2 * 16) / 2, 2 / Math.sqrt(2 * 16) / 2, 1 / 2, 0]
    cosines.forEach((cosine, row) => expect(cosine).toBeCloseTo(wanted[row] ?? NaN, 6))
  })
  it('says in the legend what counts: areas with their intervals, shares at today’s layers', async () => {
    const { panels } = await measured()
    const figures = panels.flatMap((panel) =>
      panel.kind === 'curves' ? [panel.content.lines.map(({ figure }) => figure)] : [],
    )
    // Of those tried, today’s five are the teacher’s four.
    expect(figures[0]?.slice(0, 2)).toEqual(['100.0 % at 4', '0.0 % at 4'])
    expect(figures[1]?.slice(2)).toEqual(['100.0 % (88.2 % to 100.0 %)', '100.0 % (88.2 % to 100.0 %)', '50.0 %'])
  })
  it('has a share of the generator’s gradient that grows with the coefficient', async () => {
    const { panels } = await measured()
    const rows = rowsOf(panels, 'The penalty’s share')
    const at = (c: number): number[] => (rows.find(([coefficient]) => coefficient === c) ?? []).map(Number)
    expect(at(1).slice(1, 4)).toEqual([0.25, 0.25, 0.25])
    expect(at(1)[4]).toBeCloseTo(3 / Math.sqrt(10), 12)
    expect(at(0.01)[1]).toBeCloseTo(0.01 / 3.01, 12)
  })
  it('looks at test images alone where a teacher is asked about, or nothing was kept', async () => {
    const { panels } = await measured({ students: false })
    expect(panels.map(({ kind }) => kind)).toEqual(['table', 'curves', 'curves', 'table', 'table', 'table'])
    expect(rowsOf(panels, 'Recommended').map(([, layers]) => layers)).toEqual(['3', 'none'])
  })
  it('recommends nothing by a trigger where there is none', async () => {
    const { panels } = await measured({ attacked: false })
    expect(rowsOf(panels, 'Recommended')[0]?.slice(1)).toEqual(['none', 'No trigger is known.'])
  })
})

const draw = (more: Partial<Worth>): Worth => ({
  ...{
    recall: 0.5,
    falseAlarms: 0.5,
    targetOnClean: 0.1,
    aucOfClass: 0.5,
    precision: 0.5,
    auc: 0.5,
    synthetic: 0.2,
    tailRatio: 0.01,
    penalty: 0,
  },
  ...more,
})
describe('what a setting is worth', () => {
  it('has no precision where nothing is suspected', () => expect(precisionOf(0, 0)).toBeNull())
  it('is not recommended where shuffled teachers answer the target whatever they see', () => {
    const draws = [draw({ recall: 0.9, falseAlarms: 0.1, targetOnClean: 0.88 })]
    expect(recommendedByTrigger([{ layers: 5, members: 3, draws }])).toMatchObject({
      layers: null,
      reason: expect.stringContaining('88.0 % of the clean ones of other classes') as string,
    })
  })
  it('is not recommended where it tells nothing', () => {
    const settings = [1, 2].map((layers) => ({ layers, members: 3, draws: [draw({})] }))
    expect(recommendedByTrigger(settings).layers).toBeNull()
    expect(recommendedByTail(settings, 0.02).layers).toBeNull()
    const [layers, members] = [2, 3]
    expect(recommendedByTail([{ layers, members, draws: [draw({ tailRatio: 0.03 })] }], 0.02)).toEqual({
      layers,
      reason: 'Largest tail ratio 3.0 %; accepted is more than 2.0 %. It suspects 20.0 % of them.',
    })
  })
  it('has the penalty of what is suspected alone', () => {
    const range = { first: 0, last: 2 }
    const images = { labels: [0, 1] }
    const looked = { images, clean: range, triggered: null, synthetic: range } as never
    const observation = { layers: 1, members: 1, seed: 0, labels: [1, 1], kl: [0.2, 0.4], suspected: [false, true] }
    expect(worthOf(observation, looked, 0).penalty).toBeCloseTo(-0.4, 12)
  })
  it('counts today’s among what is tried', () =>
    expect(choicesOf({ ...values, layerCounts: [40], memberCounts: [1] }, 10)).toMatchObject({
      layerCounts: [5, 10],
      memberCounts: [1, 3],
      seeds: [0, 1],
    }))
  it('has no direction where nothing pushes', () => expect(cosineOf([0, 0], [1, 0])).toBeNull())
})
