/** A process that answers one question: it is told by a message, and tells in another. */
import { brokenBy } from '../../core/config/import.ts'
import { redactedJson } from '../../core/secrets.ts'
import { escapeControls } from '../escapes.ts'
import { answer } from './answer.ts'
import { brief } from './brief.ts'
import { failureOf } from './failure.ts'
import type { ToolText } from './ask.ts'
import type { Question, ServerScope } from './tools.ts'

const exit = process.exit.bind(process)
const stopped = new AbortController()
const stop = (): void => stopped.abort()

// Without a listener Node would open its inspector, to every user of the machine.
process.on('SIGUSR1', () => undefined)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
process.on('disconnect', stop)
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => tell(failed(brokenBy(error) ?? error)))

process.once('message', ({ question, serving }: { question: Question; serving: ServerScope }) => {
  void answer(question, serving, stopped.signal)
    .then((found): ToolText => ({ failed: false, text: textOf(brief(found, question.asked.atMost)) }), failed)
    .then(tell)
})

const failed = (error: unknown): ToolText => ({ failed: true, text: textOf(failureOf(error)) })

/** A document without a known secret in it, as one line. */
const textOf = (document: object): string => escapeControls(redactedJson(document))

/** Whatever a configuration has left running keeps nothing alive. */
function tell(told: ToolText): void {
  if (process.connected) process.send?.(told, () => exit())
  else exit()
}
