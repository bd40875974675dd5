/** A short slice of `npm run torture`: see test/torture/kills. */
import { expect, it } from 'vitest'
import { tortureByKills } from '../../torture/kills'
import { fakeSubject } from '../../torture/kills/subjects'

it('a run whose control and trainers are killed leaves what one leaves that nobody disturbed', async () => {
  const { ofControl, ofTrainer, lost } = await tortureByKills(await fakeSubject(), { seed: 100, runs: 1 })
  expect(lost).toEqual([])
  expect(ofControl + ofTrainer).toBeGreaterThan(0)
}, 120_000)
