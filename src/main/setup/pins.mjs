/**
 * What the set-up fetches, to the byte: wheels and the members taken out of them, each with its SHA-256.
 * The CUDA and cuDNN versions are those that pip resolves for `tensorflow[and-cuda]==2.21.0`; TensorFlow opens them at
 * run time as `../nvidia/<name>/lib`.
 * Left out, as training on one GPU never opens them: NCCL, cuRAND, CUPTI, cuDNN's recurrent and attention part.
 */

/**
 * @typedef {'cpu' | 'gpu'} VariantId
 * @typedef {{ bytes: number, sha256: string, executable?: boolean }} PinnedMember
 * @typedef {{ project: string, version: string, bytes: number, sha256: string,
 *   members: Record<string, PinnedMember>, folders?: string[], links?: Record<string, string> }} PinnedWheel
 * @typedef {{ id: VariantId, title: string, wheels: PinnedWheel[] }} Variant
 */

export const tensorFlowVersion = '2.21.0'

/** The headers that tfjs-node's binding includes, directly or not. */
const headerFolders = [
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/',
  'tensorflow/include/tsl/',
  'tensorflow/include/xla/tsl/',
]

const cpuWheels = [
  {
    project: 'tensorflow-cpu',
    version: '2.21.0',
    bytes: 273_829_956,
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    members: {
      'tensorflow/libtensorflow_framework.so.2': {
        bytes: 65_222_328,
        sha256: 'f060b323b26ef80add21b9df9428de3aeaf2843d772c5bb098745f7abff3709b',
      },
      'tensorflow/libtensorflow_cc.so.2': {
        bytes: 788_086_608,
        sha256: '6505a4b9657e62100c6bdacb683957a395cb047725042945aaa50e40a71e429e',
      },
    },
    folders: headerFolders,
  },
]

const gpuWheels = [
  {
    project: 'tensorflow',
    version: '2.21.0',
    bytes: 572_440_367,
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    members: {
      'tensorflow/libtensorflow_framework.so.2': {
        bytes: 162_648_808,
        sha256: '98847c6f0448308159f6d3ff55e13a9e92978598c7fbb34cde63aadf35c6fe84',
      },
      'tensorflow/libtensorflow_cc.so.2': {
        bytes: 1_096_372_272,
        sha256: '2889ecc99d7641620f41a4bea538f4dd4b626f75aa3e12623161ae939054191c',
      },
    },
    folders: headerFolders,
  },
  {
    project: 'nvidia-cublas-cu12',
    version: '12.9.3.13',
    bytes: 581_217_458,
    sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
    members: {
      'nvidia/cublas/lib/libcublas.so.12': {
        bytes: 105_140_976,
        sha256: '9b6997d8ac06badb59b90fd08cb89b1f807576306f6b0d762f3e72000b69d260',
      },
      'nvidia/cublas/lib/libcublasLt.so.12': {
        bytes: 749_169_616,
        sha256: 'fbbf5c66fcc42c4eb6e56a7cb40be3936edbf0d08e757761e95c84afb9606cb6',
      },
    },
  },
  {
    project: 'nvidia-cuda-nvcc-cu12',
    version: '12.9.86',
    bytes: 40_546_229,
    sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
    members: {
      'nvidia/cuda_nvcc/bin/ptxas': {
        bytes: 34_931_056,
        sha256: '983b0e9283855979f42cebfd80d43f9b6e786eb84f03f7570bf941c4d3a3c461',
        executable: true,
      },
      'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc': {
        bytes: 486_168,
        sha256: '9e84b504f25d26ec775ef91f7122e68dac77fa1f776f1044128f5028356265d8',
      },
    },
  },
  {
    project: 'nvidia-cuda-nvrtc-cu12',
    version: '12.9.86',
    bytes: 89_568_129,
    sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
    members: {
      'nvidia/cuda_nvrtc/lib/libnvrtc-builtins.so.12.9': {
        bytes: 7_202_760,
        sha256: '6507cf33450cfb22970c2c1e7aa8e7c0a33e39d864720277b05f61a92791e2e8',
      },
      'nvidia/cuda_nvrtc/lib/libnvrtc.so.12': {
        bytes: 106_244_480,
        sha256: '7c67c6b51ea0e0279634cebd676ff7efda1674806444520c84430ad5c35fe625',
      },
    },
  },
  {
    project: 'nvidia-cuda-runtime-cu12',
    version: '12.9.79',
    bytes: 3_493_179,
    sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
    members: {
      'nvidia/cuda_runtime/lib/libcudart.so.12': {
        bytes: 741_088,
        sha256: '256e6409e4f06f618e1fb53d4844a6b81cdded1013afa8ade40c22f99eb133b7',
      },
    },
  },
  {
    project: 'nvidia-cudnn-cu12',
    version: '9.28.0.42',
    bytes: 716_538_495,
    sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
    members: {
      'nvidia/cudnn/lib/libcudnn.so.9': {
        bytes: 137_432,
        sha256: '727cf38cefa39f745dee3caa207395163a86e8fafdb47e3af6d185fdd67858d4',
      },
      'nvidia/cudnn/lib/libcudnn_cnn.so.9': {
        bytes: 4_203_992,
        sha256: '5bccc296c64d21ef9326c70ccdcf01b149122dd242ec80a2d3bdc2a4389879ad',
      },
      'nvidia/cudnn/lib/libcudnn_engines_precompiled.so.9': {
        bytes: 559_964_512,
        sha256: '9a9bbe2c9d4be6c324760199f667fa84a2a9a2d66820b8ca55844b9da235e837',
      },
      'nvidia/cudnn/lib/libcudnn_engines_runtime_compiled.so.9': {
        bytes: 48_269_792,
        sha256: '8b49b082768bda0ac9f2465c235331e727682f92139ad41f15276b81f20f0f96',
      },
      'nvidia/cudnn/lib/libcudnn_engines_tensor_ir.so.9': {
        bytes: 2_099_128,
        sha256: '78aa90a0543dd7b097701708f28981657ad04b95d3cac387fed960765404985e',
      },
      'nvidia/cudnn/lib/libcudnn_ext.so.9': {
        bytes: 10_492_448,
        sha256: '7614a9e626eeeacbcfc8aa6633700e3cd4321e18497447825172d2d21f0b0e6f',
      },
      'nvidia/cudnn/lib/libcudnn_graph.so.9': {
        bytes: 115_563_344,
        sha256: 'd56ec4d0cc21836e0138e4e75dcf6a1e589687675e9d6da0d006936ef7169078',
      },
      'nvidia/cudnn/lib/libcudnn_heuristic.so.9': {
        bytes: 96_473_944,
        sha256: 'ab31bec932bc0b37431dfed946ec4c373441e0d5a62ad477e6cd19fc805e7577',
      },
      'nvidia/cudnn/lib/libcudnn_ops.so.9': {
        bytes: 92_284_600,
        sha256: 'fbc82ffd752ec10601b2001226dee311b7ddd034c93a30c3536f2bbd19361b0c',
      },
    },
  },
  {
    project: 'nvidia-cufft-cu12',
    version: '11.4.1.4',
    bytes: 200_877_592,
    sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
    members: {
      'nvidia/cufft/lib/libcufft.so.11': {
        bytes: 291_507_928,
        sha256: 'e1d65ebd08895f9d9883f848f3974f89e0130416252477b18835ba7f15d159bc',
      },
    },
  },
  {
    project: 'nvidia-cusolver-cu12',
    version: '11.7.5.82',
    bytes: 338_117_415,
    sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
    members: {
      'nvidia/cusolver/lib/libcusolver.so.11': {
        bytes: 302_024_152,
        sha256: '30a1fe2fe22dad7141afaa2878fb6e9d7360b016e164d2153e1f31a46f2a9833',
      },
    },
    // TensorFlow's search path lacks cusolver's folder, and without it TensorFlow leaves the GPU alone.
    links: { 'nvidia/cublas/lib/libcusolver.so.11': '../../cusolver/lib/libcusolver.so.11' },
  },
  {
    project: 'nvidia-cusparse-cu12',
    version: '12.5.10.65',
    bytes: 366_465_088,
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
    members: {
      'nvidia/cusparse/lib/libcusparse.so.12': {
        bytes: 486_556_368,
        sha256: '6d85ab1acdabfe3b5a54aa76bc948c719bcd03e07eede3eb8122b083c1a6ecf7',
      },
    },
  },
  {
    project: 'nvidia-nvjitlink-cu12',
    version: '12.9.86',
    bytes: 39_748_338,
    sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
    members: {
      'nvidia/nvjitlink/lib/libnvJitLink.so.12': {
        bytes: 95_935_344,
        sha256: '02d3acb5fe598dd20f0fca3cc03734ad164037a22747a01900561a42d0b8448f',
      },
    },
  },
]

/**
 * The two builds of TensorFlow: one folder in the cache each.
 * @type {Record<VariantId, Variant>}
 */
export const variants = {
  cpu: { id: 'cpu', title: 'TensorFlow (CPU)', wheels: cpuWheels },
  gpu: { id: 'gpu', title: 'TensorFlow with CUDA 12 and cuDNN 9', wheels: gpuWheels },
}
