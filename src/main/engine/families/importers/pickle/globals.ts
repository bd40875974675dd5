/**
 * What the names in a checkpoint's pickle mean. Names are compared as text: no module is imported, no attribute is
 * looked up, nothing from the file runs. A fixed table says which make tensors and containers; what runs something is
 * refused (running.ts); of any other name, objects are opaque data and reported.
 */
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import type { WeightDtype } from '../../../weights/weightMap'
import { refusePickle } from './refusal'
import { runsSomething } from './running'
import { rebuildFromType, rebuildParameter, rebuildTensor, rebuildTensorWithDtype, sizeTuple } from './tensors'
import type { GlobalMeaning, PickleGlobal, PickleValue } from './values'

const storageTypes: Record<string, WeightDtype> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
}
const dtypes: readonly WeightDtype[] = [
  'float64',
  'float32',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
]

/** What pickled NumPy arrays are made with; data sets read them. */
const arrayClasses: readonly string[] = ['numpy.core.multiarray._reconstruct', 'numpy._core.multiarray._reconstruct']

/** What arrays are made of beside that: types, numbers, and bytes of protocols 0 to 2 and 5. */
const arrayParts: readonly string[] = [
  'numpy.dtype',
  '_codecs.encode',
  ...['numpy.core', 'numpy._core'].flatMap((root) => [`${root}.multiarray.scalar`, `${root}.numeric._frombuffer`]),
  ...['builtins', '__builtin__'].map((root) => `${root}.bytes`),
]

const withState: readonly string[] = ['numpy.dtype', 'torch.utils.data.dataset.TensorDataset', ...arrayClasses]

/** Whether an object's state or arguments are read; those of others are counted and dropped. */
export const keepsState = (name: string): boolean => withState.includes(name)
export const keepsArguments = (name: string): boolean => arrayParts.includes(name)

/** Dictionaries by another name: their items are read as a dictionary's, and their attributes dropped. */
const dictionaryNames = [
  'collections.OrderedDict',
  'collections.defaultdict',
  'easydict.EasyDict',
  'addict.addict.Dict',
  'pytorch_lightning.utilities.parsing.AttributeDict',
  'lightning.pytorch.utilities.parsing.AttributeDict',
  'lightning.fabric.utilities.data.AttributeDict',
  'lightning_fabric.utilities.data.AttributeDict',
] as const

/** Classes and functions whose results are data beside the weights; they are counted and skipped without a word. */
const opaqueNames = [
  'argparse.Namespace',
  'types.SimpleNamespace',
  'types.GenericAlias',
  'types.MappingProxyType',
  'collections.Counter',
  'collections.deque',
  'io.BytesIO',
  'io.StringIO',
  '_io.BytesIO',
  '_io.StringIO',
  'logging.getLogger',
  'decimal.Decimal',
  'fractions.Fraction',
  'uuid.UUID',
  'random.Random',
  're._compile',
  'torch.device',
  'torch.layout',
  'torch.Tensor',
  'torch.nn.parameter.Parameter',
  'torch.Generator',
  'torch.serialization._get_layout',
  'numpy.dtype',
  'numpy.ndarray',
  'numpy.bool_',
  'numpy.float64',
  'numpy.float32',
  'numpy.int64',
  'numpy.int32',
  ...arrayClasses,
  ...['numpy.core', 'numpy._core'].flatMap((root) => [`${root}.multiarray.scalar`, `${root}.numeric._frombuffer`]),
  ...['__randomstate_ctor', '__generator_ctor', '__bit_generator_ctor'].map((name) => `numpy.random._pickle.${name}`),
  'numpy.dtypes.Float64DType',
  'numpy.dtypes.Float32DType',
  'numpy.dtypes.Int64DType',
  '_codecs.encode',
  'datetime.datetime',
  'datetime.date',
  'datetime.timedelta',
  'datetime.timezone',
  ...['pathlib', 'pathlib._local'].flatMap((root) =>
    ['Path', 'PosixPath', 'WindowsPath', 'PurePosixPath', 'PureWindowsPath'].map((name) => `${root}.${name}`),
  ),
  ...['builtins', '__builtin__'].flatMap((root) =>
    [
      'set',
      'frozenset',
      'complex',
      'bytearray',
      'slice',
      'object',
      'int',
      'float',
      'str',
      'bool',
      'dict',
      'list',
      'tuple',
      'long',
      'unicode',
      'bytes',
    ].map((name) => `${root}.${name}`),
  ),
  'yacs.config.CfgNode',
  'fvcore.common.config.CfgNode',
  'omegaconf.dictconfig.DictConfig',
  'omegaconf.listconfig.ListConfig',
  'omegaconf.base.ContainerMetadata',
  'omegaconf.base.Metadata',
  ...[
    'Any',
    'Integer',
    'Float',
    'String',
    'Boolean',
    'Bytes',
    'Path',
    'Enum',
    'Interpolation',
    'InterpolationResult',
  ].map((kind) => `omegaconf.nodes.${kind}Node`),
  'wandb.sdk.wandb_config.Config',
  'wandb.wandb_config.Config',
  'wandb.sdk.lib.wandb_config.Config',
  'wandb.old.summary.Summary',
  'wandb.sdk.wandb_summary.Summary',
  'wandb.sdk.wandb_summary.SummarySubDict',
  'wandb.sdk.wandb_run.Run',
  'torch.optim.lr_scheduler.CosineAnnealingLR',
  'torch.optim.lr_scheduler.MultiStepLR',
  'torch.optim.lr_scheduler.StepLR',
  'torch.optim.lr_scheduler.LambdaLR',
] as const

/** Parts of PyTorch that we know and do not read, with the reason. */
const refusedNames: Readonly<Record<string, string>> = {
  'torch._utils._rebuild_qtensor': 'The weights are quantised.',
  'torch._utils._rebuild_sparse_tensor': 'The file holds sparse tensors.',
  'torch._utils._rebuild_meta_tensor_no_storage': 'The file holds tensors without data.',
  'torch._utils._rebuild_wrapper_subclass': 'The file holds tensors of a subclass.',
  'torch.QInt8Storage': 'The weights are quantised.',
  'torch.QUInt8Storage': 'The weights are quantised.',
  'torch.QInt32Storage': 'The weights are quantised.',
  'torch.ComplexFloatStorage': 'The weights are complex numbers.',
  'torch.ComplexDoubleStorage': 'The weights are complex numbers.',
}

const meanings: ReadonlyMap<string, GlobalMeaning> = new Map<string, GlobalMeaning>([
  ...opaqueNames.map((name): [string, GlobalMeaning] => [name, { kind: 'opaque' }]),
  ...['torch', 'torch.cuda'].flatMap((root) =>
    Object.entries(storageTypes).map(([name, dtype]): [string, GlobalMeaning] => [
      `${root}.${name}`,
      { kind: 'storageType', dtype },
    ]),
  ),
  ['torch.storage.UntypedStorage', { kind: 'storageType', dtype: null }],
  ['torch.UntypedStorage', { kind: 'storageType', dtype: null }],
  ...dtypes.map((dtype): [string, GlobalMeaning] => [`torch.${dtype}`, { kind: 'dtype', dtype }]),
  ...dictionaryNames.map((name): [string, GlobalMeaning] => [name, { kind: 'dictionary' }]),
  ...['copyreg', 'copy_reg'].flatMap((module) =>
    ['_reconstructor', '__newobj__', '__newobj_ex__'].map((name): [string, GlobalMeaning] => [
      `${module}.${name}`,
      { kind: 'constructor' },
    ]),
  ),
  ['operator.getitem', { kind: 'call', call: genericType }],
  ['_operator.getitem', { kind: 'call', call: genericType }],
  ['functools.partial', { kind: 'call', call: partialCall }],
  ['torch.Size', { kind: 'call', call: sizeTuple }],
  ['torch._utils._rebuild_tensor', { kind: 'call', call: rebuildTensor }],
  ['torch._utils._rebuild_tensor_v2', { kind: 'call', call: rebuildTensor }],
  ['torch._utils._rebuild_tensor_v3', { kind: 'call', call: rebuildTensorWithDtype }],
  ['torch._utils._rebuild_parameter', { kind: 'call', call: rebuildParameter }],
  ['torch._utils._rebuild_parameter_with_state', { kind: 'call', call: rebuildParameter }],
  ['torch._tensor._rebuild_from_type_v2', { kind: 'call', call: rebuildFromType }],
])

/** A name that runs something. Named apart, so that a caller can tell "hostile" from "of another kind". */
export class ForbiddenNameError extends RefusedInputError {}

/** @throws RefusedInputError naming what the file wanted to load */
export function resolveGlobal(module: string, attribute: string, at: number): PickleGlobal {
  const name = `${module}.${attribute}`
  // Exact match of both halves: `pathlib` + `os.system` must not read as an attribute of a known module.
  const meaning = attribute.includes('.') ? undefined : meanings.get(name)
  if (meaning) return { kind: 'global', name, meaning }
  const known = refusedNames[name]
  if (known !== undefined)
    throw refusePickle(known, {
      wanted: 'dense floating-point weights',
      got: name,
      at,
      action: 'Save model.state_dict() with plain float32 tensors.',
    })
  if (runsSomething(module, attribute)) throw forbidden(name, at)
  return { kind: 'global', name, meaning: { kind: 'foreign' } }
}

function forbidden(name: string, at?: number): ForbiddenNameError {
  return new ForbiddenNameError(`The file wants to load ${quoteFromFile(name)}, which is not allowed.`, {
    wanted: 'tensors, containers and objects that are data',
    got: quoteFromFile(name),
    where: at === undefined ? 'pickle' : `pickle, byte ${at}`,
    action:
      'It could run anything: do not open this file elsewhere before you know what it would run. Ask its author for a plain state_dict or safetensors.',
  })
}

const isGlobal = (value: PickleValue | undefined): value is PickleGlobal =>
  value !== undefined && value !== null && typeof value === 'object' && value.kind === 'global'

/** `typing.Dict[str, int]` is pickled as operator.getitem(typing.Dict, …); of anything else it could reach further. */
function genericType([container]: readonly PickleValue[]): PickleValue {
  if (isGlobal(container) && /^(typing|collections\.abc)\./.test(container.name))
    return { kind: 'opaque', className: container.name, weight: 1, depth: 0 }
  throw forbidden('operator.getitem')
}

/** A function with some of its arguments, beside the weights: calls nothing until it is called, which is refused. */
function partialCall([target]: readonly PickleValue[]): PickleValue {
  if (isGlobal(target)) return { kind: 'opaque', className: `functools.partial of ${target.name}`, weight: 1, depth: 0 }
  throw forbidden('functools.partial')
}
