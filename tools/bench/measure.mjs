/** Times subjects in turn, so that a busy machine disturbs each alike. */
import { say } from '../../src/main/setup/report.mjs'
import { startSubject } from './subject.mjs'

/**
 * All phases of all subjects, one after another.
 * @param keepGoing a subject that fails is left out and named in `failed`, where otherwise the failure is everybody's
 * `question` of a definition is asked before the rounds, and its answer is in `numbers`.
 * @returns samples of the repeats; the first call of each phase, with what is compiled in it; facts of the subjects
 */
export async function measure(definitions, { phases, warmUps, repeats, title, keepGoing = false }) {
  const failed = {}
  const numbers = {}
  const [subjects, samples, firstCalls] = [[], [], []]
  const attempt = async (name, work) => {
    if (!keepGoing) return work()
    try {
      return await work()
    } catch (error) {
      failed[name] = error instanceof Error ? error.message : String(error)
      say(`${name} is left out: ${failed[name].split('\n').at(-1)}`)
      return undefined
    }
  }
  const one = async (subject, phase, round) => {
    const times = await subject.ask(phase)
    if (round === -warmUps) firstCalls.push({ subject: subject.name, phase, times })
    if (round >= 0) samples.push({ subject: subject.name, phase, times })
  }
  try {
    for (const definition of definitions) {
      const subject = await attempt(definition.name, () => startSubject(definition))
      if (subject) subjects.push(subject)
    }
    for (const subject of subjects) {
      const { question } = definitions.find(({ name }) => name === subject.name)
      if (question !== undefined)
        await attempt(subject.name, async () => {
          const start = performance.now()
          numbers[subject.name] = await subject.ask(question)
          firstCalls.push({
            subject: subject.name,
            phase: 'numbers',
            times: { total: (performance.now() - start) / 1000 },
          })
        })
    }
    for (let round = -warmUps; round < repeats; round += 1) {
      say(
        `${title}: ${round < 0 ? `warm-up ${round + warmUps + 1} of ${warmUps}` : `repeat ${round + 1} of ${repeats}`}`,
      )
      for (const phase of phases)
        for (const subject of inTurn(subjects, round))
          if (subject.phases.includes(phase) && failed[subject.name] === undefined)
            await attempt(subject.name, () => one(subject, phase, round))
    }
    return {
      samples: samples.filter(({ subject }) => failed[subject] === undefined),
      firstCalls,
      numbers,
      failed,
      facts: Object.fromEntries(subjects.map((subject) => [subject.name, subject.facts])),
    }
  } finally {
    await Promise.all(subjects.map((subject) => subject.end()))
  }
}

/** The order turns: none always follows the same other. */
const inTurn = (subjects, round) => subjects.map((_, place) => subjects[(place + Math.max(round, 0)) % subjects.length])
