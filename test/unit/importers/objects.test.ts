/** Objects beside the weights are data; names that run something refuse the file; each kind of file gets its advice. */
import { describe, expect, it } from 'vitest'
import { runsSomething } from '../../../src/main/engine/families/importers/pickle/running'
import {
  expectRefused,
  importBytes,
  networkProgram,
  readNetworks,
  torchLegacy,
  torchZip,
  wideResNet,
} from './craft/files'
import {
  dictOf,
  emptyTuple,
  get,
  globalName,
  integer,
  pickled,
  program,
  put,
  reduce,
  storage,
  tensor,
  text,
  tupleOf,
} from './craft/pickle'

const classifier = networkProgram(wideResNet(10, 1, 10))
const values = { 0: Buffer.from(new Float32Array(200_000).fill(0.5).buffer) }
const stackGlobal = (module: string, name: string): Buffer => program(text(module), text(name), '\x93')
/** An object of a class with attributes, as protocol 2 writes it. */
const instance = (module: string, name: string, ...state: (Buffer | string)[]): Buffer =>
  program(globalName(module, name), emptyTuple, '\x81', dictOf(...state), 'b')
const beside = (...parts: (Buffer | string)[]) =>
  importBytes(torchZip(pickled(dictOf(text('state_dict'), classifier.dict(), text('other'), ...parts)), values))
const remarks = async (...parts: (Buffer | string)[]): Promise<string[]> => {
  const { reason, findings } = await beside(...parts)
  expect(reason).toBeNull()
  return findings
    .filter(({ message }) => !message.includes('"state_dict"'))
    .map(({ severity, message }) => `${severity}: ${message}`)
}

describe('objects beside the weights', () => {
  it('a class of the training script is skipped and named with its key', async () => {
    expect(await remarks(instance('__main__', 'RecorderMeter', text('losses'), ']'))).toEqual([
      'info: Skipped as data, nothing was built of it: "__main__.RecorderMeter".',
      'info: Ignored "other": an object of __main__.RecorderMeter; kept as data, not built.',
    ])
  })

  it('a function that PyTorch would call is warned of', async () => {
    expect(await remarks(globalName('utils', 'Colour'), tupleOf(integer(1)), reduce)).toContain(
      'warning: PyTorch would call "utils.Colour" to load this file whole; here it was skipped as data, and nothing was called.',
    )
  })

  it.each([
    ['a class by name', globalName('typing', 'Any')],
    ['a nested class', stackGlobal('__main__', 'Outer.Inner')],
    [
      'a Hydra configuration',
      instance(
        'omegaconf.dictconfig',
        'DictConfig',
        text('_content'),
        dictOf(text('a'), instance('omegaconf.nodes', 'IntegerNode')),
        text('ref_type'),
        globalName('typing', 'Any'),
      ),
    ],
    [
      'a generic type',
      program(
        globalName('_operator', 'getitem'),
        tupleOf(globalName('typing', 'Dict'), tupleOf(globalName('builtins', 'str'), globalName('typing', 'Any'))),
        reduce,
      ),
    ],
    ['an exception', program(globalName('builtins', 'ValueError'), tupleOf(text('x')), reduce)],
  ])('%s is data', async (_, part) => {
    expect(
      (await remarks(part)).filter((remark) => remark.startsWith('warning') && !remark.includes('ValueError')),
    ).toEqual([])
  })

  it('a function with some of its arguments is data, until it is called', async () => {
    const partial = program(globalName('functools', 'partial'), tupleOf(globalName('torch.optim.adam', 'Adam')), reduce)
    expect(await remarks(partial)).toEqual([
      'info: Ignored "other": an object of functools.partial of torch.optim.adam.Adam; kept as data, not built.',
    ])
    expect((await beside(partial, emptyTuple, reduce)).reason).toMatch(/calls something that is no known function/)
    expect(
      (await beside(globalName('functools', 'partial'), tupleOf(globalName('os', 'system')), reduce)).reason,
    ).toMatch(/"os\.system", which is not allowed/)
    expect((await beside(globalName('functools', 'partial'), tupleOf(partial), reduce)).reason).toMatch(
      /which is not allowed/,
    )
  })

  it('dictionaries by other names lead to weights too', async () => {
    for (const made of [
      program(globalName('collections', 'defaultdict'), tupleOf(globalName('builtins', 'list')), reduce),
      program(globalName('easydict', 'EasyDict'), emptyTuple, '\x81'),
      program(
        globalName('copyreg', '_reconstructor'),
        tupleOf(globalName('easydict', 'EasyDict'), globalName('builtins', 'dict'), '}'),
        reduce,
      ),
    ]) {
      const bytes = torchZip(pickled(made, '(', text('model'), classifier.dict(), 'u'), values)
      expect(await importBytes(bytes)).toMatchObject({ accepted: true, key: 'model' })
    }
  })

  it('tensors made by what is not known are missing, and named with their key', async () => {
    const foreign = program(globalName('torch._utils', '_rebuild_device_tensor_from_numpy'), tupleOf(tensor()), reduce)
    const { networks, ignored } = await readNetworks(torchZip(pickled(dictOf(text('w'), tensor(), text('v'), foreign))))
    expect([...(networks['']?.keys() ?? [])]).toEqual(['w'])
    expect(ignored).toEqual([
      {
        path: 'v',
        beside: '',
        reason: 'an object of torch._utils._rebuild_device_tensor_from_numpy; kept as data, not built',
      },
    ])
  })
})

describe('names that run something', () => {
  it.each([
    ['os', 'system'],
    ['posix', 'popen'],
    ['nt', 'system'],
    ['subprocess', 'Popen'],
    ['sys', 'modules'],
    ['builtins', 'exec'],
    ['builtins', 'getattr'],
    ['builtins', 'map'],
    ['__builtin__', 'apply'],
    ['builtins', 'type'],
    ['importlib', 'import_module'],
    ['runpy', '_run_code'],
    ['socket', 'create_connection'],
    ['shutil', 'rmtree'],
    ['webbrowser', 'open'],
    ['pty', 'spawn'],
    ['ctypes', 'CDLL'],
    ['pickle', 'loads'],
    ['_pickle', 'Unpickler'],
    ['marshal', 'loads'],
    ['dill._dill', '_create_function'],
    ['cloudpickle.cloudpickle', '_make_function'],
    ['torch.hub', 'load'],
    ['torch', 'load'],
    ['torch.jit', 'load'],
    ['torch.fx.graph_module', 'reduce_graph_module'],
    ['torch.utils.cpp_extension', 'load_inline'],
    ['torch', 'os.system'],
    ['torch.serialization', 'os.system'],
    ['numpy.f2py.crackfortran', 'myeval'],
    ['numpy.testing._private.utils', 'runstring'],
    ['numpy', 'load'],
    ['numpy.distutils.exec_command', 'exec_command'],
    ['operator', 'attrgetter'],
    ['operator', 'methodcaller'],
    ['functools', 'reduce'],
    ['itertools', 'starmap'],
    ['types', 'FunctionType'],
    ['types', 'CodeType'],
    ['code', 'InteractiveInterpreter'],
    ['timeit', 'timeit'],
    ['pdb', 'run'],
    ['profile', 'run'],
    ['io', 'open'],
    ['_io', 'FileIO'],
    ['codecs', 'open'],
    ['urllib.request', 'urlopen'],
    ['requests.api', 'get'],
    ['pip._internal', 'main'],
    ['multiprocessing.util', 'spawnv_passfds'],
    ['asyncio.unix_events', '_UnixSubprocessTransport'],
    ['logging.config', 'listen'],
    ['pandas', 'read_pickle'],
    ['pandas.io.common', 'get_handle'],
    ['keras.models', 'load_model'],
    ['argparse', 'Namespace.__init__.__globals__'],
    ['argparse', '__builtins__'],
    ['__main__', '__builtins__'],
    ['__main__', 'Net.__init__'],
    ['pydoc', 'locate'],
  ])('%s.%s', (module, name) => {
    expect(runsSomething(module, name)).toBe(true)
  })

  it.each([
    ['__main__', 'Net'],
    ['code.wideresnet', 'WideResNet'],
    ['test', 'AverageMeter'],
    ['utils.trace', 'Meter'],
    ['core.models.resnet', 'ResNet'],
    ['torch.nn.modules.conv', 'Conv2d'],
    ['torch.optim.sgd', 'SGD'],
    ['torch.distributions.normal', 'Normal'],
    ['typing', 'Any'],
    ['builtins', 'KeyError'],
    ['logging', 'Logger'],
    ['pytorch_lightning.callbacks.model_checkpoint', 'ModelCheckpoint'],
  ])('not %s.%s', (module, name) => {
    expect(runsSomething(module, name)).toBe(false)
  })

  it('refuse the file wherever they stand, called or not', async () => {
    for (const part of [globalName('os', 'system'), tupleOf(globalName('builtins', 'getattr'))])
      expect((await beside(part)).reason).toMatch(/which is not allowed.*do not open this file elsewhere/)
    expect((await beside(globalName('operator', 'getitem'), tupleOf(dictOf(), text('x')), reduce)).reason).toMatch(
      /"operator\.getitem", which is not allowed/,
    )
    expect((await beside(globalName('copyreg', '_reconstructor'), tupleOf(text('x')), reduce)).reason).toMatch(
      /no class/,
    )
  })
})

describe('files that hold no weights as they are', () => {
  const layer = instance(
    'torch.nn.modules.conv',
    'Conv2d',
    text('_parameters'),
    dictOf(text('weight'), tensor()),
    text('_modules'),
    '}',
  )
  const modelOf = (module: string): Buffer =>
    instance(
      module,
      'Net',
      text('training'),
      '\x89',
      text('_parameters'),
      '}',
      text('_modules'),
      dictOf(text('conv1'), layer),
    )

  it.each(['__main__', 'wideresnet', 'core.models.resnet', 'models.wrn', 'torch.nn.parallel.data_parallel'])(
    'a whole model of %s',
    async (module) => {
      const wanted = new RegExp(
        `whole model object.*"${module.replaceAll('.', '\\.')}\\.Net".*run torch\\.save\\(model\\.state_dict\\(\\), path\\)\\.$`,
      )
      await expectRefused(torchZip(pickled(modelOf(module))), wanted)
      await expectRefused(torchLegacy({ objects: pickled(modelOf(module)) }), wanted)
    },
  )

  it('a whole model under a key, and one whose classes lie in an old file with their source', async () => {
    await expectRefused(
      torchZip(pickled(dictOf(text('net'), modelOf('__main__'), text('acc'), integer(9)))),
      /Under "net" the file has a whole model object.*torch\.save\(checkpoint\["net"\]\.state_dict\(\), path\)/,
    )
    const withSource = program(
      tupleOf(text('module'), globalName('__main__', 'Net'), text('net.py'), text('class Net: …')),
      'Q',
      emptyTuple,
      '\x81',
      dictOf(text('_modules'), '}'),
      'b',
    )
    await expectRefused(torchLegacy({ objects: pickled(withSource), keys: [], storages: [] }), /whole model object/)
    await expectRefused(
      torchZip(pickled(dictOf(text('w'), tensor({ from: storage({ tag: text('module') }) })))),
      /something that is no storage/,
    )
  })

  it('an object that holds the weights', () =>
    expectRefused(
      torchZip(
        pickled(dictOf(text('ema'), instance('utils.ema', 'Shadow', text('shadow'), dictOf(text('w'), tensor())))),
      ),
      /Under "ema" the file has an object that holds the weights.*save the state_dict that Shadow holds/,
    ))

  it('a plain pickle, of arrays, of tensors, of a model', async () => {
    const loaded = program(globalName('torch.storage', '_load_from_bytes'), tupleOf(program('C\x01x')), reduce)
    for (const plain of [dictOf(text('w'), integer(1)), dictOf(text('w'), tensor({ from: loaded }))])
      await expectRefused(pickled(plain), /plain pickle, not written by torch\.save.*"w".*pickle\.load/, 'model.pkl')
    await expectRefused(
      pickled(instance('__main__', 'Net', text('_modules'), '}')),
      /plain pickle.*an object of "__main__\.Net".*torch\.save\(model\.state_dict\(\), path\)/,
      'model.pkl',
    )
    await expectRefused(pickled(globalName('os', 'system')), /which is not allowed/, 'model.pkl')
  })

  it('a Lightning file of a network that is not known here', async () => {
    const file = (...more: (Buffer | string)[]) =>
      importBytes(
        torchZip(
          pickled(
            dictOf(
              text('pytorch-lightning_version'),
              text('2.1'),
              text('state_dict'),
              dictOf(text('model.w'), tensor()),
              ...more,
            ),
          ),
        ),
      )
    expect((await file(text('callbacks'), dictOf(text('x'), instance('mine', 'Callback')))).reason).toMatch(
      /no network that is known here.*load_from_checkpoint/,
    )
  })
})

describe('limits that grow with the file', () => {
  /** The state of a poisoned data set as BackdoorBench keeps it. */
  const entries = (count: number): Buffer => {
    const encoded = program(get(2), tupleOf(text('\0\0\0\0\0\0\0\0'), get(3)), reduce)
    const entry = program(
      program(get(0), tupleOf(get(1), encoded), reduce),
      dictOf(get(4), text('./record/badnet_0_1/bd_test_dataset/7/12345.png'), get(5), program(']', '(K\x00K\x07e')),
    )
    const remembered = [
      globalName('numpy._core.multiarray', 'scalar'),
      program(globalName('numpy', 'dtype'), tupleOf(text('i8'), '\x89', '\x88'), reduce),
      globalName('_codecs', 'encode'),
      ...['latin1', 'path', 'other_info'].map(text),
    ].map((part, index) => program(part, put(index), '0'))
    return program(...remembered, '}', '(', Buffer.alloc(entry.length * count, entry), 'u')
  }

  it('20,000 poisoned images beside the weights', async () => {
    const report = await beside(entries(20_000))
    expect(report.reason).toBeNull()
    expect(report.architecture?.title).toBe('WRN-10-1')
  })

  it('an order of a million images, as the text that protocol 2 makes of bytes', async () => {
    const order = program(
      globalName('_codecs', 'encode'),
      tupleOf(text('\0'.repeat(10_000_000)), text('latin1')),
      reduce,
    )
    expect((await beside(order)).reason).toBeNull()
  })
})
