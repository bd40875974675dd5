/** What the card says of itself while something runs on it. */
import { spawn } from 'node:child_process'
import readline from 'node:readline'

const query = ['--query-gpu=utilization.gpu,memory.used', '--format=csv,noheader,nounits', '--loop-ms=200']

/** Watches until it is ended: share of the time with a kernel at work, and the most memory in use (MiB). */
export function watchCard() {
  const child = spawn('nvidia-smi', query, { stdio: ['ignore', 'pipe', 'ignore'] })
  const samples = []
  child.on('error', () => undefined)
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    const [busy, memory] = line.split(',').map(Number)
    if (Number.isFinite(busy) && Number.isFinite(memory)) samples.push({ busy, memory })
  })
  return {
    end() {
      child.kill()
      if (samples.length === 0) return null
      const busy = samples.reduce((sum, sample) => sum + sample.busy, 0) / samples.length / 100
      return { busy, memory: Math.max(...samples.map(({ memory }) => memory)) }
    },
  }
}
