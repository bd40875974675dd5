/** Medians, quartiles and ratios of the samples. */
import os from 'node:os'

/** The figures reported, and where each lies in the answers. */
export const figures = [
  {
    id: 'pseudoBatch',
    title: 'Pseudo batch (1 generator step, 1 synthetic batch, 10 student steps)',
    phase: 'pseudoBatch',
    part: 'total',
  },
  {
    id: 'pseudoBatchVaccine',
    title: 'Pseudo batch with Shuffling Vaccine',
    phase: 'pseudoBatchVaccine',
    part: 'total',
  },
  { id: 'generator', title: 'Generator step', phase: 'pseudoBatch', part: 'generator' },
  {
    id: 'generatorVaccine',
    title: 'Generator step with Shuffling Vaccine',
    phase: 'pseudoBatchVaccine',
    part: 'generator',
  },
  { id: 'sample', title: "Synthetic batch with the teacher's outputs", phase: 'pseudoBatch', part: 'sample' },
  { id: 'student', title: 'Student step', phase: 'pseudoBatch', part: 'student' },
  { id: 'teacher', title: 'Teacher training step', phase: 'teacher', part: 'total' },
  { id: 'synthesis', title: 'CMI synthesis call (3 steps)', phase: 'synthesis', part: 'total' },
  { id: 'ood', title: 'Step of distillation from one image', phase: 'ood', part: 'total' },
  { id: 'evaluation', title: 'Evaluation of 2,000 images', phase: 'evaluation', part: 'total' },
]

function quantile(sorted, share) {
  const place = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return low + (high - low) * (place - Math.floor(place))
}

export function statistics(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    lowerQuartile: quantile(sorted, 0.25),
    upperQuartile: quantile(sorted, 0.75),
    repeats: sorted.length,
  }
}

export function summarize({ samples, facts, memory, options, phases }) {
  const subjects = Object.keys(facts)
  const seconds = {}
  for (const { id, phase, part } of figures.filter((figure) => phases.includes(figure.phase))) {
    seconds[id] = {}
    for (const subject of subjects) {
      const values = samples
        .filter((sample) => sample.subject === subject && sample.phase === phase)
        .map(({ times }) => times[part])
        .filter((value) => typeof value === 'number')
      if (values.length > 0) seconds[id][subject] = statistics(values)
    }
  }
  const ratios = Object.fromEntries(
    subjects
      .filter((subject) => subject !== 'ours')
      .map((subject) => [
        subject,
        Object.fromEntries(
          Object.entries(seconds).flatMap(([id, { [subject]: theirs, ours }]) =>
            theirs && ours ? [[id, theirs.median / ours.median]] : [],
          ),
        ),
      ]),
  )
  return {
    date: new Date().toISOString().slice(0, 10),
    settings: {
      suite: options.suite,
      batch: options.batch,
      threads: options.threads,
      repeats: options.repeats,
      warmUps: options.warmUps,
      device: facts.ours.device,
      execution: options.eager ? 'eager' : 'graph',
    },
    machine: {
      cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
      cores: os.availableParallelism(),
      load: os.loadavg().map((value) => Math.round(value * 10) / 10),
    },
    versions: Object.assign({}, ...Object.values(facts).map(({ versions }) => versions)),
    seconds,
    ratios,
    memory,
    ...(memory.published && memory.ours ? { peakMemoryOursToPublished: memory.ours.peak / memory.published.peak } : {}),
  }
}
