/** The half of a write that reaches the disk before it fails. */
import { openFile, writtenBy, writtenTogether, type Written } from './openFiles'
import { real } from './real'

/** Writes half of what was to be written to an open file, and says how many bytes that is. */
export function writeHalf(name: string, descriptor: number, args: readonly unknown[]): number {
  const { bytes, position }: Written = name.startsWith('writev') ? writtenTogether(args) : writtenBy(args)
  const half = bytes.subarray(0, Math.floor(bytes.length / 2))
  const file = openFile(descriptor)
  const taken = half.length === 0 ? 0 : real.writeSync(descriptor, half, 0, half.length, position)
  if (file && position === null) file.position += taken
  return taken
}

/** Writes half of what a file was to hold. */
export function writeHalfOf(name: string, path: string, args: readonly unknown[]): void {
  const isCopy = /^(copyFile|cp)/.test(name)
  const data: unknown = isCopy ? real.readFileSync(args[0] as string) : args[1]
  const bytes = Buffer.isBuffer(data)
    ? data
    : typeof data === 'string'
      ? Buffer.from(data)
      : ArrayBuffer.isView(data)
        ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
        : Buffer.alloc(0)
  const half = bytes.subarray(0, Math.floor(bytes.length / 2))
  const options = isCopy ? {} : ((args[2] ?? {}) as object)
  if (name.startsWith('appendFile')) real.appendFileSync(path, half, options)
  else real.writeFileSync(path, half, options)
}
