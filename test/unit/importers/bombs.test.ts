/**
 * Small files that would grow: each is imported in a process of its own, because a process's largest memory never falls
 * again and one test would
 * hide what the next one takes. Numbers are those of the list of bad inputs.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { MessageWriter } from '../../../src/main/engine/graph/protobuf'
import { rowMajorStrides } from '../../../src/main/engine/weights/stored'
import { bundle } from '../../fixtures/bundle'
import { entry, honest, temporaryFolder, torchLegacy, torchZip, wideResNet } from './craft/files'
import {
  dictOf,
  emptyTuple,
  get,
  globalName,
  integer,
  mark,
  numbers,
  pickled,
  program,
  put,
  reduce,
  setItems,
  storage,
  tensor,
  text,
  tupleOf,
} from './craft/pickle'
import { quickest, secondsAllowed } from './craft/limits'
import { onnxFile } from './craft/onnx'
import { zipOf } from './craft/zip'

const megabytesAllowed = 64

interface Measured {
  accepted: boolean
  reason: string | null
  seconds: number
  megabytes: number
}

let script = ''
beforeAll(async () => {
  script = await bundle('test/fixtures/measuredImport.ts')
})
const folder = temporaryFolder()

async function importAlone(bytes: Uint8Array, name: string): Promise<Measured> {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  const { stdout } = await promisify(execFile)(process.execPath, [script, path])
  return JSON.parse(stdout) as Measured
}

const times = (count: number, ...parts: (Buffer | string)[]): Buffer => {
  const one = program(...parts)
  return Buffer.alloc(one.length * count, one)
}
const orderedDict = globalName('collections', 'OrderedDict')
const namespace = globalName('argparse', 'Namespace')
const nones = (count: number): string => 'N'.repeat(count)
/** A tuple of `count` values in the memo at 0; the stack is empty again. */
const longTuple = (count: number): Buffer => program(mark, nones(count), 't', put(0), '0')
const emptyOfHugeExtents = tensor({
  from: storage({ count: 25_000 }),
  size: numbers(...new Array<bigint>(31).fill(2n ** 52n), 0),
  stride: numbers(...new Array<number>(32).fill(0)),
})
const sharedStorage = (count: number): Buffer =>
  program(
    text('big'),
    tensor({ from: storage({ count: 25_000 }), size: numbers(25_000) }),
    put(0),
    ...Array.from({ length: count }, (_, index) => program(text(`t${index}`), get(0))),
  )
const rank32 = program(
  globalName('torch._utils', '_rebuild_tensor_v2'),
  put(0),
  '0',
  tupleOf(
    storage(),
    integer(0),
    numbers(...new Array<number>(32).fill(1)),
    numbers(...new Array<number>(32).fill(0)),
    '\x89',
    orderedDict,
    emptyTuple,
    reduce,
  ),
  put(1),
  '0',
)

/** A graph of nodes without contents. */
const manyFields = (count: number): Buffer => Buffer.alloc(2 * count, Buffer.of(0x0a, 0))

/** A safetensors file of empty tensors: all header. */
function emptySafetensors(count: number, nameOf: (index: number) => string): Buffer {
  const header = Buffer.from(
    JSON.stringify(
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          nameOf(index),
          { dtype: 'F32', shape: [0], data_offsets: [0, 0] },
        ]),
      ),
    ),
  )
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header])
}

/**
 * WRN-10-1 without its last bias, its other tensors views of one storage, and `users` tensors over another of `excess`
 * float32.
 */
function brokenNetwork(excess: number, users: number): Buffer {
  const count = 40_000
  const views = [...wideResNet(10, 1, 10)]
    .filter(([name]) => name !== 'fc.bias')
    .flatMap(([name, { shape }]) => [
      text(name),
      tensor({ from: storage({ count }), size: numbers(...shape), stride: numbers(...rowMajorStrides(shape)) }),
    ])
  const whole = tensor({ from: storage({ key: text('1'), count: excess }), size: numbers(excess) })
  return torchZip(
    pickled(dictOf(...views, ...Array.from({ length: users }, (_, index) => [text(`excess${index}`), whole]).flat())),
    { 0: Buffer.alloc(4 * count), 1: Buffer.alloc(4 * excess) },
  )
}

const bombs: [string, () => Buffer, RegExp][] = [
  [
    '26: huge extents beside a 0 do not switch the bound on shared storage off',
    () =>
      torchZip(pickled('}', mark, text('empty'), emptyOfHugeExtents, sharedStorage(4_000), setItems), {
        0: Buffer.alloc(100_000),
      }),
    /no network that is known/,
  ],
  [
    '28: an ordered dictionary made of one list again and again',
    () =>
      torchZip(
        pickled(
          program(
            ']',
            mark,
            times(20_000, 'N', 'N', '\x86'),
            'e',
            put(0),
            '0',
            orderedDict,
            put(1),
            '0',
            mark,
            times(200_000, get(1), get(0), '\x85', reduce),
          ),
          'l',
        ),
      ),
    /more work/,
  ],
  [
    '28: an opaque class called with one long tuple again and again',
    () =>
      torchZip(pickled(longTuple(100_000), namespace, put(1), '0', mark, times(200_000, get(1), get(0), reduce), 'l')),
    /more work/,
  ],
  [
    '28: the same by NEWOBJ',
    () =>
      torchZip(pickled(longTuple(100_000), namespace, put(1), '0', times(200_000, get(1), get(0), '\x81', '0'), 'N')),
    /more work/,
  ],
  ['28: 320,000 lists of one value on the stack', () => torchZip(pickled(times(320_000, ']Na'))), /more work/],
  ['28: 240,000 lists inside a list', () => torchZip(pickled(']', times(240_000, ']Naa'))), /more work/],
  ['28: the same in the memo', () => torchZip(pickled(times(240_000, ']N\x94a0'), 'N')), /more work/],
  [
    '28: empty tuples, sets and dictionaries',
    () =>
      torchZip(
        pickled(
          mark,
          times(140_000, ')'),
          'l',
          '0',
          mark,
          times(140_000, '\x8f'),
          'l',
          '0',
          mark,
          times(140_000, '}'),
          'l',
        ),
      ),
    /more work/,
  ],
  [
    '28: very many texts',
    () => torchZip(pickled(']', times(6, mark, times(149_000, '\x8c\x03abc'), 'e'))),
    /more work/,
  ],
  [
    '28: very many large integers',
    () =>
      torchZip(
        pickled(']', mark, times(110_000, Buffer.concat([Buffer.from([0x8a, 60]), Buffer.alloc(60, 0x55)])), 'e'),
      ),
    /more work/,
  ],
  [
    '28: very many empty byte strings',
    () => torchZip(pickled(']', times(6, mark, times(149_000, 'C\0'), 'e'))),
    /more work/,
  ],
  [
    '28: one storage asked for again and again',
    () =>
      torchZip(
        pickled(
          tupleOf(text('storage'), globalName('torch', 'FloatStorage'), text('0'), text('cpu'), integer(4)),
          put(0),
          '0',
          mark,
          times(149_000, get(0), 'Q'),
          'l',
          '0',
          mark,
          times(149_000, get(0), 'Q'),
          'l',
        ),
      ),
    /more work/,
  ],
  [
    '28: one tensor of 32 dimensions made again and again',
    () => torchZip(pickled(rank32, mark, times(140_000, get(0), get(1), reduce), 'l')),
    /more work/,
  ],
  [
    '28: five programs of the old format, each at its bound',
    () => {
      const busy = program(mark, times(70_000, ')'), 'l', '0')
      return torchLegacy({
        head: pickled(busy, Buffer.from([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19])),
        objects: pickled(busy, honest.subarray(2, -1)),
      })
    },
    /no network that is known/,
  ],
  ...(
    [
      ['lists of one value', ']Na'],
      ['empty tuples', ')'],
      ['empty dictionaries', '}'],
      ['sets', '\x8f'],
      ['texts', '\x8c\x03abc'],
      ['lists that are remembered', ']\x94'],
      ['objects of no known class', program(get(0), ')\x81')],
      ['calls of no known function', program(get(0), ')R')],
      ['decimal numbers', 'I7\n'],
      ['large integers', Buffer.concat([Buffer.from([0x8a, 60]), Buffer.alloc(60, 0x55)])],
      ['byte strings', 'C\0'],
      ['nothing', 'N0'],
    ] as const
  ).map(([what, one]): [string, () => Buffer, RegExp] => [
    `28: a large program of ${what}, in groups`,
    () =>
      torchZip(
        pickled(
          globalName('__main__', 'Meter'),
          put(0),
          '0]',
          times(Math.ceil(24e6 / program(one).length / 1000), mark, times(1000, one), 'e'),
        ),
      ),
    /more work|longer than|too many|no state_dict/,
  ]),
  ['28: one text of 8 MB', () => torchZip(pickled(text('ä'.repeat(4_000_000)), '0N')), /no state_dict/],
  [
    '36: a safetensors header with as many tensors as fit no network',
    () => emptySafetensors(60_000, (index) => `layer1.${index}.conv1.weight`),
    /names too many tensors/,
  ],
  [
    '36: as many tensors as are allowed, names of a network',
    () => emptySafetensors(4_096, (index) => `block1.layer.${index}.conv1.weight`),
    /no network that is known/,
  ],
  [
    '43: 60 MB that three tensors share, beside a network that lacks one',
    () => brokenNetwork(15 * 2 ** 20, 3),
    /look like WRN-10-1 but do not fit/,
  ],
  [
    '43: 100 MB in excess, beside a network that lacks one',
    () => brokenNetwork(25 * 2 ** 20, 1),
    /look like WRN-10-1 but do not fit/,
  ],
  [
    '12: 65,000 empty entries',
    () =>
      zipOf([
        entry('a/data.pkl', honest),
        ...Array.from({ length: 65_000 }, (_, index) => entry(`a/data/${index}`, '')),
      ]),
    /too many entries/,
  ],
  [
    '12: as many entries as are allowed',
    () =>
      zipOf([
        entry('a/data.pkl', honest),
        ...Array.from({ length: 8_190 }, (_, index) => entry(`a/data/${index}`, 'x')),
      ]),
    /wrong size/,
  ],
  [
    '12: as many, and the last one of another root',
    () =>
      zipOf([
        entry('a/data.pkl', honest),
        ...Array.from({ length: 8_190 }, (_, index) => entry(`a/data/${index}`, '')),
        entry('b/x', ''),
      ]),
    /two root folders/,
  ],
  [
    'ONNX: a million empty nodes',
    () => Buffer.from(new MessageWriter().int(1, 8).string(2, 'test').bytes(7, manyFields(1_000_000)).finish()),
    /more parts than any network/,
  ],
  [
    'ONNX: nodes that repeat each other’s results',
    () =>
      onnxFile({
        nodes: Array.from({ length: 60 }, (_, index) => ({
          op: 'Concat',
          inputs: [index === 0 ? 'x' : `t${index - 1}`, index === 0 ? 'x' : `t${index - 1}`],
          outputs: [index === 59 ? 'y' : `t${index}`],
          attributes: { axis: 1 },
        })),
      }),
    /values of an image in one tensor/,
  ],
  [
    'ONNX: constants of any size',
    () =>
      onnxFile({
        nodes: [{ op: 'ConstantOfShape', inputs: ['huge'] }],
        tensors: [{ name: 'huge', shape: [2], values: [2 ** 31, 2 ** 31], integers: true }],
      }),
    /at most 65536 values/,
  ],
  [
    'ONNX: as many nodes as are allowed',
    () =>
      onnxFile({
        nodes: Array.from({ length: 20_000 }, (_, index) => ({
          op: 'Relu',
          inputs: [index === 0 ? 'x' : `t${index - 1}`],
          outputs: [index === 19_999 ? 'y' : `t${index}`],
        })),
      }),
    /no output that is clearly the logits/,
  ],
]

describe('small files that would grow', () => {
  it.each(bombs)('%s', async (name, make, reason) => {
    const bytes = make()
    const report = await quickest(() => importAlone(bytes, `${name.replace(/\W+/g, '-').slice(0, 60)}.pt`))
    expect(report.reason ?? '').toMatch(reason)
    expect(report.seconds).toBeLessThan(secondsAllowed)
    expect(report.megabytes).toBeLessThan(megabytesAllowed + bytes.length / 2 ** 20)
  })
})
