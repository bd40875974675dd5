import { expect, it } from 'vitest'
import { addTotals, countSuite, exitCodeOf, summaryLine } from '../../../tools/run/suites.mjs'

const test = (fullName: string, status: string): object => ({ fullName, status })

it("adds up the suites' reports", () => {
  const first = countSuite(
    {
      testResults: [
        {
          name: 'a',
          status: 'passed',
          assertionResults: [test('one', 'passed'), test('two', 'skipped'), test('three', 'todo')],
        },
      ],
    },
    0,
  )
  const second = countSuite(
    {
      testResults: [{ name: 'b', status: 'failed', assertionResults: [test('one', 'failed'), test('two', 'passed')] }],
    },
    1,
  )
  const totals = addTotals([first, second])
  expect(summaryLine(totals)).toBe('2 passed, 1 failed, 2 skipped')
  expect(totals.skippedNames).toEqual(['a: two', 'a: three'])
  expect(exitCodeOf(totals, false)).toBe(1)
})

it('counts a file that cannot be loaded, a crash without a report and an error outside tests as failures', () => {
  expect(
    countSuite({ testResults: [{ name: 'a', status: 'failed', message: 'cannot import', assertionResults: [] }] }, 1)
      .failed,
  ).toBe(1)
  expect(countSuite(undefined, 134)).toMatchObject({ failed: 1, failedNames: ['the suite ended without a report'] })
  expect(
    countSuite({ testResults: [{ name: 'a', status: 'passed', assertionResults: [test('one', 'passed')] }] }, 1).failed,
  ).toBe(1)
})

it('fails on a skip only where everything is required, and on nothing run at all', () => {
  const skipped = countSuite(
    {
      testResults: [{ name: 'a', status: 'passed', assertionResults: [test('one', 'passed'), test('two', 'pending')] }],
    },
    0,
  )
  expect(exitCodeOf(skipped, false)).toBe(0)
  expect(exitCodeOf(skipped, true)).toBe(1)
  const forbidden = { ...skipped, skippedNames: ['a: a small disk: this account may mount no disk'] }
  expect(exitCodeOf(forbidden, true)).toBe(0)
  expect(exitCodeOf(countSuite({ testResults: [] }, 0), false)).toBe(1)
})
