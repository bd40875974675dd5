/** One reader under the fuzzer, started again after each finding until its executions or minutes are spent. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { projectRoot } from '../setup/paths.mjs'
import { jazzer } from './jazzer.mjs'

const mostFindings = 10
/** Seconds of one input, beyond which the fuzzer ends it; what takes over one is a finding anyway. */
const hangSeconds = 20
const memoryLimit = 2048

/** libFuzzer's dictionaries: one quoted word a line, bytes as \xAB. */
function writeDictionary(file, words = []) {
  const quoted = words.map(
    (word) =>
      `"${[...Buffer.from(word, 'latin1')]
        .map((byte) =>
          byte >= 32 && byte < 127 && byte !== 34 && byte !== 92
            ? String.fromCharCode(byte)
            : `\\x${byte.toString(16).padStart(2, '0')}`,
        )
        .join('')}"`,
  )
  fs.writeFileSync(file, `${quoted.join('\n')}\n`)
}

/** Files of the corpus in the repository that are short enough for the fuzzer to start from. */
function seedsOf(reader) {
  const folder = path.join(projectRoot, 'test', 'fuzz', 'corpus', reader.id)
  return fs.existsSync(folder) ? [folder] : []
}

function start({ command, parameters, environment }) {
  return new Promise((resolve, reject) => {
    const [program, ...before] = command
    const child = spawn(program, [...before, ...parameters], {
      env: environment,
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    const read = (chunk) => {
      printed = (printed + chunk).slice(-200_000)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, printed }))
  })
}

/** What libFuzzer's last lines say. */
function read(printed) {
  const done = /Done (\d+) (?:runs|in)/.exec(printed) ?? /stat::number_of_executed_units:\s*(\d+)/.exec(printed)
  const lines = [...printed.matchAll(/^#(\d+)\s.*?cov: (\d+) ft: (\d+)/gm)]
  const last = lines.at(-1)
  return {
    executions: Math.max(Number(done?.[1] ?? 0), Number(last?.[1] ?? 0)),
    coverage: Number(last?.[2] ?? 0),
    features: Number(last?.[3] ?? 0),
  }
}

/** Takes the input that the fuzzer stopped at into the folder of findings. */
function keepFinding(reader, printed, artifacts, findings) {
  const [name] = fs.readdirSync(artifacts)
  if (name === undefined) throw new Error(`The fuzzer ended without an input:\n${printed.slice(-4000)}`)
  const bytes = fs.readFileSync(path.join(artifacts, name))
  const file = path.join(findings, `${reader.id}-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`)
  fs.mkdirSync(findings, { recursive: true })
  fs.writeFileSync(file, bytes)
  fs.rmSync(artifacts, { recursive: true, force: true })
  const said = /FuzzFinding: (.*)/.exec(printed)?.[1] ?? /ERROR: (.*)/.exec(printed)?.[1] ?? printed.slice(-600)
  return { reader: reader.id, file, said }
}

/** @returns what was tried and found: { reader, executions, seconds, coverage, features, findings } */
export async function runReader(reader, { target, outDir, cache, limits, command }) {
  const corpus = path.join(cache, 'corpus', reader.id)
  const artifacts = path.join(outDir, 'artifacts', reader.id)
  const dictionary = path.join(outDir, `${reader.id}.dict`)
  fs.mkdirSync(corpus, { recursive: true })
  writeDictionary(dictionary, reader.words)
  const total = { reader: reader.id, executions: 0, seconds: 0, coverage: 0, features: 0, findings: [] }
  const most = limits.executions ?? Infinity
  const seconds = limits.minutes === undefined ? (limits.executions === undefined ? 60 : Infinity) : limits.minutes * 60
  while (total.executions < most && total.seconds < seconds && total.findings.length < mostFindings) {
    fs.rmSync(artifacts, { recursive: true, force: true })
    fs.mkdirSync(artifacts, { recursive: true })
    const began = performance.now()
    const { code, printed } = await start({
      command,
      environment: { ...process.env, ABD_FUZZ_READER: reader.id, NODE_OPTIONS: '--max-old-space-size=1024' },
      parameters: [
        jazzer,
        target,
        corpus,
        ...seedsOf(reader),
        ...['-i', outDir, '-e', 'nothing', '--timeout', String(hangSeconds * 1000), '--'],
        `-artifact_prefix=${artifacts}/`,
        `-dict=${dictionary}`,
        `-max_len=${reader.longest ?? 4096}`,
        `-rss_limit_mb=${memoryLimit}`,
        `-print_final_stats=1`,
        ...(Number.isFinite(most) ? [`-runs=${most - total.executions}`] : []),
        ...(Number.isFinite(seconds) ? [`-max_total_time=${Math.ceil(seconds - total.seconds)}`] : []),
      ],
    })
    const { executions, coverage, features } = read(printed)
    total.seconds += (performance.now() - began) / 1000
    total.executions += executions
    total.coverage = Math.max(total.coverage, coverage)
    total.features = Math.max(total.features, features)
    if (code === 0) break
    total.findings.push(keepFinding(reader, printed, artifacts, path.join(outDir, 'findings')))
  }
  return total
}
