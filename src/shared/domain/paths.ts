/** Dotted paths into a configuration: what `show --config` prints, what `--set` takes, what an issue points at. */
import { RefusedInputError } from '../errors'
import type { PartialExperimentConfig } from './config'

type Container = Record<string, unknown> | unknown[]

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null
const isLeaf = (value: unknown): boolean =>
  !isContainer(value) || (Array.isArray(value) && value.every((entry) => !isContainer(entry)) && value.length > 0)

/** Every value of a configuration with its dotted path, in the order of the file; lists of numbers stay whole. */
export function flattenConfig(config: unknown, prefix = ''): [path: string, value: unknown][] {
  if (!isContainer(config) || (prefix !== '' && isLeaf(config))) return [[prefix, config]]
  const entries = Object.entries(config)
  if (entries.length === 0) return prefix === '' ? [] : [[prefix, config]]
  return entries.flatMap(([key, value]) => flattenConfig(value, prefix === '' ? key : `${prefix}.${key}`))
}

/** Dotted paths whose values differ between two configurations; a path that only one of them has counts. */
export function changedPaths(config: unknown, reference: unknown): string[] {
  const known = new Map(flattenConfig(reference).map(([path, value]) => [path, JSON.stringify(value)]))
  const given = new Map(flattenConfig(config).map(([path, value]) => [path, JSON.stringify(value)]))
  const added = [...given].filter(([path, value]) => known.get(path) !== value).map(([path]) => path)
  const removed = [...known.keys()].filter((path) => !given.has(path))
  return [...added, ...removed]
}

/** Whether a path leads to a place of a configuration or to something in it. */
export const liesWithin = (path: string, place: string): boolean => path === place || path.startsWith(`${place}.`)

/** The value at a dotted path; undefined where there is none. */
export const configValue = (config: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        isContainer(value) && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined,
      config,
    )

const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * A copy of a partial configuration with one value set. Containers on the way are made as needed (a number makes a
 * list);
 * setting the `id` of a member drops the parameters of the member that was there.
 * @throws RefusedInputError for an empty path or a list index that leaves a gap
 */
export function withConfigValue(
  config: PartialExperimentConfig,
  path: string,
  value: unknown,
): PartialExperimentConfig {
  const keys = path.split('.')
  if (keys.some((key) => key === '' || forbiddenKeys.has(key))) {
    throw new RefusedInputError(`"${path}" is no parameter path.`, {
      wanted: 'names joined by dots, e.g. poisoning.ratio',
      got: path,
      action: 'See the paths with "abd show RUN --config".',
    })
  }
  return setIn(config, keys, value, path) as PartialExperimentConfig
}

function setIn(container: unknown, keys: readonly string[], value: unknown, path: string): unknown {
  const [key, ...rest] = keys
  if (key === undefined) return value
  if (Array.isArray(container) || (!isContainer(container) && /^\d+$/.test(key)))
    return setInList(Array.isArray(container) ? container : [], keys, value, path)
  const source = isContainer(container) ? (container as Record<string, unknown>) : {}
  const next: Record<string, unknown> = { ...source, [key]: setIn(source[key], rest, value, path) }
  if (key === 'id' && rest.length === 0 && source.id !== value) delete next.params
  return next
}

function setInList(
  list: readonly unknown[],
  [key, ...rest]: readonly string[],
  value: unknown,
  path: string,
): unknown[] {
  const index = Number(key)
  if (!Number.isInteger(index) || index < 0 || index > list.length) {
    throw new RefusedInputError(`"${path}" points outside a list.`, {
      wanted: `an index from 0 to ${list.length}`,
      got: key,
      where: path,
    })
  }
  const copy = [...list]
  copy[index] = setIn(list[index], rest, value, path)
  return copy
}
