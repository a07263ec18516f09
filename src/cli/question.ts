import { createInterface } from 'node:readline/promises'

/** Whether somebody is there to be asked. */
export const isAttended = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/** What somebody answers; undefined where they end the input instead. Throws what the signal says. */
export async function answerTo(question: string, signal: AbortSignal): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // While it reads a line, the terminal gives Ctrl+C as a key, not as a signal.
  terminal.once('SIGINT', () => process.emit('SIGINT'))
  try {
    return (await terminal.question(question, { signal })).trim()
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error && error.name === 'AbortError') return undefined // Ctrl+D
    throw error
  } finally {
    terminal.close()
  }
}
