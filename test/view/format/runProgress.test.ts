import { expect, it } from 'vitest'
import type { RunSummary, StageRecord } from '@shared/domain'
import { runProgress } from '@renderer/format/runProgress'

const stage = (id: string, state: StageRecord['state'], secondsLeft: number | null = null): StageRecord =>
  ({ id, kind: id.split('-')[0], state, step: 0, totalSteps: 100, secondsLeft }) as StageRecord
const leftOf = (stages: StageRecord[], estimated: Record<string, number> = {}): number | null =>
  runProgress({ state: 'running', stages } as RunSummary, estimated).secondsLeft

it('adds up stages that train one after the other', () =>
  expect(
    leftOf([stage('data', 'done'), stage('teacher', 'running', 10), stage('student-1', 'waiting')], {
      'student-1': 30,
    }),
  ).toBe(40))

it('takes the longest of students that train at once', () =>
  expect(
    leftOf([stage('teacher', 'done'), stage('student-1', 'running', 88), stage('student-2', 'running', 102)]),
  ).toBe(102))

it('puts what waits where a place becomes free first', () =>
  expect(
    leftOf([stage('student-1', 'running', 20), stage('student-2', 'running', 50), stage('student-3', 'waiting')], {
      'student-3': 25,
    }),
  ).toBe(50))

it('says nothing where a remaining stage has no figure', () =>
  expect(leftOf([stage('student-1', 'running', 20), stage('student-2', 'waiting')])).toBeNull())
