/**
 * The command line: every command on one screen. `npx onceproof --help`.
 *
 * Exit codes: 0 done or VALID; 1 refused or failed; 2 used wrongly; a verdict has its own (docs/formats.md §14).
 */
import { Argument, Command, CommanderError } from 'commander'
import { Refusal, type RefusalDetails } from '../../protocol/refusal.ts'
import { EXIT_REFUSED, EXIT_USAGE, refusalData, refusalLines, type Outcome } from './terminal.ts'

/** Where results and complaints go. */
export interface Streams {
  out(text: string): Promise<void>
  err(text: string): Promise<void>
}

const url = [
  '--url <url>',
  '网关地址 address of the gateway (default: $PUBLIC_URL, http://localhost:$PORT)',
] as const
const tokenFile = [
  '--token-file <file>',
  '访问令牌文件 file with the operator token (default: DATA_DIR/operator.token)',
] as const
const onceKey = [
  '--idempotency-key <key>',
  '重试时沿用同一个键 repeat a command safely under the same key',
] as const
const out = ['--out <file>', '写入文件 write the file'] as const
const wait = ['--wait', '等到最终上链 wait until it is final on chain'] as const
const trust = ['--trust <file>', '信任文件：由核验方自带 trust file, the verifier’s own'] as const
const ownTrust = ['--trust <file>', '信任文件 the trust file to hold it against'] as const
const rpc = ['--rpc <url>', '区块链节点 JSON-RPC of a chain node'] as const
const snapshot = ['--snapshot <file>', '快照 a snapshot in place of a node'] as const
const data = ['--data <folder>', '数据目录 data folder (default: $DATA_DIR, ./data)'] as const
const mirror = [
  '--mirror <folder>',
  '日志第二份 the mirror of the log (default: $ONCEPROOF_MIRROR_DIR, mirror in the data folder)',
] as const
const passphraseFile = [
  '--passphrase-file <file>',
  '密钥库口令文件 file with the keystore’s passphrase',
] as const
const effective = [
  '--effective <instant>',
  '业务生效时间，仅供参考 when it took effect, for information',
] as const

const writing = (command: Command) =>
  command
    .option(...url)
    .option(...tokenFile)
    .option(...onceKey)
const reading = (command: Command) => command.option(...url).option(...tokenFile)
const certificates = () => import('./certificates.ts')
const records = () => import('./records.ts')
const exports = () => import('./exports.ts')
const chain = () => import('./chain.ts')
const signers = () => import('./signer.ts')

/**
 * Runs one command line, without the program's name, and gives its exit code. With `--json` exactly one document goes to `out`,
 * also for a refusal. Never throws.
 */
export async function runCommandLine(argv: readonly string[], streams: Streams): Promise<number> {
  const asJson = argv.includes('--json')
  let exit = 0
  const program = commands(asJson, run => async (...parts) => {
    // Commander hands over the arguments, the options and the command.
    const outcome = await run(...(parts.slice(0, -1) as never[]))
    for (const note of outcome.notes ?? []) await streams.err(`${note}\n`)
    if (outcome.stream !== undefined) for await (const text of outcome.stream) await streams.out(text)
    else await streams.out(asJson ? `${JSON.stringify(outcome.data)}\n` : `${outcome.lines.join('\n')}\n`)
    exit = outcome.exit ?? 0
  })
  let help = ''
  for (const command of [program, ...descendants(program)]) {
    command
      .exitOverride()
      .configureOutput({
        outputError: () => undefined,
        writeOut: text => (help += text),
        writeErr: () => undefined,
      })
      .helpOption('-h, --help', '帮助 help')
      .helpCommand(false)
  }
  try {
    if (argv.length === 0) throw new Refusal('USAGE', 'a command is needed; see onceproof --help')
    await program.parseAsync([...argv], { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      await streams.out(asJson ? `${JSON.stringify({ help })}\n` : help)
      return 0
    }
    const refusal = refusalOf(error)
    if (asJson) await streams.out(`${JSON.stringify(refusalData(refusal))}\n`)
    else await streams.err(`${refusalLines(refusal).join('\n')}\n`)
    return refusal.code === 'USAGE' ? EXIT_USAGE : EXIT_REFUSED
  }
}

type Run = (...parts: never[]) => Promise<Outcome>
type Handle = (run: Run) => (...parts: unknown[]) => Promise<void>

function commands(asJson: boolean, handle: Handle): Command {
  const program = new Command('onceproof')
    .description('一证通认：签发、存证、上链、核验 Issue, notarize, anchor and verify')
    .version('0.1.0')
    .option('--json', '只输出一个 JSON 文档 exactly one JSON document on stdout')

  writing(program.command('issue <TYPE>').description('签发证照 issue one certificate, or a batch'))
    .option('--fields <file>', '字段（JSON），- 为标准输入 JSON object of fields, - for stdin')
    .option('--rows <file>', '整批：JSON 数组或 .ndjson a batch, all rows or none')
    .option('--example', '虚构的示例 an invented example')
    .option('--original <file>', '原文件（只取指纹） the original file, by its digest')
    .option('--media-type <type>', '原文件类型 media type of the original file')
    .option('--out <path>', '证照文件；整批为目录 certificate file; a folder for a batch')
    .option(...wait)
    .action(handle(async (type, options) => (await certificates()).issue(type, options)))

  writing(
    program
      .command('notarize <FILE>')
      .description('存证：默认只送指纹 notarize a file, by its digest unless --upload'),
  )
    .option('--upload', '上传文件由网关计算指纹 send the file, for the gateway to hash')
    .option('--name <name>', '写入声明的文件名 name that the statement carries')
    .option('--media-type <type>', '写入声明的文件类型 media type that the statement carries')
    .option(...out)
    .option(...wait)
    .action(handle(async (file, options) => (await records()).notarize(file, options)))

  reading(program.command('show <ID>').description('查看证照或存证 show a certificate or a record'))
    .option(...out)
    .option(...wait)
    .action(handle(async (id, options) => (await certificates()).show(id, options)))

  writing(program.command('status <IDENTIFIER>').description('注销、暂停、恢复 revoke, suspend or resume'))
    .addArgument(new Argument('<ACTION>').choices(['revoke', 'suspend', 'resume']))
    .requiredOption('--reason <CODE>', '原因代码 reason, e.g. REPORTED_LOST')
    .option(...effective)
    .option(...wait)
    .action(handle(async (id, action, options) => (await certificates()).status(id, action, options)))

  writing(program.command('supersede <IDENTIFIER>').description('换发新版本 replace by a new version'))
    .requiredOption('--fields <file>', '新版本的全部字段 all fields of the new version')
    .requiredOption('--reason <CODE>', '原因代码 reason, e.g. HOLDER_CHANGE')
    .option(...out)
    .option(...wait)
    .action(handle(async (id, options) => (await certificates()).supersede(id, options)))

  reading(program.command('evidence <RECORD-ID>').description('证据包 evidence package of a record'))
    .requiredOption('--out <file.zip>', '写入文件 write the file')
    .option(...wait)
    .action(handle(async (id, options) => (await records()).evidence(id, options)))

  program
    .command('lookup <SHORTCODE> <LAST4>')
    .description('凭短码和证号后四位查询（无需令牌） public state, by short code and last four of the number')
    .option(...url)
    .option('--identifier <identifier>', '证照标识 identifier of the certificate')
    .action(handle(async (code, last, options) => (await certificates()).lookup(code, last, options)))

  program
    .command('verify <FILE>')
    .description('核验文件，不经任何网关 verify a file without any gateway')
    .requiredOption(...trust)
    .option(...rpc)
    .option(...snapshot)
    .option('--original <file>', '手中的原文件 the original file in hand')
    .option('--at <instant>', '以此刻判断有效期 judge the dates at this instant')
    .action(handle(async (file, options) => (await import('./verify.ts')).verifyFile(file, options)))

  reading(program.command('demo').description('装入演示地区 load the demonstration region')).action(
    handle(async options => (await import('./demo.ts')).demo(options)),
  )

  program
    .command('generate')
    .description('生成虚构数据（NDJSON） invented rows on stdout')
    .requiredOption('--type <TYPE>', '证照类型 certificate type')
    .option('--count <N>', '行数 number of rows', '10')
    .option('--seed <S>', '种子：相同则结果相同 the same seed gives the same rows', '1')
    .option('--today <date>', '以此日为准 the day that the rows are as of')
    .action(handle(async options => (await import('./demo.ts')).generate(options, asJson)))

  program
    .command('log')
    .description('存证日志 the log')
    .command('audit')
    .description(
      '重算整棵树，与链上全部检查点比对 recompute the tree, compare with every checkpoint on chain',
    )
    .requiredOption(...trust)
    .option('--url <url>', '网关地址：已公布的瓦片 a gateway: its published tiles')
    .option('--data <folder>', '数据目录：只读 a data folder, read only')
    .option(...rpc)
    .option(...snapshot)
    .action(handle(async options => (await import('./log.ts')).audit(options)))

  program
    .command('fsck')
    .description(
      '审计数据目录：十二条不变式，只读 audit a data folder by twelve invariants, read only (docs/fsck.md)',
    )
    .option(...data)
    .option(...rpc)
    .option(...snapshot)
    .option(...ownTrust)
    .option(...passphraseFile)
    .option('--client-log <file>', '客户被告知的结果（NDJSON） what clients were told')
    .option('--canaries <file>', '不得以明文出现的值，每行一个 values that must stand nowhere in the clear')
    .action(handle(async options => (await import('./fsck.ts')).auditFolder(options)))

  program
    .command('reconcile')
    .description('对账单：供主管签字 the one-page report that a supervisor signs')
    .option(...data)
    .option(...rpc)
    .option(...snapshot)
    .option(...ownTrust)
    .option(...passphraseFile)
    .option('--client-log <file>', '客户被告知的结果（NDJSON） what clients were told')
    .option(...out)
    .action(handle(async options => (await import('./reconcile.ts')).reconcile(options)))

  program
    .command('backup')
    .description('备份：网关运行时也一致；密钥另存 back up while the gateway runs; keys apart')
    .requiredOption('--out <folder>', '新目录 a new folder')
    .option(...data)
    .option(...mirror)
    .option('--keys-out <folder>', '密钥另存的新目录 a new folder for the keys, elsewhere')
    .option(...passphraseFile)
    .action(handle(async options => (await import('./backup.ts')).backup(options)))

  program
    .command('restore')
    .description('恢复到新目录 restore a backup to a new data folder')
    .requiredOption('--from <folder>', '备份 the backup')
    .requiredOption('--data <folder>', '新的数据目录 the new data folder')
    .option('--keys <folder>', '密钥的备份 the backup of the keys')
    .option('--mirror <folder>', '尚存的日志第二份 the mirror that outlived what is restored')
    .option('--without-mirror', '第二份也没有了 there is no such mirror any more')
    .option('--without-chain', '内嵌链还在，不恢复它 the embedded chain is there still: leave it out')
    .action(handle(async options => (await import('./backup.ts')).restore(options)))

  program
    .command('rebuild')
    .description('数据库没有了：由链与日志第二份重建 the database is gone: from chain and mirror')
    .requiredOption(...trust)
    .requiredOption(...rpc)
    .option(...data)
    .option(...mirror)
    .option(...passphraseFile)
    .action(handle(async options => (await import('./backup.ts')).rebuild(options)))

  program
    .command('keys')
    .description('密钥库 the keystore')
    .command('list')
    .description('名称与公钥 names and public keys, never secrets')
    .option(...data)
    .option(...passphraseFile)
    .action(handle(async options => (await exports()).listKeys(options)))

  program
    .command('trust')
    .description('信任文件 the trust file')
    .command('export')
    .description('导出并显示指纹 export it and show its fingerprint')
    .option(...url)
    .option(
      '--data <folder>',
      '由数据目录生成（网关未运行时） make it from a data folder, the gateway being down',
    )
    .option(...passphraseFile)
    .option(...out)
    .action(handle(async options => (await exports()).exportTrust(options)))

  program
    .command('snapshot')
    .description('快照 the snapshot')
    .command('export')
    .description('由节点制作快照 make one from a node')
    .requiredOption(...trust)
    .requiredOption(...rpc)
    .option(...out)
    .action(handle(async options => (await exports()).exportSnapshot(options)))

  const signer = program.command('signer').description('部门自己的签名服务 a department’s own signer')
  const folder = ['--folder <folder>', '签名服务的目录 folder of the signer'] as const
  signer
    .command('init')
    .description('生成密钥、共享密钥与规则 make its keys, its secret and its policy')
    .requiredOption(...folder)
    .requiredOption('--uscc <uscc>', '统一社会信用代码 unified credit code of the department')
    .requiredOption('--did <did>', '部门的 DID its DID')
    .requiredOption('--region <region>', '六位地区代码 region, six digits')
    .requiredOption(...trust)
    .action(handle(async options => (await signers()).initSigner(options)))
  signer
    .command('start')
    .description('运行，直到被停止 run it until it is stopped')
    .requiredOption(...folder)
    .option('--port <port>', '端口 its port')
    .option('--host <host>', '监听地址 the address it listens on')
    .action(handle(async options => (await signers()).startSigner(options)))
  signer
    .command('log')
    .description('核对并列出它签过什么 check and list what it signed')
    .requiredOption(...folder)
    .action(handle(async options => (await signers()).signerLog(options)))

  program
    .command('init')
    .description('设置正式环境 set a production gateway up (docs/production.md)')
    .requiredOption('--profile <profile>', 'production')
    .option('--answers <file>', '答案文件；没有则逐项询问并写入 its answers; asked for when it is not there')
    .option(...data)
    .action(handle(async options => (await import('./init.ts')).init(options)))

  program
    .command('doctor')
    .description('检查是否可用于正式环境 what is not fit for production, and what to do')
    .option(...data)
    .option('--env <file>', '环境文件 the environment file of the service (default: this environment)')
    .option('--backups <folder>', '备份所在目录 where backups are put')
    .option('--accept <codes>', '已知并接受的项，逗号分隔 findings that are known and accepted, by commas')
    .action(handle(async options => (await import('./doctor.ts')).doctor(options)))

  program
    .command('drill [NAME]')
    .description('演练：列出，或演练一种故障 list the drills, or rehearse a failure')
    .option('--all', '全部 all of them')
    .option('--short', '短时形式 the short form, as in npm test')
    .option('--seed <S>', '重演 replay the decisions of this seed')
    .option('--minutes <N>', '到时不再开始新的一轮 after so many minutes no further round is begun')
    .option(...out)
    .action(handle(async (name, options) => (await import('./drill.ts')).drill(name, options)))

  const chainCommand = program.command('chain').description('内嵌链 the embedded chain')
  chainCommand
    .command('start')
    .description('启动 start it')
    .option(...data)
    .option('--port <port>', '端口 its port')
    .action(handle(async options => (await chain()).startChain(options)))
  chainCommand
    .command('stop')
    .description('停止 stop it')
    .option(...data)
    .action(handle(async options => (await chain()).stopChain(options)))
  chainCommand
    .command('renew')
    .description(
      '内嵌链已无法恢复时：另起一条链并重做全部上链（旧链存档，信任文件随之改变） a new chain in the place of one that is gone',
    )
    .option(...data)
    .option('--yes', '确认执行 do it')
    .action(handle(async options => (await import('./renew.ts')).renewChain(options)))
  chainCommand
    .command('status')
    .description('状态 whether it runs')
    .option(...data)
    .action(handle(async options => (await chain()).chainStatus(options)))

  return program
}

/** Tells what went wrong, never where in our code. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help') return new Refusal('USAGE', 'a subcommand is needed; see --help')
    return new Refusal('USAGE', error.message.replace(/^error: /, ''))
  }
  if (error instanceof Error && (error.name === 'ChainUnreachable' || error.name === 'RpcFailure')) {
    return new Refusal('CHAIN_UNREACHABLE', error.message)
  }
  // What refuses to start the embedded chain says its own code.
  const { code } = (error ?? {}) as { code?: unknown }
  if (error instanceof Error && error.name === 'StartRefusal') return new Refusal(String(code), error.message)
  const details: RefusalDetails = typeof code === 'string' ? { found: code } : {}
  return new Refusal('INTERNAL', error instanceof Error ? error.message : 'unknown failure', details)
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap(child => [child, ...descendants(child)])
}
