import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import { choice, integer, number, type ValuesOf } from '../../../../shared/schema'
import type { NetworkBuilder, VectorLayer } from '../../maths/nn/builder'
import { gelu, selfAttention } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import type { Size } from './residual'
import { countUnits } from './stages'
import { defineArchitecture, type WeightShapes } from './types'

const params = {
  patch: integer({
    label: 'Patch',
    unit: 'px',
    default: 4,
    min: 1,
    max: 64,
    help: 'Side of the squares that become tokens; the image has a whole number of them along each side.',
  }),
  width: integer({ label: 'Width', unit: 'channels', default: 192, min: 8, max: 2048, help: 'Length of a token.' }),
  depth: integer({ label: 'Depth', unit: 'blocks', default: 6, min: 1, max: 48, help: 'Blocks of attention and MLP.' }),
  heads: integer({
    label: 'Heads',
    default: 3,
    min: 1,
    max: 64,
    help: 'Of the attention; the width is a multiple of it. Weights do not tell it: 64 channels each are usual.',
  }),
  expansion: number({
    label: 'MLP',
    unit: 'times',
    default: 4,
    min: 0.25,
    max: 16,
    help: 'Hidden channels of the MLP, as a multiple of the width.',
  }),
  names: choice({
    label: 'Names in files',
    default: 'timm',
    help: 'Whose names the weights bear.',
    advanced: true,
    options: [
      { value: 'timm', label: 'cls_token, blocks.0.attn.qkv, head', help: 'timm, DeiT.' },
      {
        value: 'torchvision',
        label: 'class_token, encoder.layers.encoder_layer_0, heads.head',
        help: 'torchvision.',
      },
    ],
  }),
}
type Parameters = ValuesOf<typeof params>

const epsilon = 1e-6
const deviation = 0.02

interface BlockNames {
  readonly firstNorm: string
  /** Of the layer that gives queries, keys and values; weight and bias may be joined to it by an underscore. */
  readonly joined: { readonly name: string; readonly separator: '.' | '_' }
  readonly projection: string
  readonly secondNorm: string
  readonly hidden: string
  readonly outer: string
}
interface Names {
  readonly classToken: string
  readonly positions: string
  readonly patches: string
  readonly norm: string
  readonly head: string
  block(index: number): BlockNames
}
const namesOf: Record<Parameters['names'], Names> = {
  timm: {
    classToken: 'cls_token',
    positions: 'pos_embed',
    patches: 'patch_embed.proj',
    norm: 'norm',
    head: 'head',
    block: (index) => ({
      firstNorm: `blocks.${index}.norm1`,
      joined: { name: `blocks.${index}.attn.qkv`, separator: '.' },
      projection: `blocks.${index}.attn.proj`,
      secondNorm: `blocks.${index}.norm2`,
      hidden: `blocks.${index}.mlp.fc1`,
      outer: `blocks.${index}.mlp.fc2`,
    }),
  },
  torchvision: {
    classToken: 'class_token',
    positions: 'encoder.pos_embedding',
    patches: 'conv_proj',
    norm: 'encoder.ln',
    head: 'heads.head',
    block(index) {
      const name = `encoder.layers.encoder_layer_${index}`
      return {
        firstNorm: `${name}.ln_1`,
        joined: { name: `${name}.self_attention.in_proj`, separator: '_' },
        projection: `${name}.self_attention.out_proj`,
        secondNorm: `${name}.ln_2`,
        hidden: `${name}.mlp.0`,
        outer: `${name}.mlp.3`,
      }
    },
  },
}

/** Patches along each side. @throws RefusedInputError where they do not cover the image, or the heads not the width */
function gridOf({ patch, width, heads }: Parameters, { height, width: columns }: Size): Size {
  if (width % heads !== 0)
    throw new RefusedInputError('The heads do not share the width evenly.', {
      wanted: `a width that is a multiple of ${heads} heads`,
      got: String(width),
      where: 'heads',
      action: 'Choose another number of heads, or another width.',
    })
  if (height % patch !== 0 || columns % patch !== 0)
    throw new RefusedInputError('The patches do not cover the images.', {
      wanted: `images whose sides are multiples of ${patch} pixels`,
      got: `${height} × ${columns}`,
      where: 'patch',
      action: 'Choose another patch.',
    })
  return { height: height / patch, width: columns / patch }
}

interface BlockOptions extends Pick<Parameters, 'width' | 'heads' | 'expansion'> {
  readonly tokens: number
}

/** x + attention(LN(x)), then x + MLP(LN(x)), on the tokens of all images, [N·T, width]. */
function createBlock(build: NetworkBuilder, names: BlockNames, options: BlockOptions): VectorLayer {
  const { width, heads, expansion, tokens } = options
  const inner = Math.round(width * expansion)
  const common = { initial: deviation, vectors: tokens } as const
  const { name, separator } = names.joined
  const firstNorm = build.layerNorm(names.firstNorm, width, epsilon)
  const joined = build.linear(name, { ...common, inputs: width, outputs: 3 * width, separator })
  const projection = build.linear(names.projection, { ...common, inputs: width, outputs: width })
  const secondNorm = build.layerNorm(names.secondNorm, width, epsilon)
  const hidden = build.linear(names.hidden, { ...common, inputs: width, outputs: inner })
  const outer = build.linear(names.outer, { ...common, inputs: inner, outputs: width })
  return (x, context) => {
    const images = x.shape[0] / tokens
    const seen = selfAttention(joined(firstNorm(x, context), context), { images, tokens, heads })
    const attended = tf.add(x, projection(seen, context)) as tf.Tensor2D
    return tf.add(attended, outer(gelu(hidden(secondNorm(attended, context), context)), context))
  }
}

const define: NetworkDefinition<Parameters> = (build, values, problem) => {
  const { patch, width, depth } = values
  const names = namesOf[values.names]
  const grid = gridOf(values, problem)
  const patches = grid.height * grid.width
  const tokens = patches + 1
  const makePositions = () => build.parameter(names.positions, [1, tokens, width], deviation)
  const makeEmbedding = () =>
    build.convolution(names.patches, {
      inputs: problem.channels,
      outputs: width,
      kernel: patch,
      stride: patch,
      bias: true,
      output: grid,
    })
  const classToken = build.parameter(names.classToken, [1, 1, width], deviation)
  // In the order in which each registers them.
  const { positions, embedding } =
    values.names === 'timm'
      ? { positions: makePositions(), embedding: makeEmbedding() }
      : { embedding: makeEmbedding(), positions: makePositions() }
  const blocks = Array.from({ length: depth }, (_, index) => {
    const block = createBlock(build, names.block(index), { ...values, tokens })
    build.activation?.()
    return block
  })
  const norm = build.layerNorm(names.norm, width, epsilon)
  const head = build.linear(names.head, { inputs: width, outputs: problem.classes, initial: deviation })
  return (images, context) => {
    const [count] = images.shape
    const embedded = tf.reshape(embedding(images, context), [count, patches, width])
    // The class token goes in front, for all images at once: zeros there, and the token with the positions.
    const first = tf.pad(classToken(context) as tf.Tensor3D, [
      [0, 0],
      [0, patches],
      [0, 0],
    ])
    const behind = tf.pad(embedded, [
      [0, 0],
      [1, 0],
      [0, 0],
    ])
    const activations: tf.Tensor4D[] = []
    let x = tf.reshape(tf.add(behind, tf.add(positions(context), first)), [count * tokens, width]) as tf.Tensor2D
    const byImage = (): tf.Tensor3D => tf.reshape(x, [count, tokens, width])
    for (const block of blocks) {
      x = block(x, context)
      const maps = tf.slice(byImage(), [0, 1, 0], [count, patches, width])
      activations.push(tf.reshape(maps, [count, grid.height, grid.width, width]))
    }
    const classRows = tf.reshape(tf.slice(byImage(), [0, 0, 0], [count, 1, width]), [count, width]) as tf.Tensor2D
    const features = norm(classRows, context)
    return { logits: head(features, context), activations, features }
  }
}

/** Channels of a head: those that are usual first, as weights do not tell. */
const usualHeadWidths = [64, 32, 16]

function candidates(shapes: WeightShapes): Partial<Parameters>[] {
  return params.names.options.flatMap(({ value: names }): Partial<Parameters>[] => {
    const known = namesOf[names]
    const [width = 0, , patch = 0] = shapes.get(`${known.patches}.weight`) ?? []
    let depth = names === 'timm' ? countUnits(shapes, 'blocks') : 0
    while (names === 'torchvision' && depth <= params.depth.max && shapes.has(`${known.block(depth).hidden}.weight`))
      depth++
    const inner = shapes.get(`${known.block(0).hidden}.weight`)?.[0] ?? 0
    if (width === 0 || depth === 0 || inner === 0) return []
    return usualHeadWidths
      .filter((headWidth) => width % headWidth === 0)
      .map((headWidth) => ({ patch, width, depth, heads: width / headWidth, expansion: inner / width, names }))
  })
}

/** Names of the paper and of DeiT for widths with heads of 64 channels. */
const sizeNames: Readonly<Record<number, string>> = { 192: 'Ti', 384: 'S', 768: 'B', 1024: 'L' }

/**
 * Vision transformer: patches become tokens beside a class token, blocks of attention and MLP with layer norm before
 * each, a linear layer on the class token. No batch norm, no dropout, no stochastic depth.
 * Activations: the patch tokens after each block, as images. Initial weights: N(0, 0.02²), biases 0; the patch layer as
 * PyTorch's.
 * Reference: Dosovitskiy et al. 2021, arXiv:2010.11929; timm's VisionTransformer (DeiT: Touvron et al. 2021,
 * arXiv:2012.12877) and torchvision's vit.
 */
export const visionTransformer = defineArchitecture({
  id: 'vit',
  title: 'Vision transformer',
  summary: 'ViT and DeiT of any size, for small images or as in timm and torchvision.',
  reference: {
    citation: 'Dosovitskiy et al. 2021, An image is worth 16×16 words',
    link: 'https://arxiv.org/abs/2010.11929',
    place: 'timm/models/vision_transformer.py',
  },
  params,
  batchNorm: false,
  hiddenConvolutions: false,
  presets: {
    small: { title: 'For 32×32 images', params: {} },
    deitTiny: { title: 'DeiT-tiny (timm)', params: { patch: 16, width: 192, depth: 12, heads: 3 } },
    base: {
      title: 'ViT-B/16 (torchvision)',
      params: { patch: 16, width: 768, depth: 12, heads: 12, names: 'torchvision' },
    },
  },
  candidates,
  label: ({ patch, width, depth, heads, expansion, names }) => {
    const size = width === 64 * heads && depth === 12 ? sizeNames[width] : undefined
    const told = [
      ...(size === undefined ? [`${depth} blocks of ${width}`, `${heads} heads`] : []),
      ...(expansion === 4 ? [] : [`MLP ×${expansion}`]),
      ...(names === 'torchvision' ? ['torchvision'] : []),
    ]
    return `ViT${size === undefined ? '' : `-${size}`}/${patch}${told.length > 0 ? ` (${told.join(', ')})` : ''}`
  },
  ...networkOf(define),
})
