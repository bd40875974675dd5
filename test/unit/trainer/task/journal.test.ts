import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { decodeLine } from '../../../../src/main/engine/protocol/journalLines'
import type { TaskReport } from '../../../../src/main/engine/protocol/taskFolder'
import { writeCheckpoint } from '../../../../src/main/engine/trainer/checkpoints'
import { createJournal, openJournalDisk, type JournalDisk } from '../../../../src/main/engine/trainer/task/journal'
import { float32Tensor } from '../../../../src/main/engine/weights/weightMap'
import { listCheckpoints } from '../../../../src/main/engine/protocol/checkpointFiles'

/** A disk in memory that fails when it is told to. */
class FailingDisk implements JournalDisk {
  bytes = Buffer.alloc(0)
  /** What would survive a power cut. */
  durable = 0
  room = Infinity
  syncFails = false

  append(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, Math.max(0, this.room - this.bytes.length))
    if (taken === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    this.bytes = Buffer.concat([this.bytes, bytes.subarray(0, taken)])
    return taken
  }
  sync(): Promise<void> {
    if (this.syncFails) return Promise.reject(new Error('EIO: i/o error, fsync'))
    this.durable = this.bytes.length
    return Promise.resolve()
  }
  truncate(size: number): void {
    this.bytes = this.bytes.subarray(0, size)
  }
  close(): void {
    /* nothing to close */
  }
  lines(bytes = this.bytes): TaskReport[] {
    return bytes
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((text) => decodeLine(text).report)
  }
}

const said = (message: string): TaskReport => ({ type: 'log', level: 'info', message })
const failed: TaskReport = { type: 'failed', causes: [] }
const picture: TaskReport = {
  type: 'images',
  grid: { file: 'images/000000001.png', bytes: 1 },
  labels: { step: 1, count: 1, height: 1, width: 1, channels: 1 },
}
const nothing = (): void => undefined

let disk: FailingDisk
beforeEach(() => {
  disk = new FailingDisk()
})

describe('a journal', () => {
  it('numbers its lines without a gap, in the order of the reports, a picture’s line behind its file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'abd-journal-')), 'a.jsonl')
    const journal = createJournal(openJournalDisk(file))
    let written: () => void = nothing
    journal.write(said('first'))
    journal.writeAfter(
      () =>
        new Promise((resolve) => {
          written = () => resolve(picture)
        }),
    )
    journal.write(said('last'))
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2)
    written()
    await journal.settle()
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').map(decodeLine)
    expect(lines.map(({ number, report }) => [number, report])).toEqual([
      [0, said('first')],
      [1, picture],
      [2, said('last')],
    ])
    expect(() => openJournalDisk(file)).toThrow('EEXIST')
  })

  it('leaves no part of a line that found no room, and its end is written when there is room again', async () => {
    const journal = createJournal(disk)
    journal.write(said('first'))
    disk.room = disk.bytes.length + 10
    expect(() => journal.write(said('too long'))).toThrow('ENOSPC')
    expect(disk.lines()).toEqual([said('first')])
    await expect(journal.settle()).rejects.toThrow('ENOSPC')
    expect(() => journal.write(said('after'))).toThrow('ENOSPC')
    expect(await journal.end(failed, () => void (disk.room = Infinity))).toBe(true)
    expect(disk.lines()).toEqual([said('first'), failed])
  })

  it('says where even the end finds no room', async () => {
    const journal = createJournal(disk)
    disk.room = 3
    expect(await journal.end(failed, nothing)).toBe(false)
    expect(disk.bytes).toHaveLength(0)
  })

  it('is ended also where no room could be made and there is some', async () => {
    const journal = createJournal(disk)
    const broken = (): never => {
      throw new Error('EIO')
    }
    expect(await journal.end(failed, broken)).toBe(true)
    expect(disk.lines()).toEqual([failed])
  })

  it('tells a picture that could not be written with the next report', async () => {
    const journal = createJournal(disk)
    journal.writeAfter(() => Promise.reject(new Error('ENOSPC: no space left on device, open')))
    await expect(journal.settle()).rejects.toThrow('ENOSPC')
    expect(() => journal.write(said('next'))).toThrow('ENOSPC')
  })

  it('does not believe a sync after one that failed', async () => {
    const journal = createJournal(disk)
    journal.write(said('first'))
    disk.syncFails = true
    await expect(journal.settle()).rejects.toThrow('EIO')
    disk.syncFails = false
    await expect(journal.settle()).rejects.toThrow('EIO')
  })
})

describe('a checkpoint', () => {
  const write = (folder: string, settle: () => Promise<void>) =>
    writeCheckpoint({
      folder,
      step: 7,
      seconds: 1,
      snapshot: { tensors: new Map([['a', float32Tensor([1], new Float32Array(1))]]), plain: {}, streams: [] },
      keep: () => false,
      settle,
    })

  it('gets its name when the journal is on disk, never before', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'abd-ahead-'))
    const journal = createJournal(disk)
    journal.write(said('step 7'))
    let atSettle: number | null = null
    await write(folder, async () => {
      expect(listCheckpoints(folder)).toEqual([])
      await journal.settle()
      atSettle = disk.durable
    })
    expect(disk.lines(disk.bytes.subarray(0, atSettle ?? 0))).toEqual([said('step 7')])
    expect(listCheckpoints(folder).map(({ step }) => step)).toEqual([7])
  })

  it.each([
    ['the journal cannot be synced', () => void (disk.syncFails = true)],
    ['its line finds no room', () => void (disk.room = 0)],
  ])('is not there where %s', async (_why, breakDisk) => {
    const folder = mkdtempSync(join(tmpdir(), 'abd-ahead-'))
    const journal = createJournal(disk)
    breakDisk()
    journal.writeAfter(() => Promise.resolve(picture))
    await expect(write(folder, () => journal.settle())).rejects.toThrow(/EIO|ENOSPC/)
    expect(listCheckpoints(folder)).toEqual([])
  })
})
