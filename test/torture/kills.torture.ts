/**
 * Kills for so many minutes (ABD_TORTURE_MINUTES, default 1) from a seed on (ABD_TORTURE_SEED, default 1): of the fake
 * trainer, and of the built program where there is one. ABD_TORTURE_SUBJECT takes one of the two: fake, real.
 */
import { expect, it } from 'vitest'
import { isBuilt, outFolder } from '../e2e/support/engine'
import { tortureByKills, type KillSubject } from './kills'
import { fakeSubject, realMethods, realSubject } from './kills/subjects'

const minutes = Number(process.env.ABD_TORTURE_MINUTES ?? 1)
const seed = Number(process.env.ABD_TORTURE_SEED ?? 1)
const subject = process.env.ABD_TORTURE_SUBJECT
const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function torture(of: KillSubject): Promise<void> {
  const { lost, runs, ofControl, ofTrainer, resumes } = await tortureByKills(of, { seed, time: minutes * 60_000, say })
  say(
    `${of.name}: ${runs} runs, ${ofControl} kills of control, ${ofTrainer} of trainers, ${resumes} resumed; ${lost.length} lost`,
  )
  expect(lost).toEqual([])
}

it.skipIf(subject === 'real')('kills lose nothing of what the fake trainer reports', async () => {
  await torture(await fakeSubject())
})

it.skipIf(subject === 'fake' || !isBuilt).each(realMethods)(
  'kills lose nothing of a student of $id',
  async (method) => {
    await torture(realSubject(outFolder, method))
  },
)
