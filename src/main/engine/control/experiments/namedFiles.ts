/** The files that an experiment's parameters name. */
import { statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { ExperimentConfig, MemberChoice } from '../../../../shared/domain'
import { storageFaultBehind } from '../../../../shared/errors'
import { isVisible, type FamilyId, type Issue } from '../../../../shared/schema'
import type { MemberTable } from './memberTable'

/** A file or folder that a parameter names; `path` is the parameter's. */
export interface NamedFile {
  readonly path: string
  readonly file: string
}

/** Every file and folder that an experiment's parameters name. */
export function namedPaths(config: ExperimentConfig, table: MemberTable): NamedFile[] {
  const { data, attack, teacher, distillation, students } = config
  const members: readonly (readonly [FamilyId, MemberChoice, string])[] = [
    ['dataset', data, 'data'],
    ['attack', attack, 'attack'],
    ['distillation', distillation.method, 'distillation.method'],
    ...students.flatMap(({ defenses }, student) =>
      defenses.map((defense, index) => ['defense', defense, `students.${student}.defenses.${index}`] as const),
    ),
  ]
  const named = members.flatMap(([family, { id, params }, place]) =>
    Object.entries(table.find(family, id)?.params ?? {}).flatMap(([name, field]) => {
      const file = params[name]
      return field.kind === 'path' && typeof file === 'string' && file !== '' && isVisible(field, params)
        ? [{ path: `${place}.params.${name}`, file }]
        : []
    }),
  )
  return teacher.source === 'file' && teacher.file !== ''
    ? [...named, { path: 'teacher.file', file: teacher.file }]
    : named
}

/** Files that the method's parameters name. */
export const namedFiles = ({ distillation: { method } }: ExperimentConfig, table: MemberTable): NamedFile[] =>
  Object.entries(table.find('distillation', method.id)?.params ?? {}).flatMap(([name, field]) => {
    const file = method.params[name]
    return field.kind === 'path' &&
      field.select === 'file' &&
      isVisible(field, method.params) &&
      typeof file === 'string' &&
      file !== ''
      ? [{ path: `distillation.method.params.${name}`, file }]
      : []
  })

/** What a look at the file system tells before a run is made. */
export const namedFileIssues = (config: ExperimentConfig, table: MemberTable): Issue[] =>
  namedFiles(config, table).flatMap(({ path, file }) => {
    const got = faultOf(file)
    return got === null
      ? []
      : [{ path, severity: 'error' as const, message: `wanted a readable file, got ${got}: ${file}` }]
  })

function faultOf(file: string): string | null {
  if (!isAbsolute(file))
    return 'a path that does not begin at the root, which the engine would read from a folder of its own'
  try {
    const found = statSync(file)
    return found.isFile() ? null : found.isDirectory() ? 'a folder' : 'a pipe, device or socket'
  } catch (error) {
    const fault = storageFaultBehind(error)
    return fault?.kind === 'missing' ? 'nothing at that path' : `no access (${fault?.message ?? String(error)})`
  }
}
