/**
 * A region's catalogue: its departments, certificate types, the words for reasons of a change of status. `demo-region.json` is
 * the one that comes with the product; every person, body and number in it is invented.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Refusal } from '../../protocol/refusal.ts'
import { parseTypeDefinition } from './type-definition.ts'
import type { TypeDefinition } from './type-definition.ts'

const bilingual = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) })
const word = z.strictObject({ code: z.string().min(1), zh: z.string().min(1), en: z.string().min(1) })
const reason = word.extend({ code: z.string().regex(/^[A-Z_]{2,40}$/) })
const place = word.extend({ code: z.string().regex(/^\d{6}$/) })
const role = z.enum(['issuer', 'verifier', 'operator', 'regulator', 'auditor'])

const region = z.strictObject({
  format: z.literal('onceproof-region/1'),
  synthetic: z.boolean(),
  region: z.strictObject({
    code: z.string().regex(/^\d{6}$/),
    province: bilingual,
    city: bilingual,
    districts: z.array(place),
    partnerRegions: z.array(place.extend({ recognised: z.array(z.string()) })),
  }),
  departments: z.array(
    word.extend({
      level: z.string(),
      roles: z.array(role),
      sealName: z.string(),
      uscc: z.string().length(18),
      domain: z.string(),
    }),
  ),
  shareClasses: z.array(word),
  useModes: z.array(word),
  catalogueColumns: z.array(z.strictObject({ code: z.string(), zh: z.string() })),
  masks: z.array(word),
  revocationReasons: z.array(reason),
  suspensionReasons: z.array(reason),
  certificateTypes: z.array(z.unknown()),
  personas: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      nameEn: z.string(),
      idNo: z.string(),
      sex: z.enum(['男', '女']),
      birthDate: z.string(),
      guardians: z.array(z.string()).optional(),
      agents: z.array(z.string()).optional(),
      flags: z.array(z.string()).optional(),
      story: bilingual,
    }),
  ),
  organisations: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      nameEn: z.string(),
      uscc: z.string(),
      legalRepresentative: z.string().optional(),
      managers: z.array(z.string()).optional(),
      operators: z.array(z.string()).optional(),
    }),
  ),
})

export type Region = Omit<z.infer<typeof region>, 'certificateTypes'> & { certificateTypes: TypeDefinition[] }
export type Persona = Region['personas'][number]
export type Organisation = Region['organisations'][number]

/**
 * The region that a JSON value is. Refuses `REGION_INVALID` (its shape, two types of one code, a type whose issuer is no
 * department that issues) and what `parseTypeDefinition` refuses.
 */
export function parseRegion(value: unknown): Region {
  const parsed = region.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new Refusal('REGION_INVALID', `the region cannot be read: ${issue?.message ?? ''}`, {
      field: issue?.path.join('.') ?? '',
    })
  }
  const certificateTypes = parsed.data.certificateTypes.map(parseTypeDefinition)
  const issuers = new Set(
    parsed.data.departments.filter(one => one.roles.includes('issuer')).map(department => department.code),
  )
  const codes = new Set<string>()
  for (const { code, issuer, catalogue } of certificateTypes) {
    if (codes.has(code))
      throw new Refusal('REGION_INVALID', `the type ${code} is there twice`, { field: code })
    codes.add(code)
    for (const department of [issuer, catalogue.responsibleDept]) {
      if (issuers.has(department)) continue
      throw new Refusal('REGION_INVALID', `${code}: ${department} is no department that issues`, {
        field: code,
      })
    }
  }
  return { ...parsed.data, certificateTypes }
}

let demo: Region | undefined

/** The demonstration region, read once. */
export function demoRegion(): Region {
  demo ??= parseRegion(JSON.parse(readFileSync(new URL('demo-region.json', import.meta.url), 'utf8')))
  return demo
}

/** The type of that code; refuses `TYPE_NOT_FOUND`. */
export function typeIn(of: Region, code: string): TypeDefinition {
  const found = of.certificateTypes.find(type => type.code === code)
  if (found !== undefined) return found
  const known = of.certificateTypes.map(type => type.code).join(', ')
  throw new Refusal('TYPE_NOT_FOUND', `there is no certificate type ${code.slice(0, 40)}`, {
    expected: known,
  })
}
