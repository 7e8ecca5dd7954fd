/**
 * A matter (事项) is data: who is party to it, which certificates it needs of whom and why, what may stand in their place, which
 * department acts in which step and what it issues. This reads one from JSON and refuses what no case could be run by.
 */
import { z } from 'zod'
import type { TypeDefinition } from '../catalogue/type-definition.ts'
import { Refusal, type FieldError } from '../../protocol/refusal.ts'

const sentence = z.string().trim().min(1).max(300)
const bilingual = { zh: sentence, en: sentence }
const departmentCode = z.string().regex(/^[A-Z][A-Z0-9]{1,11}$/)
const typeShort = z.string().regex(/^[A-Z0-9]{2,12}$/)
/** Names that are typed and printed: `father_named`, `legalRep`. */
const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/)
const effort = z.strictObject({ materials: z.int().min(0).max(99), visits: z.int().min(0).max(99) })

const party = z
  .strictObject({
    role: name,
    ...bilingual,
    holderType: z.enum(['natural', 'legal']),
    /** Who may consent for this party. */
    consent: z.enum(['self', 'guardian', 'self_or_guardian', 'self_or_agent', 'legal_rep_or_manager']),
    min: z.int().min(0).max(20),
    max: z.int().min(1).max(20),
  })
  .refine(({ min, max }) => min <= max, { path: ['min'], message: 'at most max' })

const requirement = z.strictObject({
  /** Short code of the certificate type. */
  cert: typeShort,
  party: name,
  mode: z.enum(['duty', 'consent', 'present']),
  required: z.boolean(),
  /** No department gets any other field of it, on whichever ground. */
  fields: z.array(z.string().min(1).max(64)).min(1).max(60),
  why: z.strictObject(bilingual),
  /** One of the requirements of this group is enough. */
  oneOf: name.optional(),
  /** Asked for only when this condition of the case is true. */
  when: name.optional(),
  /** Days since the first day of its validity. */
  maxAgeDays: z.int().min(1).max(3_650).optional(),
})

const matter = z.strictObject({
  code: z.string().regex(/^[A-Z][A-Z0-9]{1,11}$/),
  version: z.int().min(1).max(999_999),
  ...bilingual,
  purpose: z.string().regex(/^[A-Z_]{2,40}$/),
  leadDept: departmentCode,
  collaborators: z.array(departmentCode).max(20),
  applicantType: z.enum(['natural', 'legal', 'both']),
  crossRegion: z.boolean(),
  promisedWorkdays: z.int().min(0).max(365),
  before: effort,
  after: effort,
  parties: z.array(party).min(1).max(10),
  conditions: z.array(z.strictObject({ code: name, ...bilingual })).max(20),
  requirements: z.array(requirement).max(60),
  /** What stands for a group when none of its certificates is there. */
  fallbacks: z.array(z.strictObject({ group: name, kind: z.literal('declaration'), ...bilingual })).max(20),
  outputs: z
    .array(
      z.strictObject({
        cert: typeShort,
        dept: departmentCode,
        party: name,
        /** `record`: a notarized file (存证) in place of a certificate. */
        kind: z.enum(['certificate', 'record']).optional(),
      }),
    )
    .max(20),
  consent: z.strictObject({
    bundled: z.boolean(),
    defaultValidityDays: z.int().min(1).max(365),
    maxUses: z.int().min(1).max(1_000),
    allPartiesNeeded: z.boolean(),
  }),
  steps: z
    .array(z.strictObject({ dept: departmentCode, ...bilingual }))
    .min(1)
    .max(20),
  sensitive: z.boolean(),
})

/** Stands for the matter where somebody only shows who he is: what he shows is then what is asked for. */
export const NO_MATTER = 'PRESENT'

export type Matter = z.infer<typeof matter>
export type Party = Matter['parties'][number]
export type Requirement = Matter['requirements'][number]
export type Output = Matter['outputs'][number]

/** What a matter is held against. */
export interface Catalogue {
  /** Newest version of each type, by short code. */
  types: ReadonlyMap<string, TypeDefinition>
  departments: ReadonlySet<string>
}

/**
 * The matter that a JSON value is. Refuses MATTER_DEFINITION with every error by field: MATTER_MEMBER (its shape), MATTER_RESERVED (its code),
 * MATTER_DEPARTMENT (not admitted here, or not of this matter), MATTER_TYPE, MATTER_FIELD, MATTER_MODE (a use that the type does not
 * allow), MATTER_PARTY, MATTER_CONDITION, MATTER_GROUP (a fallback for no group, or a group of one), MATTER_DUPLICATE.
 */
export function parseMatter(value: unknown, catalogue: Catalogue): Matter {
  const errors = errorsOfMatter(value, catalogue)
  if (errors.length > 0) throw mattersRefused(errors)
  return matter.parse(value)
}

/** The same for many, each error with the place of its matter as its row. */
export function parseMatters(values: readonly unknown[], catalogue: Catalogue): Matter[] {
  const errors = values.flatMap((value, row) =>
    errorsOfMatter(value, catalogue).map(error => ({ ...error, row })),
  )
  if (errors.length > 0) throw mattersRefused(errors)
  const matters = values.map(value => matter.parse(value))
  const versions = matters.map(({ code, version }) => `${code} ${version}`)
  const again = versions.findIndex((one, row) => versions.indexOf(one) < row)
  if (again >= 0) {
    const found = versions[again]!
    throw mattersRefused([
      { row: again, field: 'code', code: 'MATTER_DUPLICATE', expected: 'each version once', found },
    ])
  }
  return matters
}

/** A matter that was published: it was checked then, so that a type's later version cannot break it. */
export const readMatter = (text: string): Matter => matter.parse(JSON.parse(text))

/** Leads it, works on it, or acts one of its steps. */
export const departmentsOf = ({ leadDept, collaborators, steps }: Matter): string[] => [
  ...new Set([leadDept, ...collaborators, ...steps.map(step => step.dept)]),
]

const MOST_LISTED = 200

function mattersRefused(errors: FieldError[]): Refusal {
  const named = [...new Set(errors.map(error => error.field))].slice(0, 5).join(', ')
  return new Refusal('MATTER_DEFINITION', `the matter cannot be published: ${named}`, {
    errors: errors.slice(0, MOST_LISTED),
  })
}

function errorsOfMatter(value: unknown, catalogue: Catalogue): FieldError[] {
  const parsed = matter.safeParse(value)
  if (!parsed.success) {
    return parsed.error.issues.flatMap(issue => {
      const path = issue.path.map(String)
      const names = issue.code === 'unrecognized_keys' ? issue.keys : [null]
      return names.map(key => ({
        field: (key === null ? path : [...path, key.slice(0, 64)]).join('.') || '.',
        code: 'MATTER_MEMBER',
        expected: key === null ? issue.message : 'no such member',
        found: key === null ? 'another value' : 'an unknown member',
      }))
    })
  }
  const { data } = parsed
  return [
    // Else a matter of that name would be asked of whoever only shows something.
    ...(data.code === NO_MATTER ? [wrong('code', 'MATTER_RESERVED', 'another code', NO_MATTER)] : []),
    ...errorsOfDepartments(data, catalogue),
    ...errorsOfRequirements(data, catalogue),
    ...errorsOfOutputs(data, catalogue),
    ...errorsOfGroups(data),
    ...repeated('parties', data.parties, one => one.role, 'role'),
    ...repeated('conditions', data.conditions, one => one.code, 'code'),
    ...repeated('fallbacks', data.fallbacks, one => one.group, 'group'),
    ...repeated('requirements', data.requirements, one => `${one.cert} of ${one.party}`, 'cert'),
    ...repeated('outputs', data.outputs, one => `${one.cert} of ${one.party}`, 'cert'),
  ]
}

function errorsOfDepartments(data: Matter, { departments }: Catalogue): FieldError[] {
  const own = new Set([data.leadDept, ...data.collaborators])
  const admitted = 'a department that is admitted'
  const taking = 'the lead or a collaborator'
  const named = [
    { field: 'leadDept', code: data.leadDept },
    ...data.collaborators.map((code, i) => ({ field: `collaborators.${i}`, code })),
  ]
  return [
    ...named
      .filter(({ code }) => !departments.has(code))
      .map(({ field, code }) => wrong(field, 'MATTER_DEPARTMENT', admitted, code)),
    ...data.steps.flatMap(({ dept }, i) =>
      own.has(dept) ? [] : [wrong(`steps.${i}.dept`, 'MATTER_DEPARTMENT', taking, dept)],
    ),
    ...data.outputs.flatMap(({ dept }, i) =>
      data.steps.some(step => step.dept === dept)
        ? []
        : [wrong(`outputs.${i}.dept`, 'MATTER_DEPARTMENT', 'a department with a step', dept)],
    ),
  ]
}

function errorsOfRequirements(data: Matter, { types }: Catalogue): FieldError[] {
  const roles = new Set(data.parties.map(({ role }) => role))
  const conditions = new Set(data.conditions.map(({ code }) => code))
  return data.requirements.flatMap((line, i) => {
    const here = `requirements.${i}`
    const errors: FieldError[] = []
    if (!roles.has(line.party)) errors.push(wrong(`${here}.party`, 'MATTER_PARTY', 'a party', line.party))
    if (line.when !== undefined && !conditions.has(line.when)) {
      errors.push(wrong(`${here}.when`, 'MATTER_CONDITION', 'one of the conditions', line.when))
    }
    const type = types.get(line.cert)
    if (type === undefined) {
      return [...errors, wrong(`${here}.cert`, 'MATTER_TYPE', 'a published certificate type', line.cert)]
    }
    if (!type.useModes.includes(line.mode)) {
      errors.push(wrong(`${here}.mode`, 'MATTER_MODE', type.useModes.join(' or '), line.mode))
    }
    const known = new Set(type.fields.map(({ key }) => key))
    line.fields.forEach((field, place) => {
      if (known.has(field) && line.fields.indexOf(field) === place) return
      errors.push(wrong(`${here}.fields.${place}`, 'MATTER_FIELD', `a field of ${line.cert}, once`, field))
    })
    return errors
  })
}

function errorsOfOutputs(data: Matter, { types }: Catalogue): FieldError[] {
  const roles = new Set(data.parties.map(({ role }) => role))
  return data.outputs.flatMap((output, i) => {
    const errors: FieldError[] = []
    if (!roles.has(output.party)) {
      errors.push(wrong(`outputs.${i}.party`, 'MATTER_PARTY', 'a party', output.party))
    }
    if (output.kind !== 'record' && types.get(output.cert)?.issuer !== output.dept) {
      const expected = `a certificate type that ${output.dept} issues`
      errors.push(wrong(`outputs.${i}.cert`, 'MATTER_TYPE', expected, output.cert))
    }
    return errors
  })
}

function errorsOfGroups({ requirements, fallbacks }: Matter): FieldError[] {
  const groups = new Map<string, number>()
  for (const { oneOf } of requirements)
    if (oneOf !== undefined) groups.set(oneOf, (groups.get(oneOf) ?? 0) + 1)
  return [
    ...requirements.flatMap(({ oneOf, required }, i) =>
      oneOf !== undefined && (required || groups.get(oneOf) === 1)
        ? [wrong(`requirements.${i}.oneOf`, 'MATTER_GROUP', 'optional members, at least two', oneOf)]
        : [],
    ),
    ...fallbacks.flatMap(({ group }, i) =>
      groups.has(group) ? [] : [wrong(`fallbacks.${i}.group`, 'MATTER_GROUP', 'a group', group)],
    ),
  ]
}

function repeated<Item>(
  list: string,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  member: string,
): FieldError[] {
  const keys = items.map(keyOf)
  return keys.flatMap((key, i) =>
    keys.indexOf(key) === i ? [] : [wrong(`${list}.${i}.${member}`, 'MATTER_DUPLICATE', 'each once', key)],
  )
}

function wrong(field: string, code: string, expected: string, found: string): FieldError {
  return { field, code, expected, found: found.slice(0, 80) }
}
