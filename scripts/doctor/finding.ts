/**
 * What the doctor finds, each with what it means and what to do about it.
 */
import type { Message } from '../../server/http/messages.ts'

/** `unfit`: not for production. `unknown`: it could not be looked at. */
export type Level = 'unfit' | 'unknown'

export interface Finding {
  code: FindingCode
  level: Level
  /** Where: a variable, a path, an account. */
  at?: string
  found?: string
}

export interface Advice {
  what: Message
  todo: Message
}

const advice = (zh: string, en: string, todoZh: string, todoEn: string): Advice => ({
  what: { zh, en },
  todo: { zh: todoZh, en: todoEn },
})

export const ADVICE = {
  CONFIG_REFUSED: advice(
    '网关会拒绝这份配置',
    'The gateway refuses this configuration',
    '按提示修改该变量（docs/configuration.md）',
    'Change that variable as told (docs/configuration.md)',
  ),
  PROFILE_DEMO: advice(
    '以演示方式运行',
    'It runs as a demo',
    '运行 onceproof init --profile production',
    'Run onceproof init --profile production',
  ),
  DEMO_PROVIDER: advice(
    '使用演示身份服务，任何人可以任何人身份登录',
    'The demo’s identity provider lets anybody in as anybody',
    '设置 OPENID_ISSUER 等（docs/sign-in.md）',
    'Set OPENID_ISSUER and what belongs to it (docs/sign-in.md)',
  ),
  NO_PROVIDER: advice(
    '没有身份服务，无人能够登录',
    'Nobody can sign in without an identity provider',
    '设置 OPENID_ISSUER 等（docs/sign-in.md）',
    'Set OPENID_ISSUER and what belongs to it (docs/sign-in.md)',
  ),
  SECRET_MISSING: advice(
    '密钥文件读不到',
    'A file with a secret cannot be read',
    '提供该文件，并允许服务用户读取',
    'Provide the file and let the service’s user read it',
  ),
  SECRET_READABLE: advice(
    '密钥文件可被其他用户读取',
    'A file with a secret can be read by others',
    'chmod 600，属主为服务用户',
    'chmod 600, owned by the service’s user',
  ),
  PUBLIC_URL_HTTP: advice(
    '对外网址不是 https',
    'The public URL is not https',
    '将 PUBLIC_URL 设为 https 网址',
    'Set PUBLIC_URL to an https address',
  ),
  NO_TLS: advice(
    '既没有 TLS 证书，也没有声明反向代理',
    'There is neither a TLS certificate nor a declared proxy',
    '设置 ONCEPROOF_TLS_CERT_FILE 与 ONCEPROOF_TLS_KEY_FILE，或 ONCEPROOF_TRUSTED_PROXIES',
    'Set ONCEPROOF_TLS_CERT_FILE and ONCEPROOF_TLS_KEY_FILE, or ONCEPROOF_TRUSTED_PROXIES',
  ),
  TLS_FILES: advice(
    'TLS 证书或私钥不可用',
    'The TLS certificate or its key cannot be used',
    '换成一对 PEM 文件',
    'Put a pair of PEM files there',
  ),
  TLS_NAME: advice(
    'TLS 证书不是为对外网址签发的',
    'The TLS certificate is not for the public URL',
    '换成包含该域名的证书',
    'Get one for that host name',
  ),
  TLS_EXPIRES: advice(
    'TLS 证书已过期或 14 天内到期',
    'The TLS certificate has expired, or does within 14 days',
    '更新证书文件；网关会自行重新读取',
    'Renew the files; the gateway reads them again by itself',
  ),
  PASSPHRASE_INSIDE: advice(
    '密钥库口令在数据目录内',
    'The passphrase of the keystore lies inside the data folder',
    '移到数据目录之外，并设置 KEYSTORE_PASSPHRASE_FILE',
    'Move it out, and set KEYSTORE_PASSPHRASE_FILE',
  ),
  FAIL_POINT_ARMED: advice(
    '演练用的故障点已启用',
    'A fail point of the drills is armed',
    '去掉 ONCEPROOF_FAIL_POINT',
    'Remove ONCEPROOF_FAIL_POINT',
  ),
  NODE_VERSION: advice(
    'Node 版本不对',
    'This is another Node than the one that the gateway is made for',
    '使用软件包自带的 Node',
    'Use the Node that comes with the package',
  ),
  DATA_DIR_MISSING: advice(
    '没有数据目录',
    'There is no data folder',
    '运行 onceproof init --profile production，或检查 DATA_DIR',
    'Run onceproof init --profile production, or check DATA_DIR',
  ),
  DATA_DIR_OPEN: advice(
    '数据目录或其中的密钥可被其他用户读取',
    'The data folder, or a secret in it, is open to others',
    '目录 chmod 700，文件 chmod 600',
    'chmod 700 the folder, chmod 600 the files',
  ),
  DATA_DIR_OWNER: advice(
    '数据目录不属于当前用户',
    'The data folder belongs to another user than this one',
    '以服务用户运行本命令，或 chown',
    'Run this as the service’s user, or chown it',
  ),
  NETWORK_DISK: advice(
    '数据目录在网络文件系统上，数据库在其上不可靠',
    'The data folder is on a network file system, where the database is not safe',
    '改用本机磁盘',
    'Move it to a local disk',
  ),
  DISK_LOW: advice(
    '磁盘空间不足（应有 5% 且 2 GiB 以上）',
    'The disk is nearly full (5 % and 2 GiB should be free)',
    '扩容或清理',
    'Make room',
  ),
  MIRROR_SAME_DISK: advice(
    '存证镜像与数据库在同一磁盘',
    'The mirror of the log is on the same disk as the database',
    '将 ONCEPROOF_MIRROR_DIR 设到另一块磁盘',
    'Set ONCEPROOF_MIRROR_DIR to another disk',
  ),
  REGION_MISSING: advice(
    '数据目录没有地区',
    'The data folder has no region of its own',
    '运行 onceproof init --profile production',
    'Run onceproof init --profile production',
  ),
  REGION_INVENTED: advice(
    '地区是虚构的（99 开头或标明为虚构）',
    'The region is invented (99…, or it says so)',
    '用真实地区重新设置新的数据目录',
    'Set up a new data folder with a real region',
  ),
  DEMO_DATA: advice(
    '数据目录中有演示数据',
    'The data folder holds demonstration data',
    '正式环境使用新的数据目录',
    'Use a new data folder for production',
  ),
  STORE_UNREADABLE: advice(
    '数据库打不开或版本不符',
    'The database cannot be opened by this release',
    '运行 onceproof fsck；版本较新时安装新版软件',
    'Run onceproof fsck; when it is newer, install the newer release',
  ),
  STORE_NOT_DURABLE: advice(
    '数据库不在 WAL 模式，断电可能丢失已受理的内容',
    'The database is not in WAL mode: a power cut may take back what was accepted',
    '停止改动该文件的其他程序，重新启动网关',
    'Stop other programs that changed the file, and start the gateway again',
  ),
  STORE_OLDER: advice(
    '数据库版本较旧，下次启动时自动备份并升级',
    'The database is of an older schema; the next start backs it up and upgrades it',
    '重新启动网关',
    'Start the gateway again',
  ),
  KEYS_AT_GATEWAY: advice(
    '部门的签名密钥在网关的密钥库中，运维人员可代其签名',
    'A department’s signing keys are held by the gateway: whoever runs it can sign for the department',
    '改用远程签名服务或 PKCS#11（docs/keys.md）；确认接受则加 --accept KEYS_AT_GATEWAY',
    'Use a remote signer or PKCS#11 (docs/keys.md); to accept it, --accept KEYS_AT_GATEWAY',
  ),
  BACKUP_OLD: advice(
    '24 小时内没有备份',
    'There is no backup of the last 24 hours',
    '运行 onceproof backup，并设定定时任务',
    'Run onceproof backup, and schedule it',
  ),
  BACKUP_UNKNOWN: advice(
    '不知道备份在哪里',
    'It is not known where the backups are',
    '加 --backups <目录>',
    'Say --backups <folder>',
  ),
  EMBEDDED_CHAIN: advice(
    '使用内嵌链：一个运营者即可改写',
    'The embedded chain is one operator’s, who can rewrite it',
    '设置 CHAIN_RPC_URL，使用多方运行的链',
    'Set CHAIN_RPC_URL to a chain that several parties run',
  ),
  CHAIN_UNREACHABLE: advice(
    '区块链节点无法访问',
    'The chain node cannot be reached',
    '检查 CHAIN_RPC_URL、网络与节点',
    'Check CHAIN_RPC_URL, the network and the node',
  ),
  CHAIN_WRONG: advice(
    '节点属于另一条链，或合约不符',
    'The node is of another chain, or the contracts are not those that were deployed',
    '改正 CHAIN_RPC_URL；切勿删除 deployment.json',
    'Correct CHAIN_RPC_URL; do not delete deployment.json',
  ),
  NOT_DEPLOYED: advice(
    '合约尚未部署',
    'The contracts are not deployed',
    '运行 onceproof init --profile production',
    'Run onceproof init --profile production',
  ),
  CLOCK_OFF: advice(
    '本机时钟与区块链相差超过 30 秒，或未与 NTP 同步',
    'This machine’s clock differs from the chain’s by more than 30 seconds, or NTP does not hold it',
    '启用并检查 NTP（chrony 或 systemd-timesyncd）',
    'Enable and check NTP (chrony or systemd-timesyncd)',
  ),
  CLOCK_UNKNOWN: advice(
    '无法得知时钟是否由 NTP 同步',
    'It cannot be told whether NTP holds the clock',
    '请确认 NTP 已启用',
    'Make sure that NTP is on',
  ),
  BALANCE_LOW: advice(
    '付费账户余额不足一千笔交易',
    'An account cannot pay for another thousand transactions',
    '向该账户转入资金',
    'Send funds to that account',
  ),
  BALANCE_UNKNOWN: advice(
    '无法得知付费账户的余额',
    'The balance of the paying account could not be asked for',
    '提供口令文件与可访问的链',
    'Provide the passphrase file and a chain that answers',
  ),
  GATEWAY_DOWN: advice(
    '网关没有应答',
    'The gateway does not answer',
    '启动网关后再检查一次',
    'Start it, and check again',
  ),
  GATEWAY_NOT_READY: advice(
    '网关未就绪',
    'The gateway is not ready',
    '查看 /readyz 与运行日志（docs/operations.md）',
    'Look at /readyz and its log (docs/operations.md)',
  ),
} satisfies Record<string, Advice>

export type FindingCode = keyof typeof ADVICE
