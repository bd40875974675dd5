/** The figures reported, and where each lies in the answers. */
export const figures = [
  {
    id: 'pseudoBatch',
    title: 'Pseudo batch (1 generator step, 1 synthetic batch, 10 student steps)',
    short: 'pseudo batch',
    phase: 'pseudoBatch',
    part: 'total',
  },
  {
    id: 'pseudoBatchVaccine',
    title: 'Pseudo batch with Shuffling Vaccine',
    short: 'with SV',
    phase: 'pseudoBatchVaccine',
    part: 'total',
  },
  { id: 'generator', title: 'Generator step', short: 'generator', phase: 'pseudoBatch', part: 'generator' },
  {
    id: 'generatorVaccine',
    title: 'Generator step with Shuffling Vaccine',
    short: 'generator with SV',
    phase: 'pseudoBatchVaccine',
    part: 'generator',
  },
  {
    id: 'sample',
    title: "Synthetic batch with the teacher's outputs",
    short: 'synthetic batch',
    phase: 'pseudoBatch',
    part: 'sample',
  },
  { id: 'student', title: 'Student step', short: 'student', phase: 'pseudoBatch', part: 'student' },
  { id: 'teacher', title: 'Teacher training step', short: 'teacher', phase: 'teacher', part: 'total' },
  {
    id: 'synthesis',
    title: 'CMI synthesis call (3 steps)',
    short: 'CMI call',
    phase: 'synthesis',
    part: 'total',
  },
  { id: 'ood', title: 'Step of distillation from one image', short: 'one image', phase: 'ood', part: 'total' },
  {
    id: 'evaluation',
    title: 'Evaluation of 2,000 images',
    short: 'evaluation',
    phase: 'evaluation',
    part: 'total',
  },
  { id: 'product', title: 'Matrix product', short: 'product', phase: 'peak', part: 'product', peak: true },
  {
    id: 'convolution',
    title: '3×3 convolution',
    short: 'convolution',
    phase: 'peak',
    part: 'convolution',
    peak: true,
  },
]

/** What is compared: not what the units can do. */
export const comparedFigures = figures.filter(({ peak }) => !peak)
