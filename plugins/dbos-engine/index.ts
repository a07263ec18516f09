import { checkOptions, notInstalled, settingSchema, shape, type Executor, type Workers } from 'zds'
import type { DbosOptions } from './options.ts'

export type { DbosOptions } from './options.ts'

const schema = shape<DbosOptions>({
  connection: {},
  project: settingSchema,
  'atOnce?': { type: 'integer', minimum: 1 },
})

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
      const open = async (): Promise<Workers> => {
        const { asking } = await import('./ask.ts').catch(notInstalled)
        return asking(connection, options, post)
      }
      let opened: Promise<Workers> | undefined
      return {
        perform: async (...task) => (await (opened ??= open())).perform(...task),
        close: async () => (await opened?.catch(() => undefined))?.close(),
      }
    },
    serve: async (service) => (await import('./serve.ts').catch(notInstalled)).serve(options, service),
  }
}
