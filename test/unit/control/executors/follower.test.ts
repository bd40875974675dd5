import { mkdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  followJournal,
  readJournal,
  type FollowFrom,
  type Follower,
} from '../../../../src/main/engine/control/executors/journal/follower'
import { journalFile } from '../../../../src/main/engine/protocol/taskFiles'
import { taskFiles, type JournalPosition, type TaskReport } from '../../../../src/main/engine/protocol/taskFolder'
import { createHandJournal, lineOf, type HandJournal } from '../../../fixtures/journals'

let task: HandJournal
let heard: string[]
let positions: JournalPosition[]
const followers: Follower[] = []
beforeEach(() => {
  task = createHandJournal()
  heard = []
  positions = []
})
afterEach(() => {
  for (const follower of followers.splice(0)) follower.stop()
  rmSync(task.folder, { recursive: true, force: true })
})

const hear = (report: TaskReport, at: JournalPosition): void => {
  heard.push(report.type === 'log' ? `${report.level === 'warn' ? '! ' : ''}${report.message}` : report.type)
  positions.push(at)
}
const follow = (from: FollowFrom = null): Follower => {
  const follower = followJournal({ folder: task.folder, from, interval: 5, onReport: hear })
  followers.push(follower)
  return follower
}
const read = (from: FollowFrom = null) => readJournal({ folder: task.folder, from, onReport: hear })
const untilHeard = (wanted: readonly string[]) => vi.waitFor(() => expect(heard).toEqual(wanted), { timeout: 10_000 })
const later = (milliseconds = 40) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('a journal that is being written', () => {
  it('is heard from before there is a folder to its last line, and then no more', async () => {
    const follower = follow()
    await later()
    task.take('1')
    task.tell('1', ['a'])
    await untilHeard(['a'])
    task.tell('1', ['b', 'c'])
    await follower.finish()
    expect(heard).toEqual(['a', 'b', 'c'])
    task.tell('1', ['d'])
    await later()
    expect(heard).toEqual(['a', 'b', 'c'])
  })

  it('is read up to its last line end', async () => {
    task.take('1')
    follow()
    const text = lineOf(0, 'ä half')
    // In the middle of a letter of two bytes.
    const bytes = Buffer.from(text)
    const cut = bytes.indexOf(0xc3) + 1
    const { appendFileSync } = await import('node:fs')
    appendFileSync(journalFile(task.folder, '1'), bytes.subarray(0, cut))
    await later()
    expect(heard).toEqual([])
    appendFileSync(journalFile(task.folder, '1'), bytes.subarray(cut))
    await untilHeard(['ä half'])
  })

  it('may hold lines longer than what is read at once', async () => {
    task.take('1')
    const long = 'x'.repeat(300_000)
    task.tell('1', ['a', long, 'b', long])
    await read()
    expect(heard).toEqual(['a', long, 'b', long])
  })

  it('stopped in the middle is not heard any more', async () => {
    task.take('1')
    task.tell('1', ['a', 'b', 'c'])
    const follower = followJournal({
      folder: task.folder,
      from: null,
      interval: 5,
      onReport: (report, at) => {
        hear(report, at)
        follower.stop()
      },
    })
    await later()
    expect(heard).toEqual(['a'])
  })
})

describe('what happens to lines', () => {
  beforeEach(() => task.take('1'))

  it('a damaged one is told and skipped, and is not also told as missing', async () => {
    task.tell('1', ['a'])
    task.append('1', '{"number":1,"time":5,"repo\u0000\u0000\n')
    task.tell('1', ['c'], 2)
    await read()
    expect(heard).toEqual(['a', expect.stringMatching(/^! A damaged line of the journal was skipped: /), 'c'])
  })

  it('garbage between good ones takes none of them away', async () => {
    task.tell('1', ['a'])
    task.append('1', 'no line\n')
    task.tell('1', ['b'])
    await read()
    expect(heard).toEqual(['a', expect.stringMatching(/^! A damaged line/), 'b'])
  })

  it('one that comes twice is heard once', async () => {
    task.tell('1', ['a', 'b'])
    task.tell('1', ['a', 'b', 'c'], 0)
    await read()
    expect(heard).toEqual(['a', 'b', 'c'])
  })

  it('missing ones are told', async () => {
    task.tell('1', ['a'])
    task.tell('1', ['e', 'f'], 4)
    await read()
    expect(heard).toEqual(['a', '! 3 lines of the journal are missing.', 'e', 'f'])
  })

  it('clocks order nothing', async () => {
    for (const [number, time] of [9e12, -5, 0].entries())
      task.append(
        '1',
        `${JSON.stringify({ number, time, report: { type: 'log', level: 'info', message: `${number}` } })}\n`,
      )
    await read()
    expect(heard).toEqual(['0', '1', '2'])
  })
})

describe('a file system that fails for a while', () => {
  it('is tried again: nothing is lost, nothing comes twice', async () => {
    task.take('1')
    task.tell('1', ['a'])
    follow()
    await untilHeard(['a'])
    const aside = join(task.folder, 'aside')
    renameSync(join(task.folder, taskFiles.journal), aside)
    await later()
    renameSync(aside, join(task.folder, taskFiles.journal))
    task.tell('1', ['b'])
    await untilHeard(['a', 'b'])
    renameSync(journalFile(task.folder, '1'), aside)
    await later()
    renameSync(aside, journalFile(task.folder, '1'))
    task.tell('1', ['c'])
    await untilHeard(['a', 'b', 'c'])
  })

  it('a journal shorter than it was, after a power cut, is waited at and told no second time', async () => {
    task.take('1')
    task.tell('1', ['a', 'b'])
    const { size } = statSync(journalFile(task.folder, '1'))
    await read()
    truncateSync(journalFile(task.folder, '1'), size - 5)
    await read(positions.at(-1) ?? null)
    expect(heard).toEqual(['a', 'b'])
    task.take('2')
    task.tell('2', ['c'])
    await read(positions.at(-1) ?? null)
    expect(heard).toEqual(['a', 'b', 'c'])
  })
})

describe('attempts', () => {
  it('are read in their order, each to where it was when the next one took over', async () => {
    task.take('1')
    task.tell('1', ['a'])
    follow()
    await untilHeard(['a'])
    task.tell('1', ['b'])
    task.take('2')
    task.tell('2', ['c'])
    await untilHeard(['a', 'b', 'c'])
    task.tell('1', ['from the dead'])
    task.tell('2', ['d'])
    await untilHeard(['a', 'b', 'c', 'd'])
  })

  it('begun but beaten at the fence are not read: of two at the same moment one lost', async () => {
    task.take('2')
    task.take('1')
    task.tell('2', ['loser'])
    task.tell('1', ['winner'])
    const follower = follow()
    await untilHeard(['winner'])
    task.take('3')
    task.tell('3', ['next'])
    await follower.finish()
    expect(heard.at(-1)).toBe('next')
  })

  it('are not told again from a position: every position is one to begin at', async () => {
    task.take('1')
    task.tell('1', ['a', 'b'])
    task.append('1', 'damage\n')
    task.tell('1', ['c'])
    task.take('2')
    task.tell('2', ['d', 'e'])
    await read()
    const whole = [...heard]
    for (const [index, at] of [...positions].entries()) {
      heard = []
      await read(at)
      expect(heard).toEqual(whole.slice(index + 1))
    }
    heard = []
    await read({ after: '1' })
    expect(heard).toEqual(['d', 'e'])
    heard = []
    await read({ after: '2' })
    expect(heard).toEqual([])
  })

  it('say how the newest one ended', async () => {
    task.take('1')
    task.append('1', `${JSON.stringify({ number: 0, time: 1, report: { type: 'failed', causes: [] } })}\n`)
    expect((await read()).end).toEqual({ type: 'failed', causes: [] })
    task.take('2')
    task.tell('2', ['again'])
    expect((await read()).end).toBeNull()
  })
})

describe('a journal that is read before its stage goes on', () => {
  it('and cannot be, is no reason to go on without it', async () => {
    task.take('1')
    task.tell('1', ['a'])
    rmSync(journalFile(task.folder, '1'))
    mkdirSync(journalFile(task.folder, '1'))
    await expect(read()).rejects.toMatchObject({
      name: 'UserError',
      message: 'What this stage has recorded cannot be read.',
      where: join(task.folder, taskFiles.journal),
    })
  })

  it('is read again from what could not be taken, and nothing after it counts as read', async () => {
    task.take('1')
    task.tell('1', ['a', 'b', 'c'])
    let refusals = 2
    const taking = (report: TaskReport, at: JournalPosition): void => {
      if (refusals > 0 && report.type === 'log' && report.message === 'b') {
        refusals -= 1
        throw new Error('disk I/O error')
      }
      hear(report, at)
    }
    await readJournal({ folder: task.folder, from: null, onReport: taking })
    expect(heard).toEqual(['a', 'b', 'c'])
    refusals = Infinity
    await expect(readJournal({ folder: task.folder, from: null, onReport: taking })).rejects.toThrow('cannot be read')
    expect(heard.slice(3)).toEqual(['a', expect.stringContaining('! The end of the journal could not be read')])
  })

  it('is read also where the fence did not outlive a power cut', async () => {
    task.take('1')
    task.tell('1', ['a'])
    writeFileSync(join(task.folder, taskFiles.attempt), '')
    await read()
    expect(heard).toEqual(['a'])
  })
})
