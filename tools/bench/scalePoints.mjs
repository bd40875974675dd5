/** The points of the scale tables: partial configurations, sizes small enough that none takes over a minute a step. */

const wrn = (depth, width) => ({ id: 'wrn', params: { depth, width } })
const resnet = (depth) => ({ id: 'resnet', params: { depth, stem: 'small' } })
const zskt = (batchSize, params = {}) => ({ id: 'zskt', params: { batchSize, ...params } })
const undefended = [{ defenses: [] }]

/** A student stage: WRN-16-2 → WRN-16-1 unless told otherwise. */
const student = ({ method, teacher = wrn(16, 2), network = wrn(16, 1), students = undefended }) => ({
  teacher: { architecture: teacher },
  distillation: { architecture: network, method },
  students,
  recording: { evaluateEvery: 1_000_000, imagesEvery: 1_000_000 },
})

const inversion = { batchSize: 64, synthesisBatchSize: 64, synthesisSteps: 5, studentSteps: 5, pseudoBatches: 30 }
const small = wrn(10, 1)

/** `unit`: what the sizes are of, for the exponent. */
export const scaleTables = [
  { id: 'batch', title: 'Batch size (WRN-16-2 → WRN-16-1, images of 32)', unit: 'the batch size' },
  { id: 'side', title: 'Side of the images (WRN-16-2 → WRN-16-1, batch 8)', unit: 'the side' },
  { id: 'network', title: 'Networks (images of 32, batch 32)' },
  { id: 'method', title: 'Methods, defenses and teachers (images of 32)' },
]

export const scalePoints = [
  ...[64, 128, 256, 512, 1024].map((size) => ({
    ...{ table: 'batch', size, title: `batch ${size}` },
    config: student({ method: zskt(size) }),
  })),
  ...[32, 64, 128, 224].map((side) => ({
    ...{ table: 'side', size: side, side, title: `${side} × ${side}` },
    config: student({ method: zskt(8) }),
  })),
  ...[
    ['WRN-10-1 → WRN-10-1', small, small],
    ['WRN-16-1 → WRN-16-1', wrn(16, 1), wrn(16, 1)],
    ['WRN-16-2 → WRN-16-1', wrn(16, 2), wrn(16, 1)],
    ['WRN-28-2 → WRN-16-1', wrn(28, 2), wrn(16, 1)],
    ['WRN-40-2 → WRN-16-2', wrn(40, 2), wrn(16, 2)],
    // Attention transfer compares levels that both must have: a ResNet teaches no WRN.
    ['ResNet-18 → ResNet-18', resnet('18'), resnet('18')],
    ['ResNet-34 → ResNet-18', resnet('34'), resnet('18')],
  ].map(([title, teacher, network]) => ({
    ...{ table: 'network', title },
    config: student({ method: zskt(32), teacher, network }),
  })),
  ...[
    { title: 'ZSKT with the Shuffling Vaccine, batch 64', method: zskt(64), students: [{ defenses: [{ id: 'sv' }] }] },
    { title: 'ZSKT in mixed precision, batch 64', method: zskt(64), precision: 'mixed' },
    {
      title: 'Self-Retrospection, WRN-10-1, batch 64',
      ...{ method: zskt(64, { pseudoBatches: 10 }), teacher: small, network: small },
      students: [{ defenses: [{ id: 'sr', params: { takeover: 10, rounds: 5 } }] }],
    },
    { title: 'CMI, 5 synthesis and 5 student steps, batch 64', method: { id: 'cmi', params: inversion } },
    { title: 'DeepInversion, the same', method: { id: 'deepinversion', params: inversion } },
    { title: 'DAFL, the same', method: { id: 'dafl', params: inversion } },
    { title: 'One image, batch 64', method: { id: 'ood', params: { batchSize: 64, epochs: 1 } } },
    { title: 'Clean distillation, batch 64', method: { id: 'kd', params: { batchSize: 64, pseudoBatches: 30 } } },
  ].map(({ title, precision, ...parts }) => ({
    ...{ table: 'method', title, precision },
    config: student(parts),
  })),
  ...[
    ['Teacher WRN-10-1, batch 128', small, 128],
    ['Teacher WRN-16-2, batch 128', wrn(16, 2), 128],
    ['Teacher ResNet-18, batch 32', resnet('18'), 32],
  ].map(([title, architecture, batchSize]) => ({
    ...{ table: 'method', title, kind: 'teacher' },
    config: { teacher: { architecture, training: { batchSize } } },
  })),
]
