/** Whether all subjects compute the same: losses and norms of gradients on the same weights and inputs, before a step. */
import fs from 'node:fs'
import path from 'node:path'

/** Relative; float32 sums in another order reach a few 1e-6 in losses, and more in norms of small gradients. */
const bound = 1e-3

const titles = {
  generatorLoss: 'generator loss',
  generatorGradient: "norm of the generator's gradient",
  studentLoss: 'student loss',
  studentGradient: "norm of the student's gradient",
  teacherLoss: 'teacher loss',
}

/** What a subject is asked for before its rounds. */
export const numbersQuestion = (folder) => `numbers ${folder}`

export const numbersWritten = (folder) => fs.existsSync(path.join(folder, 'inputs.safetensors'))

/**
 * Relative differences from the numbers of `from`, and the float32 subjects that differ by more than 1e-3 in one.
 * @param {Record<string, Record<string, number>>} numbers subject → quantity → number
 * @param {{ from: string, float32: string[] }} whose
 */
export function differencesOf(numbers, { from, float32 }) {
  const wanted = numbers[from]
  if (!wanted) return undefined
  const differences = Object.fromEntries(
    Object.entries(numbers).map(([subject, got]) => [
      subject,
      Object.fromEntries(
        Object.keys(titles).map((name) => [name, Math.abs(got[name] - wanted[name]) / Math.abs(wanted[name])]),
      ),
    ]),
  )
  const strange = float32.filter(
    (subject) => differences[subject] && !Object.values(differences[subject]).every((value) => value <= bound),
  )
  return { from, values: wanted, differences, strange }
}

export function numbersSection({ numbers }) {
  if (!numbers) return []
  const names = Object.keys(titles)
  return [
    '## The same numbers',
    '',
    `Losses and norms of gradients of every subject on the same weights and inputs, before the first update, as relative differences from the plain loop in float32 (at most ${bound} in float32${numbers.strange.length === 0 ? '' : `; **${numbers.strange.join(', ')} differ by more: their times compare nothing**`}).`,
    '',
    `| ${['', ...names.map((name) => titles[name])].join(' | ')} |`,
    `|---|${names.map(() => '---|').join('')}`,
    ...Object.entries(numbers.differences).map(
      ([subject, difference]) =>
        `| ${[subject, ...names.map((name) => difference[name].toExponential(1))].join(' | ')} |`,
    ),
    '',
  ]
}
