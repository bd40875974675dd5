/** How each subject is started: ours in every precision asked for, and what it is compared with. */
import path from 'node:path'
import { projectRoot } from '../setup/paths.mjs'
import { SetupError } from '../../src/main/setup/report.mjs'
import { suites } from './options.mjs'
import { peakSizes } from './peakSizes.mjs'

/** Of the authors' solver: the rest of what is timed is not in it. */
const publishedPhases = ['pseudoBatch', 'pseudoBatchVaccine']
/** One CMI call: so many steps (the reference makes 200) against a full memory bank. */
const synthesis = { synthesisSteps: 3, bank: 4096, negatives: 1024 }

export const oursIn = (precision) => `ours-${precision}`

/** TF32 is a switch of the process, of NVIDIA's libraries; ours sets it by its precision. */
const tf32 = (on) => ({ NVIDIA_TF32_OVERRIDE: on ? '1' : '0' })

const settingsOf = ({ threads, batch, device, eager, profile }) => ({
  threads,
  batch,
  device,
  graph: !eager,
  ...(profile ? { profile } : {}),
  peak: peakSizes[device],
  ...synthesis,
})

function engine(name, { script, environment }, { options, precision = 'float32', question }) {
  return {
    name,
    question,
    phases: suites[options.suite],
    command: [process.execPath, script, JSON.stringify({ ...settingsOf(options), precision })],
    environment,
  }
}

/** @param question what each is asked before it is timed */
export const ourSubjects = (worker, options, question) =>
  options.precisions.map((precision) => engine(oursIn(precision), worker, { options, precision, question }))

/** Another checkout of this project in float32; it need not know of precisions, and what the units can do is ours to say. */
export const otherCheckout = (worker, options) => {
  const subject = engine('against', worker, { options })
  return { ...subject, phases: subject.phases.filter((phase) => phase !== 'peak') }
}

function pythonSubject(name, file, { options, phases, settings = {}, environment }) {
  return {
    name,
    phases,
    command: [
      options.python,
      path.join(projectRoot, 'test', 'bench', file),
      path.resolve(options.reference),
      JSON.stringify({ ...settingsOf(options), ...settings }),
    ],
    environment,
  }
}

/** The authors' own code; on the CPU only, where its worker keeps it. */
export function publishedSubjects(options) {
  if (options.suite === 'inversion') {
    if (options.device === 'gpu')
      throw new SetupError("--suite inversion compares on the CPU only: the authors' code there names no device.")
    return [pythonSubject('published', 'inversion_worker.py', { options, phases: suites.inversion, environment: {} })]
  }
  if (options.device === 'gpu' || !options.baselines.includes('published')) return []
  return [pythonSubject('published', 'reference_worker.py', { options, phases: publishedPhases, environment: {} })]
}

/** @param cache folder for what torch.compile makes: the second start of a variant finds it there */
export const variantSubject = (variant, options, { phases, cache }) =>
  pythonSubject(variant.id, 'tuned_worker.py', {
    options,
    phases,
    settings: { variant: variant.settings },
    environment: { TORCHINDUCTOR_CACHE_DIR: cache, ...tf32(variant.settings.tf32 === true) },
  })
