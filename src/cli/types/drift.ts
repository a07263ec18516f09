import { declaredBy, type Asking, type SourceLook } from '../../core/answers/diagnose.ts'
import { well } from '../../core/sights.ts'
import { readNames, TYPES_FILE } from './file.ts'
import { differenceOf, differenceText, namesOf } from './names.ts'

const HINT = 'Run zds types, and look at what the compiler says then.'

/**
 * Whether the declarations beside the configuration are those of the services; nothing where there
 * are none.
 */
export const typesDrift = (asking: Asking): SourceLook => ({
  name: 'types',
  sights: async function* () {
    const file = await readNames(TYPES_FILE)
    if (file === undefined) return
    const { declared, diagnosis } = await declaredBy(asking)
    // What keeps a service from being asked is told by its own look.
    if (diagnosis.findings.length > 0) return
    const message = differenceText(differenceOf(file, namesOf(declared)))
    if (message === '') yield well(TYPES_FILE, 'has the names that the services have')
    else yield { level: 'warning', code: 'TYPES_STALE', where: TYPES_FILE, message, hint: HINT }
  },
})
