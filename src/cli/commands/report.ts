import { mkdir } from 'node:fs/promises'
import { join, parse, resolve } from 'node:path'
import { ZdsError } from '../../core/errors.ts'
import { opCounts, type SyncPlan } from '../../core/plan/plan.ts'
import { redact } from '../../core/secrets.ts'
import { documentOf, tell } from '../output.ts'
import { refuseOthers, unsaved, writePrivately, type Replaced } from '../private-file.ts'
import { junitOf } from '../render/junit.ts'
import { commentOf } from '../render/markdown.ts'
import { pageOf } from '../render/page/page.ts'
import type { Subject } from '../render/page/subject.ts'
import { subjectOf } from '../subject.ts'

export type ReportOptions = {
  config?: string
  env?: string
  html?: string
  markdown?: string
  junit?: string
  gitlab?: string
}

/** How each form is written, of a subject and the syncs whose records it tells. */
const FORMS = { html: pageOf, markdown: commentOf, junit: junitOf } as const

/** How each form begins. */
const BEGINNINGS = {
  html: /^<!doctype html>\s*<html lang="en">/,
  markdown: /^## (?:Plan as of|Run) /,
  junit: /^<\?xml [^>]*>\s*<testsuites name="zds">/,
  gitlab: /^\{\s*"create":/,
} as const

/**
 * `zds report [RUN|PLAN]`: a plan, or a run and what became of it, as a page, for a merge request,
 * and for the reports of CI. What an instance keeps to itself is in files of its own (OPS-08).
 */
export async function reportCommand(asked: string, options: ReportOptions, signal: AbortSignal): Promise<number> {
  const { gitlab } = options
  const files = (['html', 'markdown', 'junit'] as const).flatMap((form) => {
    const file = options[form]
    return file === undefined ? [] : [{ form, file: resolve(file) }]
  })
  if (files.length === 0 && gitlab === undefined) throw nothingAsked()
  const directory = gitlab === undefined ? undefined : resolve(gitlab)
  const subject = await subjectOf(asked, options, signal)
  const written: Written[] = files.flatMap(({ form, file }) =>
    partsOf(subject).map(({ suffix, named }): Written => ({
      form,
      file: beside(file, suffix),
      text: FORMS[form](subject, named),
    })),
  )
  if (directory !== undefined) {
    await mkdir(directory, { recursive: true }).catch(unsaved(directory))
    written.push(
      ...subject.plan.syncs.map((sync): Written => ({
        form: 'gitlab',
        file: join(directory, `${inFileName(sync.name)}.json`),
        text: terraform(sync),
      })),
    )
  }
  for (const { form, file } of written) await refuseOthers(file, replacedBy(form))
  for (const { file, text } of written) await writePrivately(file, redact(text)).catch(unsaved(file))
  tell(written.map(({ file }) => `Wrote ${file}`))
  return 0
}

type Written = { readonly form: keyof typeof BEGINNINGS; readonly file: string; readonly text: string }

const replacedBy = (form: Written['form']): Replaced => ({
  isOurs: (start) => BEGINNINGS[form].test(start),
  kind: 'report of this form',
  option: `--${form}`,
})

/** Everything that may be told in one file, and each instance that keeps its records to itself. */
function partsOf({ plan }: Subject): { suffix: string; named: SyncPlan[] }[] {
  const confined = plan.syncs.filter((sync) => sync.confined === true)
  const apart = Map.groupBy(confined, ({ instance }) => instance)
  const open = plan.syncs.filter((sync) => sync.confined !== true)
  return [
    { suffix: '', named: open },
    ...[...apart].map(([instance, named]) => ({ suffix: `.${inFileName(instance)}`, named })),
  ]
}

/** A name of a plan, which somebody may have written: it leads to no other directory. */
const inFileName = encodeURIComponent

/** `report.html` as `report.us-gov.html`. */
function beside(file: string, suffix: string): string {
  const { dir, name, ext } = parse(file)
  return join(dir, `${name}${suffix}${ext}`)
}

/** What a merge request shows of a plan (`reports:terraform` of GitLab). */
function terraform(sync: SyncPlan): string {
  const { create, update, retire, remove } = opCounts(sync)
  return [...documentOf({ create, update, delete: retire + remove })].join('')
}

const nothingAsked = (): ZdsError =>
  new ZdsError('USAGE', 'zds report was not told what to write', {
    hint: 'Name at least one of --html FILE, --markdown FILE, --junit FILE, --gitlab DIR.',
  })
