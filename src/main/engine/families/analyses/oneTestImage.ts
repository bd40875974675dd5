import { z } from 'zod'
import { imagesArtifact } from '../../../../shared/domain'
import { selectImages, sliceImages } from '../../images/imageSets'
import type { ImageSet } from '../../images/types'
import { answersOf, type Answer } from './answers'
import { imagesOf } from './pictures'
import { defineAnalysis, type AnalysisContext, type ImageModel } from './types'

/** Images of the class that are counted at most; the first of them is shown. */
const mostImages = 100

const answer = z.object({
  /** −1 where the logits are not all finite. */
  label: z.number().int().min(-1),
  /** Softmax probability of that class; null without one. */
  confidence: z.number().min(0).max(1).nullable(),
})

const artifact = imagesArtifact.extend({
  trueClass: z.number().int().min(0),
  /** To the image as it is, and to the same image with the trigger where there is one. */
  answers: z.array(answer).min(1).max(2),
  /** Of so many test images of that class with the trigger, how many are called the target; null without a trigger. */
  calledTarget: z.object({ images: z.number().int().min(0), of: z.number().int().min(1) }).nullable(),
})
export type OneTestImageArtifact = z.infer<typeof artifact>

/** Places of the first images of the lowest class that is not the target; of a set of the target alone, of that. */
function placesOf({ labels }: ImageSet, target: number): number[] {
  const others = [...new Set(labels)].filter((label) => label !== target)
  const shown = Math.min(...(others.length > 0 ? others : [target]))
  return Array.from(labels, (label, place) => (label === shown ? place : -1))
    .filter((place) => place >= 0)
    .slice(0, mostImages)
}

const answersTo = (model: ImageModel, images: ImageSet): Answer[] => answersOf(model.logits(images), model.classes)

function captionOf(title: string, { label, confidence }: Answer, classNames: readonly string[]): string {
  if (label < 0) return `${title}: no answer`
  return `${title}: ${classNames[label] ?? String(label)}, ${(confidence * 100).toFixed(1)} %`
}

/** One test image, clean and with the trigger, and what the model says of both. */
export function oneTestImageOf({
  model,
  testImages: { clean, triggered },
  target,
  classNames,
}: AnalysisContext<'model' | 'testImages'>): OneTestImageArtifact {
  const places = placesOf(clean, target)
  const plain = selectImages(clean, places.slice(0, 1))
  const changed = triggered && selectImages(triggered, places)
  const toChanged = changed && answersTo(model, changed)
  const looked = [
    { title: 'Clean', set: plain, answer: answersTo(model, plain)[0] },
    { title: 'With the trigger', set: changed, answer: toChanged?.[0] },
  ].flatMap(({ title, set, answer }) => (set && answer ? [{ title, set, answer }] : []))
  return {
    ...imagesOf(
      clean,
      looked.map(({ title, set, answer }) => ({
        caption: captionOf(title, answer, classNames),
        pixels: sliceImages(set, 0, 1).pixels,
      })),
    ),
    trueClass: plain.labels[0] ?? 0,
    answers: looked.map(({ answer: { label, confidence } }) => ({ label, confidence: label < 0 ? null : confidence })),
    calledTarget: toChanged && {
      images: toChanged.filter(({ label }) => label === target).length,
      of: toChanged.length,
    },
  }
}

/**
 * One test image through the finished model, without and with the trigger: softmax of its logits, and the answer to the
 * first hundred triggered images of that class. The image is the first of the lowest class that is not the target.
 */
export const oneTestImage = defineAnalysis({
  id: 'one-test-image',
  title: 'One image',
  summary: 'What the finished model says of one test image, as it is and with the trigger.',
  reference: { citation: 'ABD Workbench, this project', place: 'docs/decisions.md' },
  params: {},
  metrics: {
    calledTarget: {
      title: 'Called the target',
      group: 'quality',
      unit: '',
      definition:
        'Of the first test images of the shown image’s class (at most 100) with the trigger, how many are classified as the target class.',
    },
  },
  needs: ['model', 'testImages'],
  when: 'end',
  artifact,
  view: { kind: 'images' },
  measure: (_params, context) => oneTestImageOf(context),
  line({ calledTarget, captions }) {
    const counted = calledTarget ? [`${calledTarget.images} of ${calledTarget.of} of its class called the target`] : []
    return [...(captions ?? []), ...counted].join('; ')
  },
})
