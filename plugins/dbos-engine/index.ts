import { Type } from 'typebox'
import { checkOptions, notInstalled, type Executor } from 'zds'
import type { DbosOptions } from './options.ts'

export type { DbosOptions } from './options.ts'

const schema = Type.Object(
  { connection: Type.Unknown(), project: Type.Unknown(), atOnce: Type.Optional(Type.Integer({ minimum: 1 })) },
  { additionalProperties: false },
)

/**
 * Carries runs out in as many processes as lend themselves (`zds worker`), over queues of DBOS in
 * the database of `postgresState`: `engine` of a configuration. The packages are loaded when a run
 * is asked for, or a process lent.
 */
export function dbosEngine(options: DbosOptions): Executor {
  checkOptions('dbosEngine', schema, options)
  return {
    ask: (post) => {
      // What is missing is said before a run begins.
      const connection = options.connection()
      const asked = import('./ask.ts').catch(notInstalled)
      asked.catch(() => undefined)
      const opened = (): Promise<import('./ask.ts').Asking> =>
        asked.then(({ asking }) => asking(connection, options, post))
      let open: ReturnType<typeof opened> | undefined
      return {
        perform: async (...task) => (await (open ??= opened())).perform(...task),
        close: async () => (await open)?.close(),
      }
    },
    serve: async (service) => (await import('./serve.ts').catch(notInstalled)).serve(options, service),
  }
}
