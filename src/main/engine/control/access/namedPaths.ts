/** The files and folders that a call's arguments name, wherever in them they stand. */
import { calls, type EngineCallName } from '../../../../shared/contract'
import { teacherSourceSchema } from '../../../../shared/domain'
import type { FamilyDescription, ParameterSchema } from '../../../../shared/schema'

export type PathUse = 'read' | 'write'

export interface NamedPath {
  readonly path: string
  readonly use: PathUse
  /** Where it stands in the argument, e.g. "data.params.folder". */
  readonly where: string
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const pathFields = (schema: ParameterSchema): string[] =>
  Object.entries(schema).flatMap(([name, { kind }]) => (kind === 'path' ? [name] : []))

/** Names under which any member of any family, or the teacher's source, names a file or folder. */
export const pathParameters = (families: readonly FamilyDescription[]): ReadonlySet<string> =>
  new Set([
    ...pathFields(teacherSourceSchema),
    ...families.flatMap(({ members }) => members.flatMap(({ params }) => pathFields(params))),
  ])

/** @param names as `pathParameters` tells them */
export function pathsNamedBy(name: EngineCallName, args: unknown, names: ReadonlySet<string>): NamedPath[] {
  const { read = [], write = [], within = [], addresses = [] } = calls[name].paths ?? {}
  if (!isRecord(args)) return []
  const own = (keys: readonly string[], use: PathUse): NamedPath[] =>
    keys.flatMap((where) => {
      const path = args[where]
      if (typeof path !== 'string' || !isPath(path) || (addresses.includes(where) && isAddress(path))) return []
      return [{ path, use, where }]
    })
  return [
    ...own(read, 'read'),
    ...own(write, 'write'),
    ...within.flatMap((key) => (key === 'config' ? configPaths : pathsWithin)(args[key], names)),
    // Its own arguments are an axis.
    ...(within.length > 0 ? pathsOfAxis(args, names, '') : []),
  ]
}

/**
 * Of a whole configuration: one whose teacher is trained reads no file, whatever stands there from before. Asked of
 * what is sent and of what runs keep, so that nothing which was not looked at then counts as allowed later.
 */
export function configPaths(config: unknown, names: ReadonlySet<string>): NamedPath[] {
  if (!isRecord(config) || !isRecord(config.teacher) || config.teacher.source === 'file')
    return pathsWithin(config, names)
  return pathsWithin({ ...config, teacher: { ...config.teacher, file: undefined } }, names)
}

/** Of anything in which parts of configurations stand. */
function pathsWithin(value: unknown, names: ReadonlySet<string>, place = ''): NamedPath[] {
  if (Array.isArray(value)) return value.flatMap((entry, index) => pathsWithin(entry, names, joined(place, `${index}`)))
  if (!isRecord(value)) return []
  const own = Object.entries(value).flatMap(([key, entry]): NamedPath[] => {
    const where = joined(place, key)
    if (typeof entry !== 'string') return pathsWithin(entry, names, where)
    // The path of an axis is a place in the configuration.
    if (key === 'path' && isAxis(value)) return []
    return names.has(lastName(key)) && isPath(entry) ? [{ path: entry, use: 'read', where }] : []
  })
  return [...own, ...pathsOfAxis(value, names, place)]
}

/** Values for a parameter that names a file: `{ path: 'teacher.file', values: [{ value: '/…' }] }`. */
function pathsOfAxis(
  { path, values }: Record<string, unknown>,
  names: ReadonlySet<string>,
  place: string,
): NamedPath[] {
  if (typeof path !== 'string' || !names.has(lastName(path)) || !Array.isArray(values)) return []
  return values.flatMap((entry: unknown, index): NamedPath[] => {
    const value = isRecord(entry) ? entry.value : entry
    const where = joined(place, `values.${index}`)
    return typeof value === 'string' && isPath(value) ? [{ path: value, use: 'read', where }] : []
  })
}

const isAxis = ({ path, values, range }: Record<string, unknown>): boolean =>
  typeof path === 'string' && /^[A-Za-z][\w.]*$/.test(path) && (Array.isArray(values) || isRecord(range))

const joined = (place: string, key: string): string => (place === '' ? key : `${place}.${key}`)
const lastName = (path: string): string => path.split('.').at(-1) ?? ''
/** Empty is the product's own place. */
const isPath = (text: string): boolean => text.trim() !== ''
/** Asked only where no path is taken: made absolute, `http://x/../../etc` is one. */
const isAddress = (text: string): boolean => /^https?:\/\//i.test(text)
