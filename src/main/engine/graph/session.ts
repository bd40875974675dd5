/** A graph loaded into TensorFlow: a session with its own variables, reached through the binding's SavedModel calls. */
import fs from 'node:fs'
import path from 'node:path'
import type * as tf from '@tensorflow/tfjs-core'
import { makeTemporaryFolder } from '../../machine/temporaries.mjs'
import { tensorId, type NodeBackend } from './backend'
import { encodeSavedModel, type GraphNode } from './graphDef'
import type { StepPorts } from './stepGraph'

export class GraphSession {
  private constructor(
    private readonly backend: NodeBackend,
    private readonly id: number,
  ) {}

  /** Writes the graph into a private temporary folder, which is gone again when this returns. */
  static load(backend: NodeBackend, nodes: readonly GraphNode[]): GraphSession {
    const folder = makeTemporaryFolder('abd-graph')
    try {
      fs.writeFileSync(path.join(folder, 'saved_model.pb'), encodeSavedModel(nodes), { mode: 0o600 })
      return new GraphSession(backend, backend.binding.loadSavedModel(folder, 'serve'))
    } finally {
      fs.rmSync(folder, { recursive: true, force: true })
    }
  }

  /** One tensor per fetch, owned by the caller. */
  run(ports: StepPorts, feeds: readonly tf.TensorInfo[]): tf.Tensor[] {
    const { backend } = this
    const ids = feeds.map((tensor) => tensorId(backend, tensor))
    const results = backend.binding.runSavedModel(this.id, ids, ports.feeds.join(','), ports.fetches.join(','))
    return results.map((metadata) => backend.createOutputTensor(metadata))
  }

  dispose(): void {
    this.backend.binding.deleteSavedModel(this.id)
  }
}
