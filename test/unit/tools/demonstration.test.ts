import { expect, it } from 'vitest'
import { fallsShort, promise, summaryLines } from '../../../tools/demonstration/promise.mjs'

const kept = {
  seed: 3,
  seconds: 200,
  teacher: { accuracy: 0.99, asr: 0.96 },
  students: [
    { accuracy: 0.9, asr: 0.85 },
    { accuracy: 0.83, asr: 0.2 },
  ],
}

it('says nothing of a run that keeps the promise, at its limits too', () => expect(fallsShort(kept)).toEqual([]))

it('names each part that falls short, with what was wanted: of the defended students the last is promised', () => {
  const short = fallsShort({
    seed: 4,
    seconds: promise.seconds + 1,
    teacher: { accuracy: 0.99, asr: 0.949 },
    students: [
      { accuracy: 0.79, asr: 0.85 },
      { accuracy: 0.6, asr: 0.9 },
      { accuracy: 0.71, asr: 0.21 },
    ],
  })
  expect(short).toEqual([
    'Seed 4: teacher 99.0 % / 94.9 %, wanted 95.0 % / 95.0 %.',
    'Seed 4: student without a defense 79.0 % / 85.0 %, wanted 80.0 % / 80.0 %.',
    'Seed 4: defended student 71.0 % / 21.0 %, wanted an accuracy of at least 72.0 %.',
    'Seed 4: defended student 71.0 % / 21.0 %, wanted an ASR of at most 20.0 %.',
    'Seed 4: 361 s, wanted at most 360 s.',
  ])
})

it('tells the rates of each model in a line', () =>
  expect(summaryLines([kept])).toEqual(['seed 3: teacher 99.0 % / 96.0 %; 90.0 % / 85.0 %; 83.0 % / 20.0 %; 200 s']))
