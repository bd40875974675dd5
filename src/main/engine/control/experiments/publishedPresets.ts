/**
 * The presets of resources/publishedPresets.json: one for each cell block of the published table, and the sweeps of the
 * reference's second program, made from the table and the members' own reference settings.
 */
import declared from '../../../../../resources/publishedPresets.json'
import {
  publishedAttacks,
  publishedData,
  publishedRates,
  type ExperimentPreset,
  type MemberChoice,
  type Recording,
} from '../../../../shared/domain'
import type { MemberDeclaration, Registry } from '../../../../shared/schema'
import { attacks } from '../../families/attacks'
import { defenses } from '../../families/defenses'
import { distillationMethods } from '../../families/distillation'

/** A member with the parameters of its preset of this name. */
interface WithSettings {
  readonly id: string
  readonly settings: string
}

interface Template {
  readonly id: string
  readonly title: string
  readonly description: string
  /** Of the published table; absent of what is none of it. */
  readonly column?: string
  /** Which attacks it is made for; null: all of the published table. */
  readonly attacks: readonly string[] | null
  readonly teacher: MemberChoice
  readonly student: MemberChoice
  readonly method: WithSettings
  readonly students: readonly (readonly WithSettings[])[]
  readonly recording?: Partial<Recording>
}

const templates: readonly Template[] = declared.templates
const missingFile: Readonly<Record<string, string>> = declared.missingFile

/** @throws when the settings are gone: a preset must not quietly become something else */
function withSettings<M extends MemberDeclaration>(
  registry: Registry<M>,
  { id, settings }: WithSettings,
): MemberChoice {
  const preset = registry.get(id).presets?.[settings]
  if (!preset) throw new Error(`${registry.family} ${id} has no settings called ${settings}.`)
  return { id, params: { ...preset.params } }
}

const rates = (attack: string, column: string): string => {
  const published = publishedRates(attack, column)
  return published ? `${(published.accuracy * 100).toFixed(1)} / ${(published.asr * 100).toFixed(1)}` : '–'
}

/** What is not as published until the attack's file is named. */
function fileNote(attack: string): string {
  const parameter = Object.entries(attacks.get(attack).params).find(([, { kind }]) => kind === 'path')?.[0]
  return parameter === undefined ? '' : (missingFile[parameter] ?? '')
}

const filled = (text: string, attack: string): string =>
  text
    .replaceAll('{attack}', attack)
    .replaceAll('{attackTitle}', attacks.get(attack).title)
    .replaceAll('{file}', fileNote(attack))
    .replaceAll(/\{rates:([^}]+)\}/g, (_whole, column: string) => rates(attack, column))

function presetOf(template: Template, attack: string): ExperimentPreset {
  const title = filled(template.title, attack)
  return {
    id: filled(template.id, attack),
    title,
    description: filled(template.description, attack),
    ...(template.column === undefined ? {} : { cell: { row: attacks.get(attack).title, column: template.column } }),
    config: {
      name: title,
      data: { id: publishedData },
      attack: { id: attack },
      poisoning: declared.poisoning,
      teacher: { architecture: template.teacher, training: declared.teacherTraining },
      distillation: {
        architecture: template.student,
        method: withSettings(distillationMethods, template.method),
      },
      students: template.students.map((plan) => ({
        defenses: plan.map((defense) => withSettings(defenses, defense)),
      })),
      ...(template.recording ? { recording: template.recording } : {}),
    },
  }
}

/** Those of the sweeps first, then attack by attack those of the table. */
export const publishedPresets: readonly ExperimentPreset[] = [
  ...templates.flatMap((template) => (template.attacks ?? []).map((attack) => presetOf(template, attack))),
  ...publishedAttacks.flatMap((attack) =>
    templates.filter((template) => template.attacks === null).map((template) => presetOf(template, attack)),
  ),
]
