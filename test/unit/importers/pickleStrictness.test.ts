/** Frames and numbers of pickles, as strictly as Python's own reader takes them (CPython Lib/pickle.py). */
import { describe, expect, it } from 'vitest'
import { runPickle } from '../../../src/main/engine/families/importers/pickle/machine'
import type { PickleValue } from '../../../src/main/engine/families/importers/pickle/values'
import { expectRefused, torchZip } from './craft/files'
import { dictOf, pickled, program, tensor, text, tupleOf } from './craft/pickle'

const frame = (length: number): Buffer => {
  const head = Buffer.alloc(9)
  head[0] = 0x95
  head.writeBigUInt64LE(BigInt(length), 1)
  return head
}
const noStorage = (): PickleValue => {
  throw new Error('no storage was to be asked for')
}
const read = (...parts: (Buffer | string)[]): PickleValue =>
  runPickle(program('\x80\x04', ...parts), 0, noStorage).value
const line = (opcode: string, written: string): PickleValue => read(`${opcode}${written}\n.`)
const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(9)
  bytes.write('G')
  bytes.writeDoubleBE(value, 1)
  return bytes
}

describe('frames', () => {
  it('are read where values end with them, with large bytes between them as Python writes those', () => {
    expect(read(frame(4), 'K\x01K\x02', frame(2), '\x86.')).toMatchObject({ kind: 'tuple', items: [1, 2] })
    expect(read(frame(2), 'K\x01', 'B\x03\x00\x00\x00abc', frame(2), '\x86.')).toMatchObject({ kind: 'tuple' })
    expect(read(frame(0), 'N.')).toBe(null)
  })

  it.each([
    ['a text over the end', [frame(4), '\x8c\x05hello.'], /reaches over the end of its frame/],
    ['a line over the end', [frame(3), 'I12\n.'], /reaches over the end of its frame/],
    ['a frame within a frame', [frame(12), frame(2), 'N.0'], /begins within another/],
    ['an end within a frame', [frame(3), 'N.N'], /ends within a frame/],
    ['a frame beyond the end', [frame(99), 'N.'], /claims more bytes than it has/],
  ] as [string, (Buffer | string)[], RegExp][])('%s is refused', (_, parts, reason) => {
    expect(() => read(...parts)).toThrow(reason)
  })
})

describe('numbers as text', () => {
  it.each([
    ['I', '12', 12],
    ['I', '-7', -7],
    ['I', '00', false],
    ['I', '01', true],
    ['L', '5L', 5],
    ['L', '123456789012345678901234567890L', 123456789012345678901234567890n],
    ['F', '0.1', 0.1],
    ['F', '1e-05', 1e-5],
    ['F', 'inf', Infinity],
    ['F', '-inf', -Infinity],
    ['S', "'a\\x41\\n\\'\\101'", "aA\n'A"],
    ['S', '"quoted"', 'quoted'],
    ['V', 'a\\u00e4\\\\u00e4\\U0001f600', 'aä\\\\u00e4😀'],
  ] as [string, string, PickleValue][])('%s%s', (opcode, written, value) =>
    expect(line(opcode, written)).toEqual(value),
  )

  it.each([
    ['I', '012'],
    ['I', '5L'],
    ['I', '1.0'],
    ['I', ''],
    ['L', '01L'],
    ['L', '1LL'],
    ['F', '1.5abc'],
    ['F', '1_0.0'],
    ['F', ''],
    ['F', '.'],
    ['S', 'bare'],
    ['S', `'open"`],
    ['S', "'\\xZ1'"],
    ['V', '\\u12'],
    ['V', '\\U00110000'],
    ['p', '-1'],
    ['g', '1e1'],
  ])('%s%s is refused', (opcode, written) => expect(() => line(opcode, written)).toThrow(/malformed/))
})

describe('floating-point numbers where a whole one is wanted', () => {
  it('4.0 is a number of its own kind, 0.5 a plain one', () => {
    expect(read(float(4), '.')).toEqual({ kind: 'float', value: 4 })
    expect(line('F', '4.0')).toEqual({ kind: 'float', value: 4 })
    expect(read(float(0.5), '.')).toBe(0.5)
  })

  it.each([
    ['size', { size: tupleOf(float(4)) }],
    ['stride', { stride: tupleOf(float(1)) }],
  ])('is no %s of a tensor', (_, options) =>
    expectRefused(
      torchZip(pickled(dictOf(text('w'), tensor(options)))),
      /must consist of whole numbers from 0.*Got: float/,
    ),
  )

  it('is no count of a storage', () => {
    const counted = program('(', text('storage'), 'ctorch\nFloatStorage\n', text('0'), text('cpu'), float(4), 'tQ')
    return expectRefused(
      torchZip(pickled(dictOf(text('w'), tensor({ from: counted })))),
      /A storage has an impossible size.*Got: float/,
    )
  })
})
