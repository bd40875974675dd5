/** What the descriptors of this process stand for, as far as their files concern the plan. */
import { real } from './real'

export interface OpenFile {
  readonly path: string
  readonly appends: boolean
  readonly isFolder: boolean
  /** Where the next read or write without a position begins. */
  position: number
}

const files = new Map<number, OpenFile>()

export const openFile = (descriptor: number): OpenFile | undefined => files.get(descriptor)

export function noteOpened(descriptor: number, path: string, flags: unknown): void {
  files.set(descriptor, {
    path,
    appends: /^a/.test(typeof flags === 'string' ? flags : ''),
    isFolder: real.fstatSync(descriptor).isDirectory(),
    position: 0,
  })
}

export const noteClosed = (descriptor: number): void => void files.delete(descriptor)

/** Whether opening so may make the file. */
export const mayCreate = (flags: unknown): boolean =>
  typeof flags === 'number' ? (flags & real.constants.O_CREAT) !== 0 : /^[wa]/.test(String(flags ?? 'r'))

export const truncates = (flags: unknown): boolean =>
  typeof flags === 'number' ? (flags & real.constants.O_TRUNC) !== 0 : /^w/.test(String(flags ?? 'r'))

export interface Written {
  readonly bytes: Buffer
  /** null: where the file stands. */
  readonly position: number | null
}

/** What a call to write(descriptor, …) or FileHandle.write(…) writes; `args` without the descriptor. */
export function writtenBy([data, ...rest]: readonly unknown[]): Written {
  if (typeof data === 'string') {
    const [position, encoding] = rest
    return {
      bytes: Buffer.from(data, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'),
      position: typeof position === 'number' ? position : null,
    }
  }
  const view = data as NodeJS.ArrayBufferView
  const whole = Buffer.from(view.buffer, view.byteOffset, view.byteLength)
  const given = typeof rest[0] === 'object' && rest[0] !== null ? (rest[0] as Record<string, unknown>) : null
  const [offset, length, position] = given ? [given.offset, given.length, given.position] : rest
  const from = typeof offset === 'number' ? offset : 0
  return {
    bytes: whole.subarray(from, typeof length === 'number' ? from + length : undefined),
    position: typeof position === 'number' ? position : null,
  }
}

/** Of writev. */
export const writtenTogether = ([views, position]: readonly unknown[]): Written => ({
  bytes: Buffer.concat(
    (views as NodeJS.ArrayBufferView[]).map((view) => Buffer.from(view.buffer, view.byteOffset, view.byteLength)),
  ),
  position: typeof position === 'number' ? position : null,
})
