import { waves, type Stage } from '../../core/config/stages.ts'
import type { Paint } from './paint.ts'

/** Wave by wave, each stage with what it needs. */
export function waveLines(all: readonly Stage[], paint: Paint): string[] {
  return waves(all).flatMap((wave, index) => [
    paint('bold', `wave ${index + 1}`),
    ...wave.map(({ id, needs }) => `  ${id}${needs.length === 0 ? '' : paint('dim', `  <- ${needs.join(', ')}`)}`),
  ])
}

/** A Mermaid flowchart, as GitHub and GitLab draw it. Its words are not names: nodes have numbers. */
export function mermaidLines(all: readonly Stage[]): string[] {
  const node = new Map(all.map(({ id }, index) => [id, `s${index + 1}`]))
  return [
    'flowchart LR',
    ...all.map(({ id }) => `  ${node.get(id)}["${id}"]`),
    ...edges(all).map(([from, to]) => `  ${node.get(from)} --> ${node.get(to)}`),
  ]
}

/** A digraph for Graphviz. */
export function dotLines(all: readonly Stage[]): string[] {
  return [
    'digraph zds {',
    '  rankdir=LR',
    '  node [shape=box]',
    ...all.map(({ id }) => `  ${JSON.stringify(id)}`),
    ...edges(all).map(([from, to]) => `  ${JSON.stringify(from)} -> ${JSON.stringify(to)}`),
    '}',
  ]
}

const edges = (all: readonly Stage[]): (readonly [from: string, to: string])[] =>
  all.flatMap(({ id, needs }) => needs.map((need) => [need, id] as const))
