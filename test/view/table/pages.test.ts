import { describe, expect, it } from 'vitest'
import { createPages } from '@renderer/table/pages'
import { deferred } from '../fakeConnection'

const list = Array.from({ length: 1000 }, (_, index) => index)
function counted() {
  const asked: number[] = []
  const pages = createPages<number>({
    size: 10,
    onFailure: () => undefined,
    load: (offset, limit) => {
      asked.push(offset / 10)
      return Promise.resolve({ items: list.slice(offset, offset + limit), count: list.length })
    },
  })
  return { asked, pages }
}

describe('createPages', () => {
  it('reaches the last of a long list, and asks for what is in sight alone', async () => {
    const { asked, pages } = counted()
    pages.need(0, 12)
    await pages.settled()
    pages.need(985, 999)
    await pages.settled()
    expect(pages.at(999)).toBe(999)
    expect(asked).toEqual([0, 1, 98, 99])
  })
  it('forgets what is far away, so that a long scroll does not keep everything', async () => {
    const { pages } = counted()
    for (let line = 0; line < 1000; line += 10) {
      pages.need(line, line + 9)
      await pages.settled()
    }
    expect(pages.at(0)).toBeUndefined()
    expect(list.filter((line) => pages.at(line) !== undefined).length).toBeLessThanOrEqual(130)
  })
  it('keeps old items while new ones come, and asks again for what changed on the way', async () => {
    let answer = deferred<string>()
    let asked = 0
    const pages = createPages<string>({
      onFailure: () => undefined,
      load: async () => {
        asked++
        return { items: [await answer.promise], count: 1 }
      },
    })
    pages.need(0, 0)
    answer.resolve('old')
    await pages.settled()
    answer = deferred()
    pages.renew()
    expect(pages.at(0)).toBe('old')
    pages.renew()
    answer.resolve('new')
    await pages.settled()
    expect(pages.at(0)).toBe('new')
    expect(asked).toBe(3)
  })
  it('looks again at a list that was empty', async () => {
    let items: string[] = []
    const pages = createPages<string>({
      onFailure: () => undefined,
      load: () => Promise.resolve({ items, count: items.length }),
    })
    pages.need(0, 40)
    await pages.settled()
    expect(pages.count.value).toBe(0)
    items = ['brought back']
    pages.renew()
    await pages.settled()
    expect(pages.at(0)).toBe('brought back')
  })
  it('tells a failure once and tries again when it is asked again', async () => {
    let fails = true
    let failures = 0
    const pages = createPages<string>({
      onFailure: () => failures++,
      load: () => (fails ? Promise.reject(new Error('no')) : Promise.resolve({ items: ['here'], count: 1 })),
    })
    pages.need(0, 0)
    await pages.settled()
    expect(failures).toBe(1)
    fails = false
    pages.need(0, 0)
    await pages.settled()
    expect(pages.at(0)).toBe('here')
  })
})
