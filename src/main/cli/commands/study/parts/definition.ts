/** From the flags of `abd study start` to a definition: file or preset first, then what the flags say. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Catalogue } from '../../../../../shared/contract'
import type { PartialExperimentConfig, StudyAxis, StudyDefinition, StudyPreset } from '../../../../../shared/domain'
import { RefusedInputError, UserError } from '../../../../../shared/errors'
import { nearest } from '../../../../../shared/nearest'
import type { CommandContext } from '../../command'
import { configurationOf } from '../../../configuration'
import { wholeNumbers } from '../../../options'
import { printable } from '../../../output'
import { parseValue } from '../../../values'

export interface StartFlags {
  preset?: string
  axis?: string[]
  seeds?: number[]
  analysis?: string[]
  basePreset?: string
  set?: string[]
  data?: string
  name?: string
  note?: string
  executor?: string
  priority?: number
  order?: StudyDefinition['order']
}

/** Axes that name a member by its id are the axis of the member where the study has that one already. */
const memberAxes: Readonly<Record<string, string>> = {
  'data.id': 'data',
  'attack.id': 'attack',
  'distillation.method.id': 'method',
}

/** `path=v1,v2`, `path={…},{…}` or `path=[…]`; each value as JSON or else text, seeds also as 0-2. */
export function parseAxis(text: string): { path: string; values: unknown[] } {
  const at = text.indexOf('=')
  const [path, given] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  if (at < 1 || given === '')
    throw new RefusedInputError('--axis takes path=value,value.', {
      wanted: 'e.g. attack.id=badnet_grid,blend or poisoning.ratio=0.01,0.1',
      got: text,
    })
  if (path === 'seed') return { path, values: wholeNumbers(given) }
  const whole = /^[[{]/.test(given) ? wholeJson(given) : given
  if (Array.isArray(whole)) return { path, values: whole }
  return {
    path,
    values: typeof whole === 'string' ? given.split(',').map((value) => parseValue(value.trim())) : [whole],
  }
}

/** Text that begins as JSON: one value, or several with commas between them, as a list. "[x].pt" is text. */
function wholeJson(given: string): unknown {
  const found = [given, `[${given}]`].map(parseValue).find((value) => typeof value !== 'string')
  if (found !== undefined || !given.includes('{')) return found ?? given
  throw new RefusedInputError('The values of --axis begin as JSON and are none.', {
    wanted: 'e.g. attack={"id":"ID","params":{"NAME":0.1}} or defenses=[{"id":"ID"}],[{"id":"ID"},{"id":"ID"}]',
    got: given.slice(0, 200),
    action: 'Give the whole flag in single quotes, so that the shell leaves the double ones.',
  })
}

/** Axes by their paths, as a study file has them. */
function axesOf({ axis = [], seeds }: Pick<StartFlags, 'axis' | 'seeds'>): Record<string, unknown[]> {
  const axes: Record<string, unknown[]> = {}
  const all = [...axis.map(parseAxis), ...(seeds === undefined ? [] : [{ path: 'seed', values: seeds }])]
  for (const { path, values } of all) {
    if (Object.hasOwn(axes, path))
      throw new RefusedInputError(`The axis "${path}" is given twice.`, { wanted: 'each axis once', got: path })
    axes[path] = values
  }
  return axes
}

/** The values of axes as the engine reads them in a study file: one place knows their short forms. */
export async function readAxes(
  { client }: Pick<CommandContext, 'client'>,
  flags: Pick<StartFlags, 'axis' | 'seeds'>,
): Promise<readonly StudyAxis[]> {
  const axes = axesOf(flags)
  if (Object.keys(axes).length === 0) return []
  const text = JSON.stringify({ name: 'command line', axes })
  const fileName = join(process.cwd(), 'command line')
  const { definition } = await client.call('studies.read', { text, fileName }).catch((error: unknown) => {
    throw ofFlag(error)
  })
  return definition.axes
}

/** Names the axis; a line and a column of the text that flags were made into say nothing to who typed them. */
function ofFlag(error: unknown): unknown {
  if (!(error instanceof UserError)) return error
  const path = /\(axes\.(.+?)(?:\.\d+)?\)$/.exec(error.where ?? '')?.[1]
  if (path === undefined) return error
  const { message, wanted, got, action } = error
  return new RefusedInputError(message, { wanted, got, where: `the axis ${path}`, action })
}

export async function definitionOf(
  context: CommandContext,
  file: string | undefined,
  flags: StartFlags,
): Promise<StudyDefinition> {
  const catalogue = await context.client.call('engine.catalogue', {})
  const start = await startingPoint(context, catalogue, file, flags)
  const definition = withAxes(start, await readAxes(context, flags))
  const config = await changesOf(context, catalogue, { ...flags, basePreset: definition.base.preset })
  const { name, note, executor, priority, order, analysis } = flags
  const analyses = [...(definition.analyses ?? []), ...(analysis ?? []).map((id) => ({ id, params: {} }))]
  return {
    ...definition,
    ...(config === undefined ? {} : { base: { ...definition.base, config: { ...definition.base.config, ...config } } }),
    ...(analyses.length === 0 ? {} : { analyses }),
    ...(name === undefined ? {} : { name }),
    ...(note === undefined ? {} : { note }),
    ...(executor === undefined ? {} : { executor }),
    ...(priority === undefined ? {} : { priority }),
    ...(order === undefined ? {} : { order }),
  }
}

async function startingPoint(
  context: CommandContext,
  catalogue: Catalogue,
  file: string | undefined,
  { preset, basePreset, axis, seeds }: StartFlags,
): Promise<StudyDefinition> {
  if (file !== undefined && preset !== undefined)
    throw new RefusedInputError('A study begins with a file or with a preset.', { wanted: 'one of them', got: 'both' })
  const found = file === undefined ? undefined : await readFileOf(context, file)
  const ready = preset === undefined ? undefined : presetOf(preset, await studyPresets(context), catalogue)
  const begun = found ?? (ready && 'definition' in ready ? ready.definition : undefined)
  const base = basePreset ?? (ready && 'base' in ready ? ready.base : undefined)
  if (begun) return base === undefined ? begun : { ...begun, base: { ...begun.base, preset: base } }
  if (base === undefined && axis === undefined && seeds === undefined)
    throw new RefusedInputError('abd study start wants a study.', {
      wanted: 'a study file, --preset, or --axis and --seeds',
      action: 'E.g. abd study start --preset signs-small, or abd study start --preset quick --seeds 0-2.',
    })
  return emptyStudy(context, base, Object.keys(axesOf({ axis, seeds })))
}

async function readFileOf({ client, output }: CommandContext, file: string): Promise<StudyDefinition> {
  const fileName = resolve(file)
  const text = await readFile(fileName, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new RefusedInputError('The study file cannot be read.', {
      wanted: 'a YAML file',
      got: error.code ?? error.message,
      where: fileName,
    })
  })
  const { definition, remarks } = await client.call('studies.read', { text, fileName })
  for (const { kind, path, message } of remarks)
    if (kind !== 'read') output.tell(`${kind}: ${printable(path)}: ${printable(message)}`)
  return definition
}

const studyPresets = ({ client }: CommandContext): Promise<StudyPreset[]> => client.call('studies.presets', {})

/** A ready-made study, or else a ready-made experiment to begin with. */
function presetOf(
  id: string,
  studies: readonly StudyPreset[],
  { presets }: Catalogue,
): { definition: StudyDefinition } | { base: string } {
  const study = studies.find((entry) => entry.id === id)
  if (study) return study
  if (presets.some((entry) => entry.id === id)) return { base: id }
  const near = nearest(
    id,
    [...studies, ...presets].map((entry) => entry.id),
  )
  const list = (entries: readonly { readonly id: string }[]): string => entries.map((entry) => entry.id).join(', ')
  const known = `a study (${list(studies) || 'none here'}) or an experiment to begin with (${list(presets)})`
  throw new RefusedInputError(`There is no preset "${id}".`, {
    wanted: near === undefined ? known : `"${near}"? Known: ${known}`,
    got: id,
  })
}

/** The engine knows the defaults of what a study file leaves out. */
async function emptyStudy(
  { client }: CommandContext,
  preset: string | undefined,
  paths: readonly string[],
): Promise<StudyDefinition> {
  const name = `${preset ?? 'defaults'} over ${paths.join(', ') || 'one cell'}`.slice(0, 200)
  const text = JSON.stringify({ name, ...(preset === undefined ? {} : { preset }), axes: {} })
  return (await client.call('studies.read', { text })).definition
}

/** Axes of the flags take the place of those with the same path; others come after them. */
function withAxes(definition: StudyDefinition, given: readonly StudyAxis[]): StudyDefinition {
  const known = new Set(definition.axes.map(({ path }) => path))
  const placed = given.map((axis) => {
    const member = memberAxes[axis.path]
    if (known.has(axis.path) || member === undefined || !known.has(member)) return axis
    return { ...axis, path: member, values: axis.values?.map(({ label, value }) => ({ label, value: { id: value } })) }
  })
  const replaced = new Map(placed.map((axis) => [axis.path, axis]))
  return {
    ...definition,
    axes: [
      ...definition.axes.map((axis) => replaced.get(axis.path) ?? axis),
      ...placed.filter(({ path }) => !known.has(path)),
    ],
  }
}

/** What --set and --data say about the base; a list of students is pointed into as the preset has it. */
async function changesOf(
  { recognize }: CommandContext,
  catalogue: Catalogue,
  { set, data, basePreset }: StartFlags,
): Promise<PartialExperimentConfig | undefined> {
  if (set === undefined && data === undefined) return undefined
  const changes = await configurationOf({ set, data }, catalogue, recognize)
  if (changes.students === undefined || basePreset === undefined) return changes
  const whole = await configurationOf({ set, preset: basePreset }, catalogue, recognize)
  return { ...changes, students: whole.students }
}
