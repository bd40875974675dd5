import { nextTick } from 'vue'
import { afterEach, describe, expect, it } from 'vitest'
import type { MemberDescription } from '@shared/schema'
import { useDraftStore } from '@renderer/stores/draft'
import { useEngineStore } from '@renderer/stores/engine'
import { fakeCatalogue } from '../../fakes/catalogue'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => {
  bench.dispose()
  localStorage.clear()
})
async function opened(): Promise<ReturnType<typeof useDraftStore>> {
  bench = createBench()
  await bench.use(useEngineStore).load()
  return bench.use(useDraftStore)
}
const member = (family: string, id: string): MemberDescription =>
  fakeCatalogue.families.find((entry) => entry.id === family)!.members.find((entry) => entry.id === id)!
/** The draft's own value: what changes is another object. */
const current = (draft: ReturnType<typeof useDraftStore>) => draft.config!

describe('useDraftStore', () => {
  it('begins with the first preset, which ends within minutes', async () => {
    const draft = await opened()
    expect(draft.config).toBeNull()
    await draft.ensure()
    expect(draft.preset).toBe('quick')
    expect(current(draft).name).toBe('Quick look')
    expect(current(draft).attack).toEqual({ id: 'blend', params: { strength: 0.2 } })
  })

  it('stays as it was left', async () => {
    const draft = await opened()
    await draft.ensure()
    draft.set('poisoning.ratio', 0.05)
    await nextTick()
    bench.dispose()
    const again = await opened()
    await again.ensure()
    expect(current(again).poisoning.ratio).toBe(0.05)
    expect(again.preset).toBe('quick')
    expect(again.edited).toBe(true)
  })

  it.each(['not json', 'null', '{"config":{"format":99}}', '{}'])('begins anew where %s is stored', async (stored) => {
    localStorage.setItem('abd.draft', stored)
    const draft = await opened()
    expect(draft.config).toBeNull()
  })

  it('is edited by anything but its name and seed', async () => {
    const draft = await opened()
    await draft.ensure()
    draft.set('name', 'Mine')
    draft.set('seed', 7)
    expect(draft.edited).toBe(false)
    draft.set('poisoning.target', 2)
    expect(draft.edited).toBe(true)
    await draft.applyPreset(fakeCatalogue.presets[0]!)
    expect(draft.edited).toBe(false)
    expect(current(draft).name).toBe('Quick look')
  })

  it('takes a copy of another experiment, and goes back to the declared defaults', async () => {
    const draft = await opened()
    const copied = { ...fakeCatalogue.defaults, name: 'Copied' }
    draft.seeds = 4
    draft.use(copied)
    draft.set('poisoning.ratio', 0.3)
    expect(copied.poisoning.ratio).toBe(fakeCatalogue.defaults.poisoning.ratio)
    expect(draft.seeds).toBe(1)
    draft.reset()
    expect(current(draft)).toEqual(fakeCatalogue.defaults)
    expect(draft.preset).toBeNull()
  })

  it('gives a member that comes back the parameters that it had', async () => {
    const draft = await opened()
    draft.reset()
    draft.set('attack.params.patchSize', 7)
    draft.chooseMember('attack', current(draft).attack, member('attack', 'blend'))
    expect(current(draft).attack).toEqual({ id: 'blend', params: { strength: 0.2 } })
    draft.chooseMember('attack', current(draft).attack, member('attack', 'badnet_grid'))
    expect(current(draft).attack.params['patchSize']).toBe(7)
  })

  it('has defenses follow the method, but for what the researcher set', async () => {
    const draft = await opened()
    draft.reset()
    draft.setStudents([{ defenses: [draft.freshDefense(member('defense', 'sr'))] }])
    draft.set('students.0.defenses.0.params.portion', 0.5)
    draft.chooseMember('distillation.method', current(draft).distillation.method, member('distillation', 'cmi'))
    expect(current(draft).distillation.method.id).toBe('cmi')
    expect(current(draft).students[0]?.defenses[0]).toEqual({ id: 'sr', params: { rounds: 9, portion: 0.5 } })
    expect(draft.studentsWith('zskt')[0]?.defenses[0]?.params).toEqual({ rounds: 5, portion: 0.5 })
  })

  it('does nothing without a draft', async () => {
    const draft = await opened()
    draft.set('name', 'Mine')
    expect(draft.config).toBeNull()
    expect(draft.studentsWith('cmi')).toEqual([])
  })
})
