import { ref } from 'vue'
import { afterEach, describe, expect, it } from 'vitest'
import { useFollowedChoice } from '@renderer/composables/useFollowedChoice'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => bench.dispose())
function choiceOf(initial: number[]) {
  bench = createBench()
  const list = ref(initial)
  const subject = ref('student-1')
  const choice = bench.use(() =>
    useFollowedChoice(
      () => list.value,
      () => subject.value,
    ),
  )
  return { list, subject, ...choice }
}

describe('useFollowedChoice', () => {
  it('follows the newest until another is chosen', () => {
    const { list, value, position, following, choose } = choiceOf([10, 20])
    expect([value.value, position.value, following.value]).toEqual([20, 1, true])
    list.value = [10, 20, 30]
    expect(value.value).toBe(30)
    choose(0)
    list.value = [10, 20, 30, 40]
    expect([value.value, position.value, following.value]).toEqual([10, 0, false])
  })

  it('follows again once the newest is chosen, and keeps to the ends of the list', () => {
    const { list, value, following, choose } = choiceOf([10, 20, 30])
    choose(-5)
    expect(value.value).toBe(10)
    choose(99)
    expect(following.value).toBe(true)
    list.value = [10, 20, 30, 40]
    expect(value.value).toBe(40)
  })

  it('takes the one after it where the chosen one was thinned out, the last where none is left', () => {
    const { list, value, following, choose } = choiceOf([10, 20, 30, 40])
    choose(1)
    list.value = [10, 30, 40]
    expect(value.value).toBe(30)
    list.value = [10]
    expect([value.value, following.value]).toEqual([10, false])
  })

  it('begins anew with another subject', () => {
    const { list, subject, value, following, choose } = choiceOf([10, 20])
    choose(0)
    subject.value = 'student-2'
    list.value = [5, 15]
    expect([value.value, following.value]).toEqual([15, true])
  })

  it('has nothing where there is nothing', () => {
    const { value, position, choose } = choiceOf([])
    choose(3)
    expect([value.value, position.value]).toEqual([null, 0])
  })
})
