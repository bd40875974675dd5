import { panelsArtifact, type Panel } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { choice, integer, text, type ValuesOf } from '../../../../shared/schema'
import { selectImages } from '../../images/imageSets'
import { correlations, templateOf, type TriggerTemplate } from '../../images/poisoning/template'
import type { ImageSet } from '../../images/types'
import { answersOf, divergencesOf, logProbabilities } from './answers'
import { defineAskedAnalysis, type AskedContext, type OpenNetwork, type ShuffledTeachers } from './askedTypes'
import { gradCamOf, greyOf, resized, saliencyOf, shareOn } from './heatmaps'
import { imagesOf } from './pictures'
import { shuffleFields } from './shuffleFields'
import { slidingPanels } from './slidingCorrelation'
import { strengthPanels } from './strengthSweep'

const params = {
  imageSource: choice({
    label: 'Image',
    default: 'kept',
    help: 'Which image is looked at.',
    options: [
      { value: 'kept', label: 'Kept synthetic image' },
      { value: 'clean', label: 'Clean test image' },
      { value: 'triggered', label: 'Test image with the trigger' },
    ],
  }),
  imageStep: integer({
    label: 'Kept step',
    default: 0,
    min: 0,
    max: 1_000_000_000,
    help: 'Of the kept step at or before it; 0: the newest.',
    visibleWhen: { field: 'imageSource', equals: 'kept' },
  }),
  imageIndex: integer({
    label: 'Place',
    default: 0,
    min: 0,
    max: 10_000_000,
    help: 'Place of the image in the kept grid, or in the test set, from 0.',
  }),
  explainedClass: integer({
    label: 'Explained class',
    default: -1,
    min: -1,
    max: 100_000,
    help: 'Class whose logit saliency and Grad-CAM explain; −1: the class that the attack aims at.',
  }),
  camLayer: text({
    label: 'Layer of Grad-CAM',
    default: '',
    maxLength: 200,
    placeholder: 'the last one of more than one pixel',
    help: 'Name of a convolution or batch norm of teacher and student. Empty: the last layer whose output has more than one pixel.',
    advanced: true,
  }),
  ...shuffleFields,
}
type Params = ValuesOf<typeof params>
type Context = AskedContext<'teacher' | 'students' | 'shuffledTeachers' | 'testImages' | 'trigger'>

/** Test images among which neighbours are looked for. */
const neighbourPool = 1000
const neighbours = 8

interface Looked {
  readonly image: ImageSet
  readonly caption: string
}

async function lookedAt(values: Params, { students, testImages, classNames }: Context): Promise<Looked> {
  if (values.imageSource !== 'kept') {
    const { clean, triggered } = testImages(Number.MAX_SAFE_INTEGER)
    const set = values.imageSource === 'clean' ? clean : triggered
    if (!set)
      throw new RefusedInputError('The test images of this run have no trigger.', {
        wanted: 'a run with an attack that can be added to test images',
        got: values.imageSource,
        where: 'imageSource',
      })
    refuseBeyond(values.imageIndex, set.count, 'test images')
    const image = selectImages(set, [values.imageIndex])
    const words = values.imageSource === 'clean' ? 'Clean' : 'Triggered'
    return { image, caption: `${words} test image ${values.imageIndex}: ${classNames[image.labels[0] ?? 0] ?? ''}` }
  }
  const kept = students[0]?.kept
  const steps = kept?.steps.map(({ step }) => step) ?? []
  const step = values.imageStep === 0 ? steps.at(-1) : steps.filter((one) => one <= values.imageStep).at(-1)
  if (!kept || step === undefined)
    throw new RefusedInputError('This student has kept no image so early.', {
      wanted: steps.length > 0 ? `a step from ${steps[0]} on` : 'a student with kept images',
      got: String(values.imageStep),
      where: 'imageStep',
    })
  const grid = await kept.read(step)
  refuseBeyond(values.imageIndex, grid.count, 'images of this step')
  return { image: selectImages(grid, [values.imageIndex]), caption: `Step ${step}, place ${values.imageIndex}` }
}

function refuseBeyond(index: number, count: number, what: string): void {
  if (index >= count)
    throw new RefusedInputError(`There are only ${count} ${what}.`, {
      wanted: `a place from 0 to ${count - 1}`,
      got: String(index),
      where: 'imageIndex',
    })
}

const probabilities = (logits: Float32Array): Float64Array => logProbabilities(logits).map(Math.exp)

function answersPanel(
  rows: readonly (readonly [name: string, logits: Float32Array])[],
  explained: number,
  classNames: readonly string[],
): Panel {
  const cells = rows.map(([name, logits]) => {
    const p = probabilities(logits)
    const best = [...p.keys()].sort((left, right) => (p[right] ?? 0) - (p[left] ?? 0)).slice(0, 3)
    const top = best.flatMap((label) => [classNames[label] ?? String(label), p[label] ?? 0])
    return [
      name,
      ...Array.from({ length: 6 }, (_, index) => top[index] ?? null),
      p[explained] ?? 0,
      logits[explained] ?? 0,
    ]
  })
  const target = classNames[explained] ?? String(explained)
  return {
    kind: 'table',
    title: 'Answers',
    definition:
      'The three most likely classes with their softmax probabilities, and probability and logit of the explained class.',
    content: {
      columns: [
        { title: 'Network' },
        ...['First', 'Second', 'Third'].flatMap((title) => [{ title }, { title: 'Probability', unit: '%' as const }]),
        { title: target, unit: '%' },
        { title: `Logit of ${target}` },
      ],
      rows: cells,
    },
  }
}

function heatmapPanel(values: Params, context: Context, looked: Looked, template: TriggerTemplate | null): Panel[] {
  const { image, caption } = looked
  const { channels } = image
  const explained = explainedClass(values, context)
  const networks = [
    { name: 'Teacher', network: context.teacher },
    ...context.students.flatMap(({ title, network }) => (network ? [{ name: title, network }] : [])),
  ]
  const pictures = [{ caption, pixels: image.pixels }]
  const rows: (string | number | null)[][] = []
  const patch = new Set([...(template?.places ?? [])].map((place) => Math.floor(place / channels)))
  const shows = (map: Float32Array): number | null => (template?.kind === 'replaces' ? shareOn(map, patch) : null)
  for (const { name, network } of networks) {
    const saliency = saliencyOf(network.gradients(image, { classes: [explained] }).gradients, image)
    const cam = camOf(network, image, { explained, layer: values.camLayer })
    pictures.push({ caption: `Saliency, ${name}`, pixels: greyOf(saliency, channels) })
    if (cam) pictures.push({ caption: `Grad-CAM, ${name}`, pixels: greyOf(cam.map, channels) })
    rows.push([name, shows(saliency), cam ? shows(cam.map) : null, cam?.layer ?? null])
  }
  const className = context.classNames[explained] ?? String(explained)
  const definition = `Saliency: largest |d logit / d pixel| over the channels. Grad-CAM: ReLU(Σ α_k A_k), α_k the mean gradient of the logit over channel k. Of the class ${className}; each brightest where it is largest.`
  return [
    { kind: 'images', title: `What speaks for ${className}`, definition, content: imagesOf(image, pictures) },
    {
      kind: 'table',
      title: 'How much of it lies on the trigger’s place',
      definition:
        'Share of the map that lies on the pixels of a patch; of a trigger that covers the image it says nothing.',
      content: {
        columns: [
          { title: 'Network' },
          { title: 'Saliency', unit: '%' },
          { title: 'Grad-CAM', unit: '%' },
          { title: 'Layer' },
        ],
        rows,
      },
    },
  ]
}

function explainedClass({ explainedClass: asked }: Params, { target, classNames }: Context): number {
  if (asked < 0) return target
  if (asked < classNames.length) return asked
  throw new RefusedInputError(`There are only ${classNames.length} classes.`, {
    wanted: `a class from 0 to ${classNames.length - 1}, or −1`,
    got: String(asked),
    where: 'explainedClass',
  })
}

/** Of the named layer, or the last one of more than one pixel; null for networks without layers to look into. */
function camOf(network: OpenNetwork, image: ImageSet, { explained, layer }: { explained: number; layer: string }) {
  const found =
    layer === ''
      ? network.layers.filter(({ height, width }) => height * width > 1).at(-1)
      : (network.layers.find(({ name }) => name === layer) ?? { name: layer, height: 1, width: 1, channels: 1 })
  if (!found) return null
  const { gradients, values } = network.gradients(image, { classes: [explained], layer: found.name })
  return { layer: found.name, map: resized(gradCamOf(values, gradients, found.channels), found, image) }
}

interface Asked {
  readonly values: Params
  readonly context: Context
  readonly looked: Looked
  readonly template: TriggerTemplate | null
}

const choiceOf = ({ shuffledCopies, shuffledDepth, shuffleSeed }: Params) => ({
  members: shuffledCopies,
  layers: shuffledDepth,
  seed: shuffleSeed,
})

function vaccinePanel(
  { context, looked, template }: Asked,
  shuffled: ShuffledTeachers | null,
  student: Float32Array | null,
): Panel {
  const { image } = looked
  const { teacher } = context
  const logits = shuffled?.teacher ?? teacher.logits(image)
  const size = image.height * image.width * image.channels
  const label = (of: Float32Array): number => answersOf(of, teacher.classes)[0]?.label ?? -1
  const rows: (string | number | null)[][] = [
    ['KL(teacher ‖ shuffled)', shuffled && (divergencesOf(logits, shuffled.mean, teacher.classes)[0] ?? null)],
    ['Suspected by the vaccine', shuffled && (label(shuffled.mean) === label(logits) ? 'yes' : 'no')],
    ['KL(teacher ‖ student)', student && (divergencesOf(logits, student, teacher.classes)[0] ?? null)],
    [
      `Correlation with ${context.trigger?.title ?? 'a trigger'}`,
      template && (correlations(image.pixels, size, template)[0] ?? null),
    ],
  ]
  return {
    kind: 'table',
    title: 'What the vaccine sees',
    definition:
      'KL: mean over the classes, in nats. Suspected: the shuffled teachers, averaged, give the teacher’s class. Correlation: Pearson’s, with the trigger’s pattern at its place.',
    content: {
      columns: [{ title: 'Quantity' }, { title: 'Value' }],
      rows: rows.map((row) => row.map((cell) => cell ?? null)),
    },
  }
}

function neighboursPanel({ context, looked }: Asked): Panel[] {
  const { teacher, testImages, classNames } = context
  const { clean } = testImages(neighbourPool)
  const [own, all] = [teacher.features(looked.image), teacher.features(clean)]
  if (!own || !all) return []
  const distance = (row: number): number =>
    Math.hypot(...own.values.map((value, index) => value - (all.values[row * all.width + index] ?? 0)))
  const distances = Array.from({ length: clean.count }, (_, row) => distance(row))
  const nearest = [...distances.keys()]
    .sort((left, right) => (distances[left] ?? 0) - (distances[right] ?? 0))
    .slice(0, neighbours)
  const pictures = nearest.map((row) => {
    const { pixels } = selectImages(clean, [row])
    return { caption: `${classNames[clean.labels[row] ?? 0] ?? ''} ${(distances[row] ?? 0).toFixed(2)}`, pixels }
  })
  return [
    {
      kind: 'images',
      title: 'Nearest clean images',
      definition: `Of ${clean.count} clean test images those whose features before the teacher’s last layer are nearest (Euclidean distance below each).`,
      content: imagesOf(clean, pictures),
    },
  ]
}

/**
 * One image under teacher, shuffled teachers and student: answers, what the vaccine sees, what speaks for the target
 * class, what the trigger does as it is added, and the clean images that are like it.
 */
export const microscope = defineAskedAnalysis({
  id: 'microscope',
  title: 'Backdoor microscope',
  summary:
    'One image under teacher, shuffled teachers and student: answers, suspicion, saliency and Grad-CAM of a class, the trigger added from 0 to 100 %, where in the image it correlates, and the nearest clean images.',
  reference: {
    citation: 'Selvaraju et al. 2017, Grad-CAM',
    link: 'https://arxiv.org/abs/1610.02391',
    place: 'equations 1 and 2',
  },
  params,
  when: 'asked',
  subject: { of: 'student', most: 1, keptImages: false, image: { step: 'imageStep', index: 'imageIndex' } },
  needs: ['teacher', 'students', 'shuffledTeachers', 'testImages', 'trigger'],
  artifact: panelsArtifact,
  view: { kind: 'panels' },
  line({ panels }) {
    const answers = panels.find(({ title }) => title === 'Answers')
    if (answers?.kind !== 'table') return null
    return answers.content.rows
      .map(([name, label, p]) => `${name}: ${label} ${(100 * Number(p)).toFixed(1)} %`)
      .join(', ')
  },
  async measure(values, context) {
    const { teacher, students, shuffledTeachers, trigger, progress, classNames } = context
    const looked = await lookedAt(values, context)
    const { image } = looked
    const template = trigger && templateOf(trigger.trigger, image)
    const asked: Asked = { values, context, looked, template }
    const shuffled = shuffledTeachers?.(image, choiceOf(values)) ?? null
    const student = students[0]?.network?.logits(image) ?? null
    await progress(1, 5, 'Explaining')
    const rows: [string, Float32Array][] = [
      ['Teacher', shuffled?.teacher ?? teacher.logits(image)],
      ...(student ? [[students[0]?.title ?? 'Student', student] as [string, Float32Array]] : []),
      ...(shuffled?.members ?? []).map((logits, index): [string, Float32Array] => [
        `Shuffled teacher ${index + 1}`,
        logits,
      ]),
    ]
    const maps = heatmapPanel(values, context, looked, template)
    await progress(2, 5, 'Adding the trigger')
    const curve = strengthPanels(looked.image, explainedClass(values, context), { context, choice: choiceOf(values) })
    await progress(4, 5, 'Looking for neighbours')
    return {
      panels: [
        ...maps.slice(0, 1),
        answersPanel(rows, explainedClass(values, context), classNames),
        vaccinePanel(asked, shuffled, student),
        ...curve,
        ...slidingPanels(image, trigger, template),
        ...neighboursPanel(asked),
        ...(template?.kind === 'replaces' ? maps.slice(1) : []),
      ],
    }
  },
})
