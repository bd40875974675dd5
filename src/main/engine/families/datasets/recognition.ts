/** Which data set lies at a path, told by names alone, and what is said where none does. */
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { MemberChoice } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Registry } from '../../../../shared/schema'
import { quoteFromFile } from '../../weights/fileText'
import { isArchive, listArchive, unpackCommand } from './files/archives'
import { diskTree, type FileTree } from './files/fileTree'
import { listNames } from './files/namedFiles'
import type { Dataset, FoundData, LayoutDistance } from './types'

interface Tried extends LayoutDistance {
  readonly dataset: Dataset
}

const isNearlyThere = ({ refusal, closeness }: Tried): boolean => refusal !== null && closeness >= 0.5

async function openTree(path: string): Promise<FileTree | null> {
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory()) return diskTree(path)
  return found?.isFile() && isArchive(path) ? listArchive(path) : null
}

/**
 * The member that reads `path`, with its parameters. Nothing but names is read; an archive is not unpacked.
 * @throws RefusedInputError when no layout fits, with what each lacks, nearest first; or for a damaged archive
 */
export async function recognizeDataset(registry: Registry<Dataset>, path: string): Promise<MemberChoice> {
  let tree: Promise<FileTree | null> | undefined
  const found: FoundData = { path, tree: () => (tree ??= openTree(path)) }
  const tried: Tried[] = []
  for (const dataset of registry.members) {
    const match = await dataset.match?.(found)
    if (match === undefined) continue
    if (!('params' in match)) tried.push({ dataset, ...match })
    else if (match.lastResort !== true || !tried.some(isNearlyThere)) return { id: dataset.id, params: match.params }
  }
  tried.sort((a, b) => b.closeness - a.closeness)
  const names = await found.tree().catch(() => null)
  const files = (await names?.files().catch(() => [])) ?? []
  const nearest = tried.find(({ refusal }) => refusal !== null)?.refusal ?? null
  throw new RefusedInputError(nearest?.message ?? 'The layout of these data is not known.', {
    wanted: nearest?.wanted ?? `the files of ${tried.map(({ dataset }) => dataset.title).join(', ')}`,
    got: nearest?.got ?? (await whatLiesAt(path, names)),
    where: nearest?.where ?? path,
    cause: nearest?.cause,
    action: [nearest?.action ?? usualAction, ...archiveAdvice(path, files), ...distances(tried)].join(' '),
  })
}

const usualAction =
  'Name the folder that the official archive unpacks to, or choose the data set by name with --set data.id=….'

async function whatLiesAt(path: string, tree: FileTree | null): Promise<string> {
  if (tree) return listNames([...(await tree.files()), ...(await tree.folders())])
  const found = await stat(path).catch(() => null)
  if (found === null) return 'nothing that can be opened'
  return found.isDirectory() ? 'a folder that cannot be read' : 'a file'
}

/** Archives where a layout was looked for: they are not opened unless they are named. */
function archiveAdvice(path: string, files: readonly string[]): string[] {
  const foreign = [basename(path), ...files].find((name) => unpackCommand(name) !== undefined)
  if (foreign !== undefined) return [`Unpack it first: ${unpackCommand(foreign)} ${quoteFromFile(foreign)}.`]
  const inside = files.filter(isArchive)
  return inside.length > 0 ? [`Archives are read when they are named: ${listNames(inside)}.`] : []
}

/** "Layouts tried, nearest first: CIFAR-10: 2 of 6 files missing: …; … No trace of SVHN, MNIST." */
function distances(tried: readonly Tried[]): string[] {
  const near = tried.filter(({ closeness }) => closeness > 0)
  const others = tried.filter(({ closeness }) => closeness === 0).map(({ dataset }) => dataset.title)
  if (near.length === 0) return ['Nothing there is of any of these layouts.']
  return [
    `Layouts tried, nearest first: ${near.map(({ dataset, found }) => `${dataset.title}: ${found}`).join('; ')}.`,
    ...(others.length > 0 ? [`No trace of ${others.join(', ')}.`] : []),
  ]
}
