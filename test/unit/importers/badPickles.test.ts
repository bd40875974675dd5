/** Pickle programs that must not run, loop, grow or reach outside; numbers are those of the list of bad inputs. */
import { describe, expect, it } from 'vitest'
import type { WeightTensor } from '../../../src/main/engine/weights/weightMap'
import { importLimits, pickleLimits } from '../../../src/main/engine/weights/importLimits'
import { expectRefused, fourFloats, honest, readNetworks, torchLegacy, torchZip } from './craft/files'
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
  stop,
  storage,
  tensor,
  text,
  tuple,
  tupleOf,
} from './craft/pickle'

const refused = (pickle: Uint8Array, reason: RegExp): Promise<void> => expectRefused(torchZip(pickle), reason)
const stackGlobal = '\x93'
const short = (value: string): Buffer => program(Buffer.from([0x8c, value.length]), value)
const namesIn = async (pickle: Uint8Array): Promise<string[]> => {
  const { networks } = await readNetworks(torchZip(pickle))
  return Object.values(networks).flatMap((weights) => [...weights.keys()])
}

describe('pickle programs', () => {
  const systemCalls: [string, Buffer][] = [
    ['protocol 0', program('cos\nsystem\np0\n(Vid\np1\ntp2\nRp3\n.')],
    ['protocol 2', pickled(globalName('posix', 'system'), put(0), text('id'), '\x85', reduce)],
    [
      'protocol 4',
      program(
        '\x80\x04\x95',
        Buffer.from([22, 0, 0, 0, 0, 0, 0, 0]),
        short('posix'),
        '\x94',
        short('system'),
        '\x94',
        stackGlobal,
        '\x94',
        short('id'),
        '\x85',
        reduce,
        stop,
      ),
    ],
  ]
  it.each(systemCalls)('18: os.system, %s', async (_, pickle) => {
    await refused(pickle, /"(os|posix)\.system", which is not allowed/)
    await expectRefused(pickle, /"(os|posix)\.system", which is not allowed/)
    await expectRefused(torchLegacy({ objects: pickle }), /"(os|posix)\.system", which is not allowed/)
  })

  it('19: eval through INST, OBJ and NEWOBJ_EX', async () => {
    await refused(pickled(mark, text('1'), 'i__builtin__\neval\n'), /"__builtin__\.eval"/)
    await refused(pickled(mark, globalName('builtins', 'exec'), text('1'), 'o'), /"builtins\.exec"/)
    await refused(pickled(globalName('builtins', 'eval'), tupleOf(text('1')), '}\x92'), /"builtins\.eval"/)
  })

  it('20: a name put together from the memo', () =>
    refused(
      pickled(
        text('os'),
        put(0),
        '0',
        text('system'),
        put(1),
        '0',
        get(0),
        get(1),
        stackGlobal,
        tupleOf(text('id')),
        reduce,
      ),
      /"os\.system"/,
    ))

  it.each([
    ['operator', 'attrgetter'],
    ['operator', 'methodcaller'],
    ['builtins', 'getattr'],
    ['__builtin__', '__import__'],
    ['importlib', 'import_module'],
    ['functools', 'partial'],
    ['torch.hub', 'load'],
    ['torch', 'load'],
    ['webbrowser', 'open'],
  ])('21: %s.%s', (module, name) =>
    refused(pickled(globalName(module, name), tupleOf(text('system')), reduce), /which is not allowed/),
  )

  it('22: a dotted name through a known module', async () => {
    await refused(pickled(text('pathlib'), text('os.system'), stackGlobal), /"pathlib\.os\.system"/)
    await refused(pickled(text('torch'), text('storage.UntypedStorage'), stackGlobal), /no state_dict/)
    await refused(
      pickled(
        dictOf(
          text('w'),
          tensor({ from: storage({ type: program(text('torch'), text('storage.FloatStorage'), stackGlobal) }) }),
        ),
      ),
      /no element type/,
    )
    await refused(pickled(globalName('torch', 'FloatStorage.__init__')), /which is not allowed/)
  })

  it('23: a second program after STOP', () =>
    refused(program(honest, pickled(globalName('os', 'system'))), /Bytes follow the end of the pickle/))

  it.each([
    ['a size of 2^62', { size: numbers(2n ** 62n) }],
    ['a product beyond 2^64', { size: numbers(2 ** 40, 2 ** 40), stride: numbers(0, 0) }],
    ['a negative offset', { offset: -1 }],
    ['an offset beyond the end', { offset: 1 }],
    ['stride 0 with a huge size', { size: numbers(2 ** 40), stride: numbers(0) }],
    ['a negative stride', { stride: numbers(-1) }],
    ['a stride beyond the end', { stride: numbers(2) }],
    ['different ranks', { size: numbers(2, 2) }],
    ['a negative size', { size: numbers(-4) }],
    ['a size that is text', { size: tupleOf(text('4')) }],
    ['no storage', { from: integer(3) }],
  ])('26: a tensor with %s', (_, options) =>
    refused(
      pickled(dictOf(text('w'), tensor(options))),
      /outside its storage|repeats its elements beyond|whole numbers from 0|differ in length|has no storage/,
    ),
  )

  it('26: 33 dimensions', () =>
    refused(
      pickled(dictOf(text('w'), tensor({ size: numbers(...new Array<number>(33).fill(1)) }))),
      /too many dimensions/,
    ))

  it.each([
    ['a module', storage({ tag: text('module') })],
    ['a path as key', storage({ key: text('../../0') })],
    ['a key that is no text', storage({ key: integer(0) })],
    ['no tuple', program(text('storage'), 'Q')],
    ['a storage type that is none', storage({ type: globalName('torch', 'Size') })],
    ['a negative count', storage({ count: -4 })],
    ['a count of 2^60', storage({ count: 2n ** 60n })],
    ['an entry that is not there', storage({ key: text('9') })],
  ])('27: a persistent id of %s', (_, from) =>
    refused(
      pickled(dictOf(text('w'), tensor({ from }))),
      /no storage|no number|no element type|impossible size|lacks a part/,
    ),
  )

  it('27: one storage described in two ways, and more storages than any model has', async () => {
    await refused(
      pickled(
        dictOf(
          text('w'),
          tensor(),
          text('v'),
          tensor({ from: storage({ type: globalName('torch', 'DoubleStorage') }) }),
        ),
      ),
      /in two ways/,
    )
    const many = Array.from({ length: importLimits.storages + 1 }, (_, key) =>
      program(
        mark,
        get(0),
        get(1),
        program(Buffer.from([0x55, String(key).length]), String(key)),
        get(2),
        'K\x04',
        tuple,
        'Q0',
      ),
    )
    const head = [
      text('storage'),
      put(0),
      '0',
      globalName('torch', 'FloatStorage'),
      put(1),
      '0',
      text('cpu'),
      put(2),
      '0',
    ]
    await refused(pickled(...head, Buffer.concat(many)), /too many storages/)
  })

  it('28: doubling by sharing, 40 times', async () => {
    const doubling = program(
      ']',
      ...Array.from({ length: 40 }, (_, level) => program(put(level), '0', ']', '(', get(level), get(level), 'e')),
    )
    await refused(pickled(doubling), /repeats itself beyond bounds/)
    await refused(pickled(dictOf(text('w'), tensor(), text('x'), doubling)), /repeats itself beyond bounds/)
    await refused(pickled(']', ...new Array<string>(100).fill('2\x86')), /repeats itself|too deeply/)
  })

  it('28: more operations, memo entries or marks than any checkpoint', async () => {
    const { opcodes, memo } = pickleLimits(0)
    await refused(pickled('N0'.repeat(opcodes / 2 + 1)), /longer than any checkpoint/)
    await refused(pickled('N'.repeat(opcodes)), /piles up too many/)
    await refused(pickled('('.repeat(opcodes)), /too many groups/)
    await refused(pickled('N', '\x94'.repeat(memo + 1)), /remembers too many/)
  })

  it('29: a list in itself, a dictionary in itself', async () => {
    await refused(pickled(']', put(0), get(0), 'a'), /no state_dict/)
    await refused(pickled('}', put(0), '(', text('state_dict'), get(0), setItems), /no state_dict/)
    expect(await namesIn(pickled('}', put(0), '(', text('self'), get(0), text('w'), tensor(), setItems))).toEqual(['w'])
  })

  it('30: 100,000 nested tuples', () => refused(pickled('N', '\x85'.repeat(100_000)), /nested too deeply/))

  it('31: names that JavaScript treats in a special way are names', async () => {
    const names = ['__proto__', 'constructor', '__setstate__', 'toString']
    expect(await namesIn(pickled(dictOf(...names.flatMap((name) => [text(name), tensor()]))))).toEqual(names)
    expect(({} as Record<string, unknown>).dtype).toBeUndefined()
  })

  it('32: argparse.Namespace, NumPy scalars and W&B objects beside the weights are ignored', async () => {
    const namespace = program(
      globalName('argparse', 'Namespace'),
      emptyTuple,
      '\x81',
      dictOf(text('lr'), integer(1)),
      'b',
    )
    const dtype = program(
      globalName('numpy', 'dtype'),
      tupleOf(text('f8'), '\x89', '\x88'),
      reduce,
      tupleOf(integer(3), text('<'), 'NNN', integer(-1), integer(-1), integer(0)),
      'b',
    )
    const scalar = program(
      globalName('numpy.core.multiarray', 'scalar'),
      tupleOf(dtype, globalName('_codecs', 'encode'), tupleOf(text('\0'.repeat(8)), text('latin1')), reduce),
      reduce,
    )
    const wandb = program(
      globalName('wandb.sdk.wandb_config', 'Config'),
      emptyTuple,
      '\x81',
      dictOf(text('a'), 'N'),
      'b',
    )
    const { networks, ignored } = await readNetworks(
      torchZip(
        pickled(
          dictOf(
            text('args'),
            namespace,
            text('best'),
            scalar,
            text('run'),
            wandb,
            text('state_dict'),
            dictOf(text('w'), tensor()),
          ),
        ),
      ),
    )
    expect([...(networks.state_dict?.keys() ?? [])]).toEqual(['w'])
    expect(ignored.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      'args: an object of argparse.Namespace; kept as data, not built',
      'best: an object of numpy.core.multiarray.scalar; kept as data, not built',
      'run: an object of wandb.sdk.wandb_config.Config; kept as data, not built',
    ])
  })

  it('33: names that are no text', async () => {
    await refused(program('cmod\n\xf8\n.'), /not plain text/)
    await refused(pickled(dictOf(Buffer.from([0x58, 1, 0, 0, 0, 0xff]), tensor())), /not UTF-8/)
    await expectRefused(program('cmod\n\xf8\n'), /no PyTorch checkpoint/)
  })

  it('34: object arrays of NumPy', async () => {
    const header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
    await expectRefused(
      program('\x93NUMPY\x01\x00', Buffer.from([header.length, 0]), header, pickled(globalName('os', 'system'))),
      /no known checkpoint format/,
      'mask.npy',
    )
  })

  it('a name that comes twice, an unknown operation, a truncated program, stack tricks', async () => {
    await refused(pickled(dictOf(text('w'), tensor(), text('w'), tensor())), /comes twice/)
    await refused(pickled('\x82\x01'), /operation that is not allowed/)
    await refused(honest.subarray(0, -1), /truncated/)
    await refused(pickled('0'), /did not open/)
    await refused(pickled('R'), /takes more from its stack/)
    await refused(pickled('(N0', 'R'), /takes more from its stack/)
    await refused(pickled(get(7)), /never stored/)
    await refused(pickled('(', text('k'), 'd'), /key without a value/)
    await refused(pickled(integer(1), text('k'), 'N', 's'), /no dictionary/)
    await refused(pickled('\x8b', Buffer.from([0xff, 0xff, 0xff, 0x7f])), /absurd size/)
  })

  it('whole models and quantised weights are refused with what to do', async () => {
    await refused(
      pickled(globalName('torch.nn.modules.conv', 'Conv2d'), emptyTuple, '\x81'),
      /whole model object, not its weights.*torch\.save\(model\.state_dict\(\), path\)/,
    )
    await refused(pickled(globalName('torch._utils', '_rebuild_qtensor')), /quantised/)
  })

  it('shared, strided, shifted and half-precision storages come out as contiguous tensors', async () => {
    const halves = Buffer.from(Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400).buffer)
    const half = storage({ key: text('1'), type: globalName('torch', 'HalfStorage') })
    const { networks } = await readNetworks(
      torchZip(
        pickled(
          dictOf(
            text('transposed'),
            tensor({ size: numbers(2, 2), stride: numbers(1, 2) }),
            text('tail'),
            tensor({ offset: 2, size: numbers(2) }),
            text('scalar'),
            tensor({ offset: 3, size: numbers(), stride: numbers() }),
            text('empty'),
            tensor({ size: numbers(0, 3), stride: numbers(3, 1) }),
            text('half'),
            tensor({ from: half }),
            text('parameter'),
            program(globalName('torch._utils', '_rebuild_parameter'), tupleOf(tensor(), '\x88', '}'), reduce),
          ),
        ),
        { 0: fourFloats, 1: halves },
      ),
    )
    expect(
      Object.fromEntries(
        [...(networks[''] ?? [])].map(([name, { shape, data }]) => [name, { shape, data: Array.from(data, Number) }]),
      ),
    ).toEqual({
      transposed: { shape: [2, 2], data: [1, 3, 2, 4] },
      tail: { shape: [2], data: [3, 4] },
      scalar: { shape: [], data: [4] },
      empty: { shape: [0, 3], data: [] },
      half: { shape: [4], data: [0x3c00, 0x4000, 0x4200, 0x4400] },
      parameter: { shape: [4], data: [1, 2, 3, 4] },
    })
  })

  it('storages shared by very many tensors are refused before they fill the memory', async () => {
    const one = program(text('big'), tensor({ from: storage({ count: 250_000 }), size: numbers(250_000) }))
    const rest = Array.from({ length: 200 }, (_, index) =>
      program(text(`t${index}`), tensor({ from: storage({ count: 250_000 }), size: numbers(249_999 - index) })),
    )
    const bytes = torchZip(pickled('}', '(', one, ...rest, setItems), { 0: Buffer.alloc(1_000_000) })
    await expect(readNetworks(bytes)).rejects.toThrow(/share and repeat elements beyond bounds/)
    await expectRefused(bytes, /no network that is known/)
  })

  it('expanded, overlapping and tied views are read as PyTorch reads them', async () => {
    const { networks } = await readNetworks(
      torchZip(
        pickled(
          dictOf(
            text('expanded'),
            tensor({ from: storage(), offset: 1, size: numbers(2, 3), stride: numbers(0, 0) }),
            text('rows'),
            tensor({ size: numbers(2, 4), stride: numbers(0, 1) }),
            text('windows'),
            tensor({ size: numbers(3, 2), stride: numbers(1, 1) }),
            text('behind'),
            tensor({ offset: 13, size: numbers(0, 2), stride: numbers(5, 1) }),
            text('tied'),
            tensor({ size: numbers(3, 2), stride: numbers(1, 1) }),
          ),
        ),
      ),
    )
    const read = networks[''] ?? new Map<string, WeightTensor>()
    expect(Object.fromEntries([...read].map(([name, { data }]) => [name, Array.from(data, Number)]))).toEqual({
      expanded: [2, 2, 2, 2, 2, 2],
      rows: [1, 2, 3, 4, 1, 2, 3, 4],
      windows: [1, 2, 2, 3, 3, 4],
      behind: [],
      tied: [1, 2, 2, 3, 3, 4],
    })
    expect(read.get('tied')).toBe(read.get('windows'))
  })

  it('a real overreach is refused by its last element, an endless repetition by its size', async () => {
    await refused(
      pickled(dictOf(text('w'), tensor({ size: numbers(3, 2), stride: numbers(1, 2) }))),
      /reaches outside its storage\. Wanted: its last element before 4, where the storage ends\. Got: the last at 4: offset 0, size \[3, 2\], stride \[1, 2\]/,
    )
    await refused(
      pickled(dictOf(text('w'), tensor({ size: numbers(2 ** 20, 2 ** 20), stride: numbers(0, 0) }))),
      /repeats its elements beyond bounds\. Wanted: at most 4294967295 elements\. Got: 1099511627776:/,
    )
    await expect(
      readNetworks(torchZip(pickled(dictOf(text('w'), tensor({ size: numbers(2 ** 25), stride: numbers(0) }))))),
    ).rejects.toMatchObject({
      message: 'The tensors of the file share and repeat elements beyond bounds.',
      where: '"w", 134,217,728 bytes',
    })
  })

  it('old views of storages', async () => {
    const view = storage({ count: 4, view: tupleOf(text('77'), integer(1), integer(2)) })
    const { networks } = await readNetworks(
      torchLegacy({ objects: pickled(dictOf(text('w'), tensor({ from: view, size: numbers(2) }))) }),
    )
    expect(networks['']?.get('w')?.data).toEqual(Float32Array.of(2, 3))
    const outside = storage({ count: 4, view: tupleOf(text('77'), integer(3), integer(2)) })
    await expectRefused(
      torchLegacy({ objects: pickled(dictOf(text('w'), tensor({ from: outside, size: numbers(2) }))) }),
      /view reaches outside/,
    )
  })
})
