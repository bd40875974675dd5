/**
 * Kills, failing calls and power cuts in random order, for so many minutes or all there are: after each the workspace is
 * opened again, what was told must be so, and the run must come to the same record.
 *
 *   node torture.cjs [--minutes N] [--seed S] [--from TRIAL] [--all] [--only KIND]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tryControl } from './controlTrial'
import { tryCut } from './cutTrial'
import { tryKill } from './killTrial'
import { faults, type Fault } from './layer'
import { cutModes } from './powerCut'
import { recordStory } from './recording'
import { createRandom } from './sample'
import { tryTrainer } from './trainerTrial'

interface Outcome {
  /** What was done, for the line of a loss. */
  readonly done: string
  readonly hit: boolean
  readonly problems: readonly string[]
}

/** A kind of trial: what it may meet, from 1 on. */
interface Kind {
  readonly title: string
  readonly count: number
  /** How often it is drawn, beside the others. */
  readonly weight: number
  run(at: number): Promise<Outcome>
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    from: { type: 'string', default: '0' },
    all: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
})

const root = mkdtempSync(join(tmpdir(), 'abd-torture-'))
/** Nobody handled it: a loss by itself. */
const unhandled: string[] = []
process.on('unhandledRejection', (error) => unhandled.push(`unhandled: ${String(error)}`))

const called = (hit: { name: string; path: string } | null): string => (hit ? `${hit.name} of ${hit.path}` : 'no call')
const isWanted = (title: string): boolean => title.startsWith(values.only)

/** @throws Error where a story without a fault is not in order */
function assertSound(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(`Without a fault, ${what} is not in order: ${problems.join('; ')}`)
}

async function controlKinds(): Promise<Kind[]> {
  const reference = await tryControl({ fault: null, at: 0 }, null)
  assertSound('control', reference.problems)
  const kinds: Kind[] = []
  const add = async (fault: Exclude<Fault, 'kill'>, lasting: boolean): Promise<void> => {
    const { count } = await tryControl({ fault, at: 0 }, reference.recorded)
    const run = async (at: number): Promise<Outcome> => {
      const { hit, problems } = await tryControl({ fault, at, lasting }, reference.recorded)
      return { done: `${fault}${lasting ? ' from' : ' at'} call ${at}: ${called(hit)}`, hit: hit !== null, problems }
    }
    kinds.push({ title: `control: ${fault}${lasting ? ', and stays' : ''}`, count, weight: 4, run })
  }
  for (const fault of ['ENOSPC', 'EIO', 'EACCES', 'short'] as const) await add(fault, false)
  await add('ENOSPC', true)
  return kinds
}

async function trainerKinds(): Promise<Kind[]> {
  const reference = await tryTrainer({ fault: null, at: 0 }, null)
  assertSound('a trainer', reference.problems)
  const kinds: Kind[] = []
  for (const fault of faults) {
    const { count } = await tryTrainer({ fault, at: 0 }, reference.result)
    const run = async (at: number): Promise<Outcome> => {
      const { hit, problems } = await tryTrainer({ fault, at }, reference.result)
      return { done: `${fault} at call ${at}: ${called(hit)}`, hit: hit !== null, problems }
    }
    kinds.push({ title: `trainer: ${fault}`, count, weight: 2, run })
  }
  return kinds
}

async function killKinds(): Promise<Kind[]> {
  const kinds: Kind[] = []
  for (const process of ['control', 'smallTrainer'] as const) {
    const reference = await tryKill({ process, at: 0 }, null)
    assertSound('a story of processes', reference.problems)
    const run = async (at: number): Promise<Outcome> => {
      const { hit, problems } = await tryKill({ process, at }, reference.recorded)
      return { done: `kill at call ${at}: ${called(hit)}`, hit: hit !== null, problems }
    }
    const title = `processes: kill of ${process === 'control' ? 'control' : 'a trainer'}`
    kinds.push({ title, count: reference.count, weight: 3, run })
  }
  return kinds
}

async function cutKinds(): Promise<Kind[]> {
  const recording = await recordStory(root)
  const whole = { after: recording.lines.length, mode: 'kept', seed: '' } as const
  const reference = await tryCut(recording, whole, { goesOn: true, reference: null })
  assertSound('a recorded story', reference.problems)
  return cutModes.map((mode) => ({
    title: `power cut: what was not synced is ${{ lost: 'lost', kept: 'there', names: 'empty files', mixed: 'there in part' }[mode]}`,
    count: recording.lines.length,
    weight: 3,
    async run(after) {
      const seed = `${values.seed}/${after}`
      const { problems } = await tryCut(
        recording,
        { after, mode, seed },
        { goesOn: true, reference: reference.recorded },
      )
      return { done: `cut after step ${after} (${recording.lines[after - 1]?.type})`, hit: true, problems }
    },
  }))
}

interface Row {
  trials: number
  hits: number
  losses: number
}

const rows = new Map<string, Row>()

async function tryOne(kind: Kind, at: number, number: number): Promise<void> {
  const { done, hit, problems } = await kind.run(at)
  const all = [...problems, ...unhandled.splice(0)]
  const row = rows.get(kind.title) ?? { trials: 0, hits: 0, losses: 0 }
  rows.set(kind.title, {
    trials: row.trials + 1,
    hits: row.hits + Number(hit),
    losses: row.losses + Number(all.length > 0),
  })
  if (all.length === 0) return
  process.stdout.write(`LOSS in trial ${number}, ${kind.title}: ${done}\n${all.map((text) => `  ${text}\n`).join('')}`)
  process.stdout.write(`  again: npm run torture -- --seed ${values.seed} --from ${number}\n`)
}

const sumOf = (name: keyof Row): number => [...rows.values()].reduce((sum, row) => sum + row[name], 0)

function drawn(kinds: readonly Kind[], random: () => number): Kind {
  const whole = kinds.reduce((sum, { weight }) => sum + weight, 0)
  let left = random() * whole
  for (const kind of kinds) if ((left -= kind.weight) < 0) return kind
  return kinds[0] as Kind
}

async function randomly(kinds: readonly Kind[]): Promise<void> {
  const began = performance.now()
  const minutes = Number(values.minutes)
  let told = began
  for (let number = Number(values.from); performance.now() - began < minutes * 60_000; number++) {
    const random = createRandom(`${values.seed}/${number}`)
    const kind = drawn(kinds, random)
    await tryOne(kind, 1 + Math.floor(random() * kind.count), number)
    if (performance.now() - told < 15_000) continue
    told = performance.now()
    const passed = ((told - began) / 60_000).toFixed(1)
    process.stdout.write(`${passed} of ${minutes} min: ${sumOf('trials')} trials, ${sumOf('losses')} losses\n`)
  }
}

async function exhaustively(kinds: readonly Kind[]): Promise<void> {
  let number = 0
  for (const kind of kinds) {
    for (let at = 1; at <= kind.count; at++) await tryOne(kind, at, number++)
    process.stdout.write(`${kind.title}: ${kind.count} tried, ${rows.get(kind.title)?.losses ?? 0} losses\n`)
  }
}

function closingTable(): string {
  const lines = [...rows]
    .sort()
    .map(([title, { trials, hits, losses }]) => `| ${title} | ${trials} | ${hits} | ${losses} |`)
  const all = `| all | ${sumOf('trials')} | ${sumOf('hits')} | ${sumOf('losses')} |`
  return ['| what | trials | met its call | losses |', '|---|---|---|---|', ...lines, all].join('\n')
}

async function main(): Promise<void> {
  process.stdout.write(`Seed ${values.seed}. Stories without a fault come first.\n`)
  const groups = { 'control:': controlKinds, 'trainer:': trainerKinds, 'processes:': killKinds, 'power cut:': cutKinds }
  const kinds: Kind[] = []
  for (const [title, make] of Object.entries(groups))
    if (title.startsWith(values.only.slice(0, title.length))) kinds.push(...(await make()))
  const chosen = kinds.filter(({ title, count }) => isWanted(title) && count > 0)
  if (chosen.length === 0) throw new Error(`No kind of trial begins with ${values.only}.`)
  for (const { title, count } of chosen) process.stdout.write(`${title}: ${count} calls or steps\n`)
  await (values.all ? exhaustively(chosen) : randomly(chosen))
  process.stdout.write(`\n${closingTable()}\n`)
  process.exitCode = sumOf('losses') === 0 ? 0 : 1
}

main()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 1
  })
  .finally(() => {
    rmSync(root, { recursive: true, force: true })
    process.exit()
  })
