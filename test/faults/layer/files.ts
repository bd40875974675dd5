/** Puts the layer in the place of Node's file functions: synchronous ones, those with callbacks, promises, FileHandle. */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import type { LayerState } from '.'
import { systemError, type ErrorFault, type Injector } from './injector'
import { noteClosed, noteOpened, openFile } from './openFiles'
import { writeHalf, writeHalfOf } from './partly'
import type { Fault, MetCall } from './plan'
import { real } from './real'
import { fileFunctions, handleMethods, kindOf, pathOf, type FileFunction } from './table'

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown
type Table = Record<string, AnyFunction>

interface Call extends MetCall {
  readonly base: string
  readonly descriptor: number | null
  /** Without the descriptor. */
  readonly args: readonly unknown[]
}

export function replaceFileFunctions(state: LayerState): void {
  const synchronous = fs as unknown as Table
  const promises = fs.promises as unknown as Table
  for (const [base, fileFunction] of Object.entries(fileFunctions)) {
    for (const [table, name, wrap] of [
      [synchronous, `${base}Sync`, replaceSync],
      [synchronous, base, replaceCallback],
      [promises, base, replacePromise],
    ] as const) {
      const original = table[name]
      if (original) table[name] = keepingProperties(original, wrap(state, { base, name, fileFunction, original }))
    }
  }
  replaceClosing(synchronous)
  syncBuiltinESMExports()
}

interface Replaced {
  readonly base: string
  readonly name: string
  readonly fileFunction: FileFunction
  readonly original: AnyFunction
}

/** Such as `realpath.native`, and what `promisify` looks for. */
const keepingProperties = (original: AnyFunction, replacement: AnyFunction): AnyFunction =>
  Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original))

/** What a call is about, as far as it concerns the plan; null: it does not. */
function callOf(
  injector: Injector,
  { base, name, fileFunction }: Omit<Replaced, 'original'>,
  args: readonly unknown[],
): Call | null {
  if (inside > 0) return null
  const [first] = args
  const descriptor = typeof first === 'number' ? first : descriptorOf(first)
  if (fileFunction.names.length === 0 || descriptor !== null) {
    const file = descriptor === null ? undefined : openFile(descriptor)
    if (!file || descriptor === null) return null
    const kind =
      fileFunction.kind === 'writeFile' ? 'write' : fileFunction.kind === 'readFile' ? 'read' : fileFunction.kind
    return { name, base, kind, path: file.path, descriptor, args: args.slice(1) }
  }
  const paths = fileFunction.names.map((index) => pathOf(args[index])).filter((path) => path !== null)
  const path = paths.find((candidate) => injector.concerns(candidate))
  return path === undefined
    ? null
    : { name, base, kind: kindOf(base, fileFunction, args), path, descriptor: null, args }
}

const descriptorOf = (given: unknown): number | null =>
  typeof given === 'object' && given !== null && 'fd' in given && typeof given.fd === 'number' ? given.fd : null

/** Node's functions call each other: what one does on its way is a part of it, and so is what the layer does. */
let inside = 0

export function within<Result>(work: () => Result): Result {
  inside += 1
  try {
    return work()
  } finally {
    inside -= 1
  }
}

/** What becomes of a call: what it throws, the bytes that it takes, or null where it goes its way. */
function decide(injector: Injector, call: Call): { error: Error } | { taken: number } | null {
  const fault = injector.meet(call)
  if (fault === null) return null
  const taken = leavesHalf(call, fault) ? within(() => half(call)) : 0
  if (fault === 'kill') return injector.kill()
  return fault === 'short' ? { taken } : { error: systemError(fault satisfies ErrorFault, call) }
}

const leavesHalf = ({ kind }: Call, fault: Fault): boolean =>
  fault !== 'EACCES' && (kind === 'write' || kind === 'writeFile')

function half(call: Call): number {
  try {
    if (call.descriptor === null) writeHalfOf(call.base, call.path, call.args)
    else return writeHalf(call.base, call.descriptor, call.args)
  } catch {
    // What could not even begin leaves nothing.
  }
  return 0
}

/** Whoever hands over a whole content never sees a short write: Node goes on. */
const isWhole = ({ base }: Replaced): boolean => base === 'writeFile' || base === 'appendFile'

function restOf([file, data, ...more]: readonly unknown[], taken: number): unknown[] {
  const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data as Uint8Array)
  return [file, bytes.subarray(taken), ...more]
}

function replaceSync(state: LayerState, replaced: Replaced): AnyFunction {
  return function (...args) {
    const call = state.injector && callOf(state.injector, replaced, args)
    if (!call || !state.injector) return replaced.original.apply(this, args)
    const decided = decide(state.injector, call)
    if (decided && 'error' in decided) {
      if (replaced.base === 'exists') return false
      throw decided.error
    }
    if (decided && isWhole(replaced)) return within(() => replaced.original.apply(this, restOf(args, decided.taken)))
    if (decided) return decided.taken
    const note = within(() => state.recorder?.begin(call))
    return within(() => {
      const result = replaced.original.apply(this, args)
      opened(call, result)
      note?.(result)
      return result
    })
  }
}

function replaceCallback(state: LayerState, replaced: Replaced): AnyFunction {
  return function (...args) {
    const callback = args.at(-1)
    const call = state.injector && callOf(state.injector, replaced, args.slice(0, -1))
    if (!call || !state.injector || typeof callback !== 'function') return replaced.original.apply(this, args)
    const decided = decide(state.injector, call)
    if (decided) {
      const answer = 'error' in decided ? [decided.error] : [null, decided.taken, args[1]]
      return process.nextTick(callback as () => void, ...(answer as []))
    }
    const note = within(() => state.recorder?.begin(call))
    const answer = (error: unknown, ...results: unknown[]): void => {
      if (!error)
        within(() => {
          opened(call, results[0])
          note?.(results[0])
        })
      ;(callback as AnyFunction)(error, ...results)
    }
    return within(() => replaced.original.apply(this, [...args.slice(0, -1), answer]))
  }
}

function replacePromise(state: LayerState, replaced: Replaced): AnyFunction {
  return async function (...args) {
    const call = state.injector && callOf(state.injector, replaced, args)
    if (!call || !state.injector) return passed(state, replaced.base, await replaced.original.apply(this, args))
    const decided = decide(state.injector, call)
    if (decided && 'error' in decided) throw decided.error
    const note = within(() => state.recorder?.begin(call))
    const result = passed(state, replaced.base, await within(() => replaced.original.apply(this, args)))
    within(() => {
      if (replaced.base === 'open') followHandle(call, result as fs.promises.FileHandle)
      note?.(result)
    })
    return result
  }
}

function opened(call: Call, result: unknown): void {
  if (call.base === 'open') noteOpened(result as number, call.path, call.args[1])
}

/** The first handle shows the prototype of all. */
function passed(state: LayerState, base: string, result: unknown): unknown {
  if (base === 'open') replaceHandleMethods(state, result as fs.promises.FileHandle)
  return result
}

function followHandle(call: Call, handle: fs.promises.FileHandle): void {
  const { fd } = handle
  noteOpened(fd, call.path, call.args[1])
  const close = handle.close.bind(handle)
  handle.close = () => {
    noteClosed(fd)
    return close()
  }
}

let handlesReplaced = false

function replaceHandleMethods(state: LayerState, handle: fs.promises.FileHandle): void {
  if (handlesReplaced) return
  handlesReplaced = true
  const prototype = Object.getPrototypeOf(handle) as Table
  for (const [method, base] of Object.entries(handleMethods)) {
    const original = prototype[method]
    const fileFunction = fileFunctions[base]
    if (original && fileFunction)
      prototype[method] = replaceMethod(state, { base, name: `FileHandle.${method}`, fileFunction, original })
  }
}

function replaceMethod(state: LayerState, replaced: Replaced): AnyFunction {
  return async function (...args) {
    const call = state.injector && callOf(state.injector, replaced, [this, ...args])
    if (!call || !state.injector) return replaced.original.apply(this, args)
    const decided = decide(state.injector, call)
    if (decided && 'error' in decided) throw decided.error
    // Writing a whole content goes on after a short write; a single write says how much it took.
    if (decided && replaced.name === 'FileHandle.writeFile')
      return replaced.original.apply(this, [Buffer.from(args[0] as Uint8Array).subarray(decided.taken)])
    if (decided) return { bytesWritten: decided.taken, buffer: args[0] }
    const note = within(() => state.recorder?.begin(call))
    const result = await within(() => replaced.original.apply(this, args))
    within(() => note?.(result))
    return result
  }
}

function replaceClosing(table: Table): void {
  table.closeSync = (descriptor) => {
    noteClosed(descriptor as number)
    return real.closeSync(descriptor as number)
  }
  table.close = (descriptor, callback) => {
    noteClosed(descriptor as number)
    return real.close(descriptor as number, callback as () => void)
  }
}
