/** Figures of the GPU that a stage computes on: one nvidia-smi that goes on telling, instead of one for each sample. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface GpuFigures {
  /** Fraction of the time. */
  readonly utilisation?: number
  /** 10⁹ bytes in use. */
  readonly memory?: number
  /** Degrees Celsius. */
  readonly temperature?: number
}

const query = ['--query-gpu=utilization.gpu,memory.used,temperature.gpu', '--format=csv,noheader,nounits', '--loop=5']
const mebibyte = 1_048_576

/** "37, 1024, 61"; what a card does not tell ("[N/A]") is left out. */
export function parseGpuLine(line: string): GpuFigures | null {
  const [utilisation = NaN, memory = NaN, temperature = NaN] = line
    .split(',')
    .map((part) => (part.trim() === '' ? NaN : Number(part)))
  const figures = {
    ...(Number.isFinite(utilisation) ? { utilisation: utilisation / 100 } : {}),
    ...(Number.isFinite(memory) ? { memory: (memory * mebibyte) / 1e9 } : {}),
    ...(Number.isFinite(temperature) ? { temperature } : {}),
  }
  return Object.keys(figures).length > 0 ? figures : null
}

/** The first of the cards that this process may see is the one that TensorFlow takes. */
const chosenCard = ({ CUDA_VISIBLE_DEVICES }: NodeJS.ProcessEnv): string =>
  CUDA_VISIBLE_DEVICES?.split(',')[0]?.trim() || '0'

/** The newest figures, null until there are some; ends with this process. Without nvidia-smi there never are. */
export function watchGpu(env: NodeJS.ProcessEnv = process.env): () => GpuFigures | null {
  let newest: GpuFigures | null = null
  const child = spawn('nvidia-smi', [`--id=${chosenCard(env)}`, ...query], { stdio: ['ignore', 'pipe', 'ignore'] })
  child.on('error', () => undefined)
  createInterface({ input: child.stdout }).on('line', (line) => {
    newest = parseGpuLine(line) ?? newest
  })
  // Neither holds the process; when it is gone, the next line finds nobody to read it and ends the child too.
  child.unref()
  ;(child.stdout as unknown as { unref?: () => void }).unref?.()
  process.once('exit', () => child.kill())
  return () => newest
}
