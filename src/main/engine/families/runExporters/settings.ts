/** A model's settings as a flat list, for programs that compare runs by them. */
import { flattenConfig, isPrivileged, stagePrecision } from '../../../../shared/domain'
import type { RunToExport, StageToExport } from './types'

export type SettingValue = string | number | boolean

/** What decides no result, or is told of each model by itself. */
const leftOut = ['format', 'name', 'recording', 'execution', 'students', 'teacher.acknowledged']

const startsWithOne = (path: string, places: readonly string[]): boolean =>
  places.some((place) => path === place || path.startsWith(`${place}.`))

/** Folders are named after people; what is compared is the file. */
const withoutFolder = (text: string): string =>
  /^(\/|[A-Za-z]:\\)/.test(text) ? (text.split(/[\\/]/).at(-1) ?? '') : text

const scalar = (value: unknown): SettingValue => {
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return typeof value === 'string' ? withoutFolder(value) : JSON.stringify(value)
}

/** By path as in the configuration; of a student with its defenses, of a teacher without the distillation. */
export function settingsOf(
  { run, member }: Pick<RunToExport, 'run' | 'member'>,
  { record }: Pick<StageToExport, 'record'>,
) {
  const others = record.kind === 'student' ? leftOut : [...leftOut, 'distillation']
  const settings: Record<string, SettingValue> = {}
  for (const [path, value] of flattenConfig(run.config))
    if (!startsWithOne(path, others)) settings[path] = scalar(value)
  // Of how it was computed what makes another model, as the stage itself says it.
  settings['execution.precision'] = stagePrecision(record)
  if (record.kind !== 'student') return settings
  const plan = run.config.students[record.index]?.defenses ?? []
  settings.defense = record.defense ?? 'none'
  settings.privileged = isPrivileged(member, { method: run.method, defense: record.defense ?? null })
  for (const { id, params } of plan)
    for (const [name, value] of Object.entries(params)) settings[`${id}.${name}`] = scalar(value)
  return settings
}
