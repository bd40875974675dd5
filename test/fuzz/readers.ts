/** Every reader of bytes that others may have made, as the fuzzer and its regression test call it. */

export interface FuzzedReader {
  readonly id: string
  /** What it reads, for the table. */
  readonly title: string
  /** Longest inputs that are tried; 4,096 bytes where it is absent. */
  readonly longest?: number
  /** Words of the format, which chance would not find. */
  readonly words?: readonly string[]
  /** The reader itself: the fuzzer loads, and so instruments, no other. */
  open(): Promise<{ read(bytes: Buffer): Promise<void> }>
}

const pickleWords = [
  'ctorch._utils\n_rebuild_tensor_v2\n',
  'ctorch._utils\n_rebuild_tensor_v3\n',
  'ctorch._utils\n_rebuild_parameter\n',
  'ctorch._tensor\n_rebuild_from_type_v2\n',
  'ctorch\nFloatStorage\n',
  'ctorch\nLongStorage\n',
  'ctorch.storage\nUntypedStorage\n',
  'ccollections\nOrderedDict\n',
  'cnumpy.core.multiarray\n_reconstruct\n',
  'cnumpy\nndarray\n',
  'cnumpy\ndtype\n',
  'c_codecs\nencode\n',
  'ccopyreg\n_reconstructor\n',
  'X\x07\x00\x00\x00storage',
  'X\x03\x00\x00\x00cpu',
  '\x80\x02',
  '\x80\x04\x95',
  'data',
  'labels',
  'fine_labels',
  'coarse_labels',
  'filenames',
  'little_endian',
]
const npyWords = ["'descr'", "'fortran_order'", "'shape'", '|u1', '<f4', '<i8', '<f8', 'True', 'False', '\x93NUMPY']
const zipWords = ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06', 'PK\x06\x06', 'PK\x06\x07', 'PK\x07\x08']

export const readers: readonly FuzzedReader[] = [
  {
    id: 'pickle',
    title: 'Pickles of checkpoints',
    words: pickleWords,
    open: () => import('./readers/pickle'),
  },
  {
    id: 'torch-zip',
    title: 'PyTorch checkpoints (zip)',
    words: [...zipWords, ...pickleWords, 'archive/data.pkl', 'archive/data/0', 'archive/byteorder', 'little'],
    open: () => import('./readers/torch-zip'),
  },
  {
    id: 'torch-legacy',
    title: 'PyTorch checkpoints (before 1.6)',
    words: pickleWords,
    open: () => import('./readers/torch-legacy'),
  },
  {
    id: 'safetensors',
    title: 'safetensors',
    words: ['"dtype"', '"shape"', '"data_offsets"', '"__metadata__"', '"F32"', '"BF16"', '"BOOL"'],
    open: () => import('./readers/safetensors'),
  },
  {
    id: 'onnx',
    title: 'ONNX graphs',
    words: ['Conv', 'Relu', 'Gemm', 'ai.onnx', 'strides'],
    open: () => import('./readers/onnx'),
  },
  {
    id: 'npy',
    title: 'NumPy arrays (.npy) as images and labels',
    words: npyWords,
    open: () => import('./readers/npy'),
  },
  {
    id: 'npz',
    title: 'NumPy archives (.npz)',
    words: [...zipWords, ...npyWords, 'x_train.npy'],
    open: () => import('./readers/npz'),
  },
  {
    id: 'torch-arrays',
    title: 'Images and labels of torch.save',
    words: [...zipWords, ...pickleWords, 'archive/data.pkl', 'archive/data/0', 'ctorch\nByteStorage\n', 'images'],
    open: () => import('./readers/torch-arrays'),
  },
  {
    id: 'pickled-arrays',
    title: 'Pickled arrays as images and labels',
    words: [...pickleWords, 'features', 'x_train', 'y_train', '\x1f\x8b\x08'],
    open: () => import('./readers/pickled-arrays'),
  },
  {
    id: 'mat5',
    title: 'MATLAB level 5 files',
    words: ['MATLAB 5.0 MAT-file', '\x0f\x00\x00\x00', '\x0e\x00\x00\x00'],
    open: () => import('./readers/mat5'),
  },
  {
    id: 'idx',
    title: 'IDX files, plain and gzipped',
    words: ['\x00\x00\x08\x01', '\x00\x00\x08\x03', '\x1f\x8b\x08\x00'],
    open: () => import('./readers/idx'),
  },
  {
    id: 'cifar-binary',
    title: 'CIFAR batches, binary version',
    longest: 16_384,
    open: () => import('./readers/cifar-binary'),
  },
  {
    id: 'cifar-python',
    title: 'CIFAR batches, Python version',
    longest: 16_384,
    words: pickleWords,
    open: () => import('./readers/cifar-python'),
  },
  {
    id: 'picture',
    title: 'Pictures (PNG, JPEG, GIF, WebP, TIFF, BMP, Netpbm)',
    words: ['\x89PNG\r\n\x1a\n', 'IHDR', 'IDAT', 'IEND', 'PLTE', 'tRNS', 'BM', 'P1 ', 'P5\n', 'P6\n', 'GIF89a', 'RIFF'],
    open: () => import('./readers/picture'),
  },
  {
    id: 'arrow',
    title: 'Arrow files',
    words: ['ARROW1', '\xff\xff\xff\xff', 'bytes', 'label', 'huggingface'],
    open: () => import('./readers/arrow'),
  },
  {
    id: 'parquet',
    title: 'Parquet files',
    words: ['PAR1', 'image', 'label', 'bytes', 'huggingface'],
    open: () => import('./readers/parquet'),
  },
  {
    id: 'archive',
    title: 'Archives of data sets (.zip, .tar, .tar.gz)',
    words: [...zipWords, 'ustar', 'path=', '../'],
    open: () => import('./readers/archive'),
  },
  {
    id: 'test-list',
    title: 'Lists of test images (GTSRB)',
    words: ['Filename;', 'ClassId', 'Path,', 'Test/00000.png'],
    open: () => import('./readers/test-list'),
  },
  {
    id: 'abdrun',
    title: 'Files of runs (.abdrun)',
    words: [...zipWords, 'abdrun.json', '"format"', '"stages"', '"series"', 'series/student-1.f64'],
    open: () => import('./readers/abdrun'),
  },
  {
    id: 'frames',
    title: 'Frames of the wire, and the arguments of calls',
    words: [
      'verb',
      'call',
      'subscribe',
      'args',
      'answer',
      'result',
      'causes',
      'runs.list',
      'runs.start',
      'model.inspect',
      'run.metrics',
    ],
    open: () => import('./readers/frames'),
  },
  {
    id: 'study',
    title: 'Study files (YAML)',
    words: ['name:', 'axes:', 'preset:', 'config:', 'strategy:', 'exclude:', '&a', '*a', '!!', '<<:', '0..4'],
    open: () => import('./readers/study'),
  },
]
