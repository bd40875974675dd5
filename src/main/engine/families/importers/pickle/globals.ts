/**
 * The fixed table of names that a checkpoint's pickle may mention. Names are compared exactly: no module is imported,
 * no
 * attribute is looked up, nothing from the file runs. What is not here is refused by name.
 */
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import type { WeightDtype } from '../../../weights/weightMap'
import { refusePickle } from './refusal'
import { rebuildFromType, rebuildParameter, rebuildTensor, rebuildTensorWithDtype, sizeTuple } from './tensors'
import type { GlobalMeaning, PickleGlobal } from './values'

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

/** Whether an object's state or arguments are read; those of others are counted and dropped. */
export const keepsState = (name: string): boolean => name === 'numpy.dtype' || arrayClasses.includes(name)
export const keepsArguments = (name: string): boolean => arrayParts.includes(name)

/** Classes and functions whose results are data beside the weights; they are counted and skipped. */
const opaqueNames = [
  'argparse.Namespace',
  'types.SimpleNamespace',
  'collections.Counter',
  'collections.defaultdict',
  'collections.deque',
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
  'copyreg._reconstructor',
  'copy_reg._reconstructor',
  'easydict.EasyDict',
  'yacs.config.CfgNode',
  'fvcore.common.config.CfgNode',
  'omegaconf.dictconfig.DictConfig',
  'omegaconf.listconfig.ListConfig',
  'omegaconf.base.ContainerMetadata',
  'omegaconf.base.Metadata',
  'omegaconf.nodes.AnyNode',
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
  ['collections.OrderedDict', { kind: 'orderedDict' }],
  ['torch.Size', { kind: 'call', call: sizeTuple }],
  ['torch._utils._rebuild_tensor', { kind: 'call', call: rebuildTensor }],
  ['torch._utils._rebuild_tensor_v2', { kind: 'call', call: rebuildTensor }],
  ['torch._utils._rebuild_tensor_v3', { kind: 'call', call: rebuildTensorWithDtype }],
  ['torch._utils._rebuild_parameter', { kind: 'call', call: rebuildParameter }],
  ['torch._utils._rebuild_parameter_with_state', { kind: 'call', call: rebuildParameter }],
  ['torch._tensor._rebuild_from_type_v2', { kind: 'call', call: rebuildFromType }],
])

/** A name outside the table. Named apart, so that a caller can tell "hostile" from "of another kind". */
export class ForbiddenNameError extends RefusedInputError {}

/** @throws RefusedInputError naming what the file wanted to load */
export function resolveGlobal(module: string, attribute: string, at: number): PickleGlobal {
  const name = `${module}.${attribute}`
  // Exact match of both halves: `pathlib` + `os.system` must not read as an attribute of an allowed module.
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
  throw new ForbiddenNameError(`The file wants to load ${quoteFromFile(name)}, which is not allowed.`, {
    wanted: 'tensors, containers and a fixed list of harmless classes',
    got: quoteFromFile(name),
    where: `pickle, byte ${at}`,
    action: isModelClass(module)
      ? 'The file holds a whole model object. Save model.state_dict() instead of the model.'
      : 'Do not open this file elsewhere before you know what it would run. Ask its author for a plain state_dict or safetensors.',
  })
}

function isModelClass(module: string): boolean {
  return /^(torch\.nn|torchvision|timm|models?|nets?|networks?)(\.|$)/.test(module)
}
