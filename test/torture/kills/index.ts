/**
 * Kills: a run whose control and trainers are killed again and again, at moments that a seed chooses, leaves what a run
 * leaves that nobody disturbed: curves, evaluations, artifacts, kept images, pool, checkpoints and weights.
 */
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PartialExperimentConfig, RunSummary } from '../../../src/shared/domain'
import { removeFolder } from '../../fixtures/removeFolder'
import { killTrainers, livingTrainers, startEngine, type EngineCommand, type KillableEngine } from './engine'
import { differences, recordedOf, type Recorded } from './recorded'
import { randomOf } from '../../fixtures/random'

export interface KillSubject {
  readonly name: string
  readonly command: EngineCommand
  readonly config: PartialExperimentConfig
  /** Milliseconds within which kills are likely to meet something: about what the run takes. */
  readonly span: number
  /** Milliseconds after which a run that is not done counts as stuck. */
  readonly patience: number
}

export interface KillOptions {
  readonly seed: number
  /** Runs that are killed; default: as many as the time allows. */
  readonly runs?: number
  /** Milliseconds; the run that has begun by then is brought to its end. */
  readonly time?: number
  say?(line: string): void
}

export interface KillReport {
  readonly runs: number
  readonly ofControl: number
  readonly ofTrainer: number
  readonly resumes: number
  /** What a killed run has not as the undisturbed one, with the seed of that run. */
  readonly lost: readonly string[]
}

type Victim = 'control' | 'trainer' | 'both'

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

export async function tortureByKills(subject: KillSubject, options: KillOptions): Promise<KillReport> {
  const { seed, runs = Infinity, time = Infinity, say = () => undefined } = options
  const wanted = await undisturbed(subject)
  const until = performance.now() + time
  const total = { runs: 0, ofControl: 0, ofTrainer: 0, resumes: 0, lost: [] as string[] }
  for (let run = 0; run < runs && performance.now() < until; run++) {
    const killed = new KilledRun(subject, randomOf(seed + run))
    const lost = await killed.compare(wanted).catch((error: unknown) => [`did not end: ${String(error)}`])
    total.runs += 1
    total.ofControl += killed.ofControl
    total.ofTrainer += killed.ofTrainer
    total.resumes += killed.resumes
    total.lost.push(...lost.map((line) => `seed ${seed + run}, ${killed.told.join(', ')}: ${line}`))
    say(
      `${subject.name}, seed ${seed + run}: ${killed.told.join(', ')}: ${lost.length === 0 ? 'nothing lost' : lost.join('\n  ')}`,
    )
  }
  return total
}

async function undisturbed(subject: KillSubject): Promise<Recorded> {
  const workspace = newWorkspace()
  try {
    const engine = await startEngine(workspace, subject.command, null)
    const { id } = await engine.client.call('runs.start', { config: subject.config })
    await untilEnded(engine, id, subject.patience)
    await engine.close()
    return await recordedOf(workspace, id)
  } finally {
    await removeFolder(workspace)
  }
}

const newWorkspace = (): string => mkdtempSync(join(tmpdir(), 'abd-kills-'))

const goesOn = ({ state }: RunSummary): boolean => state === 'running' || state === 'queued'

/** @throws Error with where the run stands */
async function untilEnded({ client }: KillableEngine, runId: string, patience: number): Promise<RunSummary> {
  const end = performance.now() + patience
  for (;;) {
    const run = await client.call('runs.get', { runId })
    if (!goesOn(run)) return run
    if (performance.now() > end)
      throw new Error(`The run is ${run.state}: ${run.stages.map(({ id, state, step }) => `${id} ${state} ${step}`)}`)
    await sleep(20)
  }
}

/** Checkpoints (".") or pictures ("images") of the stages of a workspace. */
function namesIn(workspace: string, folder: '.' | 'images'): string {
  const stages = join(workspace, 'stages')
  if (!existsSync(stages)) return ''
  return readdirSync(stages)
    .map((place) => join(stages, place, folder))
    .filter((place) => existsSync(place))
    .flatMap((place) => readdirSync(place).filter((name) => /^checkpoint-\d+\.|^\d+\.png$/.test(name)))
    .join()
}

class KilledRun {
  ofControl = 0
  ofTrainer = 0
  resumes = 0
  readonly told: string[] = []
  private readonly workspace = newWorkspace()
  private engine: KillableEngine | null = null
  private runId = ''

  constructor(
    private readonly subject: KillSubject,
    private readonly dice: () => number,
  ) {}

  /** @returns what it has not as it is wanted */
  async compare(wanted: Recorded): Promise<string[]> {
    try {
      this.engine = await startEngine(this.workspace, this.subject.command, null)
      const { id } = await this.engine.client.call('runs.start', { config: this.subject.config })
      this.runId = id
      for (let kills = 1 + Math.floor(this.dice() * 6); kills > 0; kills--) await this.killOnce()
      await this.finish()
      await this.engine.close()
      this.engine = null
      return differences(wanted, await recordedOf(this.workspace, id))
    } finally {
      await this.engine?.kill().catch(() => undefined)
      killTrainers(this.workspace)
      await removeFolder(this.workspace)
    }
  }

  private async killOnce(): Promise<void> {
    await this.waitForMoment()
    const chance = this.dice()
    const victim: Victim = chance < 0.5 ? 'control' : chance < 0.75 ? 'trainer' : 'both'
    this.told.push(victim)
    const earlier = this.running.endpoint
    // Between two stages nobody trains for a moment.
    const patience = performance.now() + this.subject.span / 2
    while (victim !== 'control' && performance.now() < patience && livingTrainers(this.workspace).length === 0)
      await sleep(5)
    if (victim !== 'trainer') {
      await this.running.kill()
      this.ofControl += 1
    }
    if (victim !== 'control') this.ofTrainer += killTrainers(this.workspace)
    if (victim === 'trainer') return this.resume()
    // Meanwhile a trainer works on unheard, perhaps to its end.
    await sleep(this.dice() * this.subject.span * 0.3)
    const replaces = this.dice() < 0.5
    this.engine = await startEngine(this.workspace, this.subject.command, replaces ? earlier : null)
    await this.resume()
  }

  private get running(): KillableEngine {
    if (!this.engine) throw new Error('No engine runs.')
    return this.engine
  }

  /** Any moment, or just after a checkpoint or a picture has got its name. */
  private async waitForMoment(): Promise<void> {
    const chance = this.dice()
    if (chance < 1 / 3) return sleep(this.dice() * this.subject.span)
    const names = (): string => (chance < 2 / 3 ? namesIn(this.workspace, '.') : namesIn(this.workspace, 'images'))
    const known = names()
    const patience = performance.now() + 2 * this.subject.span
    while (performance.now() < patience && names() === known) await sleep(1)
    await sleep(this.dice() * 0.1 * this.subject.span)
  }

  /** As a person does who finds the run interrupted; what has not ended yet goes on by itself. */
  private async resume(): Promise<void> {
    const run = await this.settled()
    if (run.state === 'done' || goesOn(run)) return
    this.resumes += 1
    await this.running.client.call('runs.resume', { runId: this.runId })
  }

  /** The run a moment later: an engine hears within a fraction of a second that a trainer has died. */
  private async settled(): Promise<RunSummary> {
    await sleep(400)
    return this.running.client.call('runs.get', { runId: this.runId })
  }

  private async finish(): Promise<void> {
    for (let tries = 0; tries < 5; tries++) {
      const run = await untilEnded(this.running, this.runId, this.subject.patience)
      if (run.state === 'done') return
      this.told.push(run.state)
      await this.resume()
    }
    throw new Error('The run was resumed five times and did not come to its end.')
  }
}
