/** What is said of a network that was recognised. */
import type { WeightShapes } from '../architectures'
import { quoteFromFile } from '../../weights/fileText'
import { titleOf, usualSide, type Attempt } from './attempts'
import { isCounter } from './keyDifferences'
import type { Finding } from './types'

export interface Fit {
  found: Attempt
  /** All that fit as well as it does, itself among them. */
  fitting: readonly Attempt[]
  /** The one that was named or is to decide. */
  named: Attempt | null
  namedFits: boolean
  /** Whether somebody named it. */
  asked: boolean
}

/** How the command line names a network. */
const optionsOf = ({ member, params }: Attempt): string =>
  ` --architecture ${member.id}${Object.entries(params)
    .map(([name, value]) => ` --architecture-param ${name}=${String(value)}`)
    .join('')}`

export function recognitionFindings({ found, fitting, named, namedFits, asked }: Fit, shapes: WeightShapes): Finding[] {
  const findings: Finding[] = []
  if (named && asked && !namedFits)
    findings.push({
      severity: 'info',
      message: `The names and shapes are those of ${titleOf(found)}, not of ${titleOf(named)}, which was asked for.`,
    })
  if (!namedFits && fitting.length > 1) {
    const others = fitting.slice(1)
    findings.push({
      severity: 'warning',
      message: `The names and shapes fit ${others.map(titleOf).join(', ')} as well; it is taken for ${titleOf(found)}. Where that is wrong, choose the network in the form, or name it, e.g. abd evaluate${others.slice(0, 1).map(optionsOf).join('')}.`,
    })
  }
  if ([...found.outline.shapes.keys()].some((name) => isCounter(name) && !shapes.has(name))) {
    findings.push({
      severity: 'info',
      message: 'num_batches_tracked is absent, as in files before PyTorch 0.4.1; it starts at 0.',
    })
  }
  if (found.channels !== 3)
    findings.push({
      severity: 'info',
      message: `The first layer takes ${found.channels} ${found.channels === 1 ? 'channel' : 'channels'}.`,
    })
  if (found.side !== usualSide)
    findings.push({ severity: 'info', message: `The last layer takes images of ${found.side} × ${found.side} pixels.` })
  return [...findings, ...surplusFindings(found, shapes)]
}

/** Nothing of a single number. */
const extentsOf = (shape: readonly number[]): string => (shape.length === 0 ? '' : ` [${shape.join(', ')}]`)

const mostSurplus = 6
/** Layers before the network that take mean and deviation away. */
const ownNormalization = /(^|\.)(normali[sz]\w*|norm|preprocess\w*)\.(mean|std|mu|sigma)$|^(mean|std|mu|sigma)$/i

function surplusFindings({ surplus, outline }: Attempt, shapes: WeightShapes): Finding[] {
  if (surplus.length === 0) return []
  const warn = (message: string): Finding => ({ severity: 'warning', message })
  const listed = (names: readonly string[]): string => {
    const shown = names
      .slice(0, mostSurplus)
      .map((name) => `${quoteFromFile(name)}${extentsOf(shapes.get(name) ?? [])}`)
    return `${shown.join(', ')}${names.length > mostSurplus ? ` and ${names.length - mostSurplus} more` : ''}`
  }
  const patterns = new Set([...outline.shapes.keys()].map(patternOf))
  const own = surplus.filter((name) => patterns.has(patternOf(name)))
  const rest = surplus.filter((name) => !own.includes(name))
  const findings = rest.length > 0 ? [warn(`Not used, because the network has no such tensors: ${listed(rest)}.`)] : []
  if (own.length > 0)
    findings.push(
      warn(
        `Not used, though named like the network’s own layers: ${listed(own)}. The file may be of another network; see what it scores.`,
      ),
    )
  if (surplus.some((name) => ownNormalization.test(name)))
    findings.push(
      warn('The network normalised its images itself, with values of its own: choose the pixel values that it takes.'),
    )
  return findings
}

/** `layer5.0.conv1.weight` is named like `layer1.0.conv1.weight`. */
const patternOf = (name: string): string => name.replace(/\d+/g, '#')
