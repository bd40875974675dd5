/**
 * What is on a disk after a power cut, of what was recorded until then. A file's bytes are surely there once it was
 * synced, a name once its folder was; of the rest any part may be there, in any order, and a write in part.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { ExhaustiveError } from '../../src/shared/errors'
import type { RecordedStep } from './layer/record/steps'

/**
 * What becomes of what was not synced: lost, kept, or some of it, each by a draw of its own. Names alone kept without
 * what they name is what breaks programs that rename before they sync.
 */
export type CutMode = 'lost' | 'kept' | 'names' | 'mixed'
export const cutModes: readonly CutMode[] = ['lost', 'names', 'mixed', 'kept']

interface FileNode {
  readonly kind: 'file'
  bytes: Buffer
  /** Not synced. */
  pending: Change[]
}
interface FolderNode {
  readonly kind: 'folder'
  names: Map<string, Node>
  pending: Naming[]
}
type Node = FileNode | FolderNode

type Change = { readonly offset: number; readonly bytes: Buffer } | { readonly length: number }
/** One step may concern two folders, and is done in both or in neither. */
interface Naming {
  readonly effects: readonly { readonly folder: FolderNode; readonly name: string; readonly node: Node | null }[]
  durable: boolean
}

export class SimulatedDisk {
  private readonly top: FolderNode = { kind: 'folder', names: new Map(), pending: [] }
  private readonly inodes = new Map<number, FileNode>()

  /** @param root what all names lie below; it is there, whatever happens */
  constructor(private readonly root: string) {}

  apply(step: RecordedStep): void {
    switch (step.type) {
      case 'create': {
        const node: FileNode = { kind: 'file', bytes: Buffer.alloc(0), pending: [] }
        this.inodes.set(step.inode, node)
        return this.name([[step.path, node]])
      }
      case 'link':
        return this.name([[step.path, this.inodes.get(step.inode) ?? null]])
      case 'write':
        return void this.inodes
          .get(step.inode)
          ?.pending.push({ offset: step.offset, bytes: Buffer.from(step.data, 'base64') })
      case 'truncate':
        return void this.inodes.get(step.inode)?.pending.push({ length: step.length })
      case 'sync':
        return syncFile(this.inodes.get(step.inode))
      case 'syncFolder':
        return syncFolder(this.find(step.path))
      case 'rename':
        return this.name([
          [step.from, null],
          [step.to, this.find(step.from) ?? null],
        ])
      case 'remove':
        return this.name([[step.path, null]])
      case 'makeFolder':
        if (this.find(step.path)) return
        return this.name([[step.path, { kind: 'folder', names: new Map(), pending: [] }]])
      default:
        throw new ExhaustiveError(step)
    }
  }

  /** Writes what is there after the cut into a folder that is there, empty. */
  writeTo(target: string, mode: CutMode, random: () => number): void {
    writeFolder(this.top, target, { mode, random, decided: new Map() })
  }

  private parts(path: string): string[] {
    return relative(this.root, path)
      .split(sep)
      .filter((part) => part !== '')
  }

  private find(path: string): Node | undefined {
    let node: Node | undefined = this.top
    for (const part of this.parts(path)) {
      if (node?.kind !== 'folder') return undefined
      node = live(node).get(part)
    }
    return node
  }

  private name(given: readonly (readonly [path: string, node: Node | null])[]): void {
    const effects = given.flatMap(([path, node]) => {
      const folder = this.find(dirname(path))
      return folder?.kind === 'folder' ? [{ folder, name: basename(path), node }] : []
    })
    const naming: Naming = { effects, durable: false }
    for (const { folder } of effects) if (folder.pending.at(-1) !== naming) folder.pending.push(naming)
  }
}

/** The names of a folder as running processes see them. */
function live(folder: FolderNode): Map<string, Node> {
  const names = new Map(folder.names)
  for (const naming of folder.pending) give(names, folder, naming)
  return names
}

function give(names: Map<string, Node>, of: FolderNode, { effects }: Naming): void {
  for (const { folder, name, node } of effects) {
    if (folder !== of) continue
    if (node) names.set(name, node)
    else names.delete(name)
  }
}

function syncFile(node: Node | undefined): void {
  if (node?.kind !== 'file') return
  for (const change of node.pending) node.bytes = changed(node.bytes, change)
  node.pending = []
}

function syncFolder(node: Node | undefined): void {
  if (node?.kind !== 'folder') return
  node.names = live(node)
  for (const naming of node.pending) naming.durable = true
  node.pending = []
}

function changed(bytes: Buffer, change: Change): Buffer {
  if ('length' in change) {
    const cut = Buffer.alloc(change.length)
    bytes.copy(cut)
    return cut
  }
  const grown = Buffer.alloc(Math.max(bytes.length, change.offset + change.bytes.length))
  bytes.copy(grown)
  change.bytes.copy(grown, change.offset)
  return grown
}

interface CutOptions {
  readonly mode: CutMode
  readonly random: () => number
  readonly decided: Map<Naming, boolean>
}

function writeFolder(folder: FolderNode, path: string, options: CutOptions): void {
  const names = new Map(folder.names)
  for (const naming of folder.pending) if (isNamed(naming, options)) give(names, folder, naming)
  for (const [name, node] of names) {
    const inner = join(path, name)
    if (node.kind === 'file') writeFileSync(inner, bytesAfter(node, options))
    else {
      mkdirSync(inner)
      writeFolder(node, inner, options)
    }
  }
}

function isNamed(naming: Naming, { mode, random, decided }: CutOptions): boolean {
  if (naming.durable) return true
  const known = decided.get(naming)
  if (known !== undefined) return known
  const is = mode === 'mixed' ? random() < 0.5 : mode !== 'lost'
  decided.set(naming, is)
  return is
}

const sector = 512

function bytesAfter({ bytes, pending }: FileNode, { mode, random }: CutOptions): Buffer {
  let found = bytes
  for (const change of pending) {
    if (mode === 'kept') found = changed(found, change)
    if (mode !== 'mixed' || random() < 0.5) continue
    const isWhole = 'length' in change || random() < 0.5
    const sectors = Math.ceil('length' in change ? 0 : change.bytes.length / sector)
    found = changed(
      found,
      isWhole || 'length' in change
        ? change
        : { ...change, bytes: change.bytes.subarray(0, Math.floor(random() * sectors) * sector) },
    )
  }
  return found
}
