/** What the calls into TensorFlow take, apart from everything around them. */
import type { TFJSBinding } from '../../src/main/engine/runtime'

export interface Account {
  /** Graphs that were loaded, and seconds in it. */
  readonly loads: number
  readonly loadSeconds: number
  /** Runs of graphs, and seconds in them. */
  readonly runs: number
  readonly runSeconds: number
}

/** Counts from now on. */
export function openAccount(binding: TFJSBinding): () => Account {
  const account = { loads: 0, loadSeconds: 0, runs: 0, runSeconds: 0 }
  const { loadSavedModel, runSavedModel } = binding
  binding.loadSavedModel = (...given) => {
    const began = performance.now()
    const id = loadSavedModel(...given)
    account.loads += 1
    account.loadSeconds += (performance.now() - began) / 1000
    return id
  }
  binding.runSavedModel = (...given) => {
    const began = performance.now()
    const outputs = runSavedModel(...given)
    account.runs += 1
    account.runSeconds += (performance.now() - began) / 1000
    return outputs
  }
  return () => ({ ...account })
}
