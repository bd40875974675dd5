import { liesWithin } from '@shared/domain'
import { integer } from '@shared/schema'

export interface FormSection {
  number: number
  title: string
  about: string
  /** The configuration's parts that it covers. */
  paths: readonly string[]
}

/** Stages of the pipeline in order. */
export const formSections = {
  data: {
    number: 1,
    title: 'Data & attack',
    about: 'What the teacher learns from, and the backdoor in it',
    paths: ['data', 'attack', 'poisoning'],
  },
  teacher: {
    number: 2,
    title: 'Teacher',
    about: 'Trained here on the poisoned data, or imported from a file',
    paths: ['teacher'],
  },
  distillation: {
    number: 3,
    title: 'Distillation',
    about: 'The student learns from the teacher alone, on synthetic images',
    paths: ['distillation'],
  },
  students: {
    number: 4,
    title: 'Students & defenses',
    about: 'One student each; the first without a defense is the baseline',
    paths: ['students'],
  },
  recording: {
    number: 5,
    title: 'Recording & machine',
    about: 'What is kept, and where it runs',
    paths: ['recording', 'execution'],
  },
} as const satisfies Record<string, FormSection>
export type SectionId = keyof typeof formSections
export const sectionIds = Object.keys(formSections) as SectionId[]

export const sectionElementId = (id: SectionId): string => `section-${id}`
export const liesInSection = (path: string, id: SectionId): boolean =>
  formSections[id].paths.some((place) => liesWithin(path, place))

/** Beside the seed; no part of a configuration. */
export const seedsField = integer({
  label: 'Runs',
  default: 1,
  min: 1,
  max: 20,
  help: 'How many runs, each from its own seed, counted up from the one beside it. They train one after another; Compare shows their spread.',
})
