import { liesWithin } from '@shared/domain'
import { integer } from '@shared/schema'

export interface FormSection {
  title: string
  about: string
  /** The configuration's parts that it covers. */
  paths: readonly string[]
}

/** Stages of the pipeline in order, then what is kept and where it runs. */
export const formSections = {
  data: { title: 'Data', about: 'What the teacher learns from', paths: ['data'] },
  attack: { title: 'Attack', about: 'The trigger that is put on images', paths: ['attack'] },
  poisoning: {
    title: 'Poisoning',
    about: 'How many images carry it, and the class they lead to',
    paths: ['poisoning'],
  },
  teacher: {
    title: 'Teacher',
    about: 'Trained here on the poisoned data, or imported from a file',
    paths: ['teacher'],
  },
  distillation: {
    title: 'Distillation',
    about: 'The student learns from the teacher alone, on synthetic images',
    paths: ['distillation'],
  },
  students: {
    title: 'Students & defenses',
    about: 'One student each; the first without a defense is the baseline',
    paths: ['students'],
  },
  recording: {
    title: 'Recording',
    about: 'What is kept, and how often the student is evaluated',
    paths: ['recording'],
  },
  execution: { title: 'Execution', about: 'Where it runs', paths: ['execution'] },
} as const satisfies Record<string, FormSection>
export type SectionId = keyof typeof formSections
export const sectionIds = Object.keys(formSections) as SectionId[]

export const sectionElementId = (id: SectionId): string => `section-${id}`
export const liesInSection = (path: string, id: SectionId): boolean =>
  formSections[id].paths.some((place) => liesWithin(path, place))
/** The section of a path; null for what stands above them: name, seed, runs. */
export const sectionOf = (path: string): SectionId | null => sectionIds.find((id) => liesInSection(path, id)) ?? null

/** Beside the seed; no part of a configuration. */
export const seedsField = integer({
  label: 'Runs',
  default: 1,
  min: 1,
  max: 20,
  help: 'How many runs, each from its own seed, counted up from the one beside it. They train one after another; Compare shows their spread.',
})
