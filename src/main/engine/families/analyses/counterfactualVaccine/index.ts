import { panelsArtifact } from '../../../../../shared/domain'
import { defineAskedAnalysis } from '../askedTypes'
import { numberIn, tableOf } from '../panelTables'
import { lookedAt, observe, probeOf, type Observation } from './observe'
import {
  bestSeparation,
  layersPanel,
  recommendationPanel,
  rocPanel,
  settingsOf,
  settingsPanel,
  type Found,
} from './panels'
import { choicesOf, params, type Params } from './parameters'
import { imagesToPush, pushOf, pushPanel, sharePanel, sharesOf, type Push } from './penalty'
import { classPanel, correlationPanel, imagePanels } from './whoIsSuspected'

/**
 * What other shuffles would do before a run is spent on them: who is suspected by how many shuffled layers and
 * teachers, how well the divergence tells triggered from clean test images, and what the selection test would say. The
 * run may be without a vaccine: it is then what one would do.
 */
export const counterfactualVaccine = defineAskedAnalysis({
  id: 'counterfactual-vaccine',
  title: 'Counterfactual vaccine',
  summary:
    'Shuffled teachers drawn anew with other numbers of layers and members: who is suspected, precision, recall and ROC on test images, tail ratio on synthetic ones, and how many layers to shuffle.',
  reference: {
    citation: 'Hong et al. 2023, Revisiting data-free knowledge distillation with poisoned teachers',
    link: 'https://arxiv.org/abs/2306.02368',
    place: 'section 4.1, the Shuffling Vaccine',
  },
  params,
  when: 'asked',
  subject: { of: 'model', most: 1, keptImages: false },
  needs: ['teacher', 'students', 'vaccine', 'generator', 'testImages', 'trigger'],
  artifact: panelsArtifact,
  view: { kind: 'panels' },
  numbers: {
    separation: {
      title: 'Recall − false alarms',
      unit: '%',
      definition:
        'The most that any number of shuffled layers gives: share of triggered test images that are suspected minus that of clean ones.',
      of: (artifact) => bestSeparation(artifact),
    },
    layersByTrigger: {
      title: 'Shuffled layers by the trigger',
      unit: '',
      definition:
        'Recommended by test images with the known trigger; none where no number of layers is worth anything.',
      of: (artifact) => numberIn(tableOf(artifact)?.rows[0]?.[1]),
    },
    layersByTail: {
      title: 'Shuffled layers by the images',
      unit: '',
      definition: 'Recommended by the tail ratio of synthetic images alone; none where no ensemble passes.',
      of: (artifact) => numberIn(tableOf(artifact)?.rows[1]?.[1]),
    },
  },
  line(artifact) {
    const recommended = tableOf(artifact)
    return recommended && recommended.rows.map(([by, layers, why]) => `by ${by}: ${layers} (${why})`).join(' ')
  },
  async measure(values: Params, context) {
    const { classNames, target, progress } = context
    const probe = probeOf(context)
    const choices = choicesOf(values, probe.layers.length)
    await progress(0, 1, 'Reading images')
    const looked = await lookedAt(values, context)
    const images = imagesToPush(looked)
    const { synthetic } = looked
    const { seeds, today } = choices
    const observations: Observation[] = []
    const pushes: Push[] = []
    const total = choices.layerCounts.length * seeds.length
    for (const layers of choices.layerCounts)
      for (const seed of seeds) {
        const observed = observe(looked, { layers, seed, memberCounts: choices.memberCounts }, context)
        observations.push(...observed)
        const own = observed.find(({ members }) => members === today.members)
        if (own && images && synthetic) pushes.push(pushOf(own, { images, synthetic }, probe))
        await progress(observations.length / choices.memberCounts.length, total, `Shuffling ${layers} layers`)
      }
    const shares = context.generator && sharesOf(context.generator, choices)
    const found: Found = { looked, observations, choices, target }
    const settings = settingsOf(found)
    return {
      panels: [
        recommendationPanel(found, settings),
        layersPanel(found, settings),
        ...rocPanel(found),
        settingsPanel(found, settings),
        ...correlationPanel(found, target),
        ...pushPanel(pushes, choices, values.penaltyCoefficient),
        ...(context.generator && shares ? [sharePanel(context.generator, shares, choices)] : []),
        ...imagePanels(found, classNames),
        classPanel(found, classNames),
      ],
    }
  },
})
