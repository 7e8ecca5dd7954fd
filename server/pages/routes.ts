/** Pages that anybody may open, without an account and without script. */
import { z } from 'zod'
import { MEDIA_TYPE } from '../../protocol/file.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { typeOf } from '../catalogue/publish.ts'
import { readMultipart } from '../http/multipart.ts'
import { PAGE_POLICY } from '../http/problem.ts'
import { defineRoute } from '../http/routes.ts'
import { ulid } from '../http/schemas.ts'
import { showToStranger } from '../presentations/show.ts'
import { shown as shownPresentation } from '../presentations/views.ts'
import { reportOf, saveReport } from '../reports/report.ts'
import { PAPER_PATH } from '../verification/paper-address.ts'
import { findByNumber, findByPaper, sealedFile } from '../verification/verify.ts'
import { nowSeconds, type World } from '../world.ts'
import { helpPage } from './help-page.ts'
import { homePage } from './home-page.ts'
import {
  PAGE_TYPE,
  pageHeaders,
  pageQuery,
  pageReply,
  readerOf,
  readerQuery,
  siteOf,
  type ReaderQuery,
  type View,
} from './html.ts'
import { presentedPage } from './presented-page.ts'
import { shownCertificate, shownNotFound } from './shown.ts'
import { MOST_CODE, MOST_DETAIL, reportedPage, reportPage } from './report-page.ts'
import { verdictPage } from './verdict-page.ts'
import { lastFourPage, verifyPage, type VerifyForm } from './verify-page.ts'
import { readUpload, shownUpload } from './upload.ts'
import { words } from './words.ts'

const viewOf = (
  world: World,
  { query, headers }: { query: ReaderQuery; headers: { 'accept-language'?: string | undefined } },
): View => ({ site: siteOf(world), reader: readerOf(query, headers) })

const page = (zh: string, en: string) => ({ description: { zh, en }, contentType: PAGE_TYPE })
const tags = ['pages']

/** Whatever the address says after the short code was not typed by hand: a wrong one is answered like an unknown code. */
const paperParams = z.strictObject({ shortCode: z.string().max(40) })
const paperKey = z.string().max(100)

const MOST_UPLOAD = 10_485_760

export const pageRoutes = [
  defineRoute({
    method: 'get',
    path: '/',
    operationId: 'homePage',
    summary: { zh: '首页', en: 'Home page' },
    tags,
    idempotent: false,
    bodyKind: 'none',
    query: pageQuery,
    headers: pageHeaders,
    responses: { 200: page('首页', 'Home page') },
    handler: async (world: World, request) => {
      const view = viewOf(world, request)
      return pageReply(200, homePage(view), view.reader)
    },
  }),
  defineRoute({
    method: 'get',
    path: '/verify',
    operationId: 'verifyPage',
    summary: { zh: '核验页：输入、上传或扫码', en: 'Page to verify: type, upload or scan' },
    tags,
    idempotent: false,
    bodyKind: 'none',
    // The address on the paper of a record says which one; its file or that paper is what has to be brought.
    query: pageQuery.extend({ record: ulid.optional() }),
    headers: pageHeaders,
    responses: { 200: page('核验页', 'Page to verify') },
    handler: async (world: World, { query: { record: _, ...query }, headers }) =>
      formReply(viewOf(world, { query, headers }), 200),
  }),
  defineRoute({
    method: 'post',
    path: '/verify',
    operationId: 'verifyByNumberPage',
    summary: {
      zh: '凭短码或证照标识和证号后四位核验，答复为网页；查无与不符答复相同',
      en: 'Verify by short code or identifier and last four characters of the number, as a page; unknown and wrong are answered alike',
    },
    tags,
    rateLimit: 'lookup',
    idempotent: false,
    bodyKind: 'form',
    query: pageQuery,
    headers: pageHeaders,
    body: z.strictObject({ code: z.string().max(200).optional(), lastFour: z.string().max(40).optional() }),
    responses: {
      200: page('核验结论', 'The verdict'),
      422: page('请补充填写', 'The form, with what is missing'),
    },
    handler: async (world: World, request) => {
      const view = viewOf(world, request)
      const code = request.body.code?.trim() ?? ''
      const lastFour = request.body.lastFour?.trim() ?? ''
      if (code === '' || lastFour === '') {
        return formReply(view, 422, {
          code,
          errors: {
            ...(code === '' && { code: words.errorCode }),
            ...(lastFour === '' && { lastFour: words.errorLastFour }),
          },
        })
      }
      const found = await findByNumber(world, { ...numberIn(code), lastFour })
      const shown = found === null ? shownNotFound(world) : await shownCertificate(world, found)
      return pageReply(200, verdictPage(view, shown), view.reader)
    },
  }),
  defineRoute({
    method: 'post',
    path: '/verify/file',
    operationId: 'verifyFilePage',
    summary: {
      zh: '上传 PDF 或证照文件核验，答复为网页；文件不保存',
      en: 'Verify a PDF or certificate file that is uploaded, as a page; the file is not kept',
    },
    tags,
    rateLimit: 'upload',
    idempotent: false,
    bodyKind: 'stream',
    mediaTypes: ['multipart/form-data'],
    maxBody: MOST_UPLOAD + 65_536,
    query: pageQuery,
    headers: pageHeaders.extend({ 'content-type': z.string() }),
    responses: {
      200: page('核验结论', 'The verdict'),
      422: page('请选择文件', 'The form, with what is missing'),
    },
    refusals: ['BODY_MULTIPART'],
    handler: async (world: World, request) => {
      const view = viewOf(world, request)
      const { files } = await readMultipart(request.body, request.headers['content-type'], {
        fileBytes: MOST_UPLOAD,
        fieldBytes: 1_000,
        fields: 4,
      })
      const file = files.get('file')
      if (file === undefined) return formReply(view, 422, { errors: { file: words.errorFile } })
      const shown = await shownUpload(world, await readUpload(file))
      return pageReply(200, verdictPage(view, shown), view.reader)
    },
  }),
  defineRoute({
    method: 'get',
    path: '/verify/help',
    operationId: 'verifyHelpPage',
    summary: { zh: '核验能证明什么、不能证明什么', en: 'What verifying proves and what it does not' },
    tags,
    idempotent: false,
    bodyKind: 'none',
    query: pageQuery,
    headers: pageHeaders,
    responses: { 200: page('说明', 'Explanation') },
    handler: async (world: World, request) => {
      const view = viewOf(world, request)
      return pageReply(200, helpPage(view), view.reader)
    },
  }),
  defineRoute({
    method: 'get',
    path: '/verify/report',
    operationId: 'reportPage',
    summary: { zh: '举报假证的表单', en: 'The form to report a fake' },
    tags,
    idempotent: false,
    bodyKind: 'none',
    query: pageQuery.extend({ code: z.string().max(MOST_CODE).optional() }),
    headers: pageHeaders,
    responses: { 200: page('表单', 'The form') },
    handler: async (world: World, { query: { code, ...query }, headers }) => {
      const view = viewOf(world, { query, headers })
      return pageReply(200, reportPage(view, { ...(code !== undefined && { code }) }), view.reader)
    },
  }),
  defineRoute({
    method: 'post',
    path: '/verify/report',
    operationId: 'reportFakePage',
    summary: {
      zh: '举报假证；不需要任何个人信息',
      en: 'Report a fake; nothing about whoever reports is asked for',
    },
    tags,
    rateLimit: 'report',
    idempotent: false,
    bodyKind: 'stream',
    mediaTypes: ['multipart/form-data'],
    maxBody: 32_768,
    query: pageQuery,
    headers: pageHeaders.extend({ 'content-type': z.string() }),
    responses: {
      200: page('已收到', 'It is received'),
      422: page('请补充填写', 'The form, with what is missing'),
    },
    refusals: ['BODY_MULTIPART'],
    handler: async (world: World, request) => {
      const view = viewOf(world, request)
      const { fields } = await readMultipart(request.body, request.headers['content-type'], {
        fileBytes: 1,
        fieldBytes: 8_192,
        fields: 4,
      })
      const code = (fields.get('code') ?? '').trim().slice(0, MOST_CODE)
      const detail = (fields.get('detail') ?? '').trim().slice(0, MOST_DETAIL)
      if (detail === '') {
        const form = reportPage(view, { code, errors: { detail: words.errorDetail } })
        return pageReply(422, form, view.reader)
      }
      const id = await saveReport(world, { about: code, detail })
      return pageReply(200, reportedPage(view, { id, answer: null }), view.reader)
    },
  }),
  defineRoute({
    method: 'get',
    path: '/verify/report/{id}',
    operationId: 'reportStatePage',
    summary: { zh: '凭举报编号看答复', en: 'The answer to a report, by its number' },
    tags,
    rateLimit: 'lookup',
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ id: ulid }),
    query: pageQuery,
    headers: pageHeaders,
    responses: { 200: page('举报状态', 'State of the report') },
    refusals: ['REPORT_NOT_FOUND'],
    handler: async (world: World, request) => {
      const view = viewOf(world, request)
      const report = await reportOf(world, request.params.id)
      return pageReply(200, reportedPage(view, report), view.reader)
    },
  }),
  defineRoute({
    method: 'get',
    path: `${PAPER_PATH}{shortCode}`,
    operationId: 'paperPage',
    summary: {
      zh: '纸质证照二维码打开的核验页；没有密钥时再问证号后四位',
      en: 'What the QR code on paper opens; without its key it asks for the last four characters of the number',
    },
    tags,
    rateLimit: 'verify',
    idempotent: false,
    bodyKind: 'none',
    params: paperParams,
    query: z.strictObject({ ...readerQuery, k: paperKey.optional() }),
    headers: pageHeaders,
    responses: { 200: page('核验结论', 'The verdict') },
    handler: async (world: World, { params: { shortCode }, query: { k, ...query }, headers }) => {
      const view = viewOf(world, { query, headers })
      if (k === undefined) return pageReply(200, lastFourPage(view, shortCode), view.reader)
      const found = await findByPaper(world, { shortCode, key: k })
      const shown = found === null ? shownNotFound(world) : await shownCertificate(world, found)
      return pageReply(200, verdictPage(view, shown), view.reader)
    },
  }),
  defineRoute({
    method: 'get',
    path: `${PAPER_PATH}{shortCode}/proof`,
    operationId: 'paperProof',
    summary: {
      zh: '核验凭证：不含内容的证照文件，供自行核验',
      en: 'The certificate file without values, to verify by oneself',
    },
    tags,
    rateLimit: 'verify',
    idempotent: false,
    bodyKind: 'none',
    params: paperParams,
    query: z.strictObject({ k: paperKey }),
    responses: { 200: { description: { zh: '证照文件', en: 'Certificate file' }, contentType: MEDIA_TYPE } },
    refusals: ['NOT_FOUND'],
    handler: async (world: World, { params: { shortCode }, query: { k } }) => {
      const found = await findByPaper(world, { shortCode, key: k })
      if (found === null || found.verification === null)
        throw new Refusal('NOT_FOUND', 'there is no such certificate')
      return {
        status: 200,
        bytes: Buffer.from(await sealedFile(world, found.row)),
        headers: { 'Content-Disposition': 'attachment; filename="certificate.json"' },
      }
    },
  }),
  defineRoute({
    method: 'get',
    path: '/p/{token}',
    operationId: 'showPresentation',
    summary: {
      zh: '任何人扫码所见：核验结论和脱敏后的项目；浏览器得到网页，程序得到数据',
      en: 'What anybody sees who scans the code: verdict and masked fields; a page for browsers, data for programs',
    },
    tags: ['presentations'],
    rateLimit: 'presentation',
    idempotent: false,
    bodyKind: 'none',
    params: z.strictObject({ token: z.string().max(200) }),
    query: pageQuery,
    headers: pageHeaders.extend({ accept: z.string().optional() }),
    responses: {
      200: {
        description: { zh: '核验结论或查无', en: 'What is shown, or NOT_FOUND' },
        schema: shownPresentation,
        contentType: PAGE_TYPE,
      },
    },
    handler: async (world: World, { params: { token }, query, headers }) => {
      const found = await showToStranger(world, token)
      if (headers.accept?.includes('text/html') !== true)
        return {
          status: 200,
          body: found === null ? { verdict: 'NOT_FOUND' } : { verdict: 'SHOWN', ...found },
        }
      const view = viewOf(world, { query, headers })
      if (found === null)
        return pageReply(
          200,
          verdictPage(view, { ...shownNotFound(world), verdict: 'CODE_EXPIRED' }),
          view.reader,
        )
      const certificates = await Promise.all(
        found.certificates.map(async shown => ({
          shown,
          definition: (await typeOf(world, shown.type.code)).definition,
        })),
      )
      const content = {
        path: `/p/${token}`,
        checkedAt: nowSeconds(world),
        expiresAt: found.expiresAt,
        certificates,
      }
      return pageReply(200, presentedPage(view, content), view.reader)
    },
  }),
]

/** Only this page has the scanner, whose code is WebAssembly. */
const SCANNER_POLICY = PAGE_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")

function formReply(view: View, status: number, form: VerifyForm = {}) {
  const reply = pageReply(status, verifyPage(view, form), view.reader)
  return { ...reply, headers: { ...reply.headers, 'Content-Security-Policy': SCANNER_POLICY } }
}

/** What was typed into the one field: identifiers begin with the object identifier of their standard, short codes never do. */
function numberIn(typed: string): { identifier: string | null; shortCode: string | null } {
  return typed.startsWith('1.2.156.')
    ? { identifier: typed.toUpperCase(), shortCode: null }
    : { identifier: null, shortCode: typed }
}
