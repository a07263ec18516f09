import { fork } from 'node:child_process'
import { extname, join } from 'node:path'
import type { Question, ServerScope } from './tools.ts'

/** An answer, or what went wrong, as the text of a JSON document. */
export type ToolText = { readonly failed: boolean; readonly text: string }

const ANSWERING = join(import.meta.dirname, `answering${extname(import.meta.filename)}`)

/**
 * Asks in a process of its own: it sees the configuration as it is now, of which Node would load
 * each file once, and whatever that prints goes to stderr, not into the protocol.
 */
export function ask(question: Question, serving: ServerScope, signal: AbortSignal): Promise<ToolText> {
  const { promise, resolve, reject } = Promise.withResolvers<ToolText>()
  const child = fork(ANSWERING, { stdio: ['ignore', 2, 2, 'ipc'], signal })
  child.once('message', (told) => resolve(told as ToolText)) // as answering.ts sends it
  child.once('error', reject)
  child.once('exit', () => reject(new Error('The process that was asked has ended without an answer')))
  child.send({ question, serving })
  return promise
}
