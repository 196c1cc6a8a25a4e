extension Catalogue {
    static let license: [Entry] =
        licenseProblems + licenseReasons + licenseErrors + licenseWarnings + licenseEvents + licenseWords

    /// Why a license is not taken.
    private static let licenseProblems: [Entry] = [
        Entry("license.tooLarge", "The license is larger than {limit} KiB.", "许可证超过 {limit} KiB。"),
        Entry(
            "license.notALicense",
            "This is not a Keelson license: it must begin with the line '{begin}' and end with the line '{end}'.",
            "这不是 Keelson 许可证：必须以“{begin}”行开头，以“{end}”行结尾。"),
        Entry(
            "license.damaged", "The license is damaged: copy the whole text again.", "许可证已损坏：请重新复制完整文本。"),
        Entry(
            "license.unknownVersion", "The license has the format version {version}, which this program does not know.",
            "许可证的格式版本为 {version}，本程序无法识别。"),
        Entry(
            "license.unknownKey", "The license is signed with the key {key}, which this program does not know.",
            "许可证使用密钥 {key} 签名，本程序不认识该密钥。"),
        Entry(
            "license.testKey", "The license is signed with the test key {key}, which a release does not accept.",
            "许可证使用测试密钥 {key} 签名，正式版本不接受。"),
        Entry(
            "license.badSignature", "The license's signature is wrong: it was changed after it was signed.",
            "许可证签名错误：签名之后内容被修改过。"),
        Entry("license.badPayload", "The license cannot be read: {detail}", "无法读取许可证：{detail}"),
        Entry("license.badField", "The license's field {member} {reason}.", "许可证的字段 {member} 无效：{reason}。"),
        Entry("license.expired", "The license expired at {time}.", "许可证已于 {time} 过期。"),
        Entry("license.notYetValid", "The license is not valid before {time}.", "许可证在 {time} 之前无效。"),
        Entry(
            "license.otherHardware",
            "The license is for other machines: {found} of them are here, {needed} are needed.",
            "许可证用于其他机器：此处只有其中 {found} 台，需要 {needed} 台。"),
        Entry(
            "license.tooFewNodes", "This cluster has more nodes ({present}) than the license allows ({limit}).",
            "本集群的节点数（{present}）超过许可证允许的数量（{limit}）。"),
    ]

    /// Clauses of the sentences above.
    private static let licenseReasons: [Entry] = [
        Entry("license.reason.range", "must be {low} to {high}", "必须在 {low} 到 {high} 之间"),
        Entry(
            "license.reason.text", "must be 1 to {limit} bytes without control characters",
            "必须为 1 到 {limit} 字节，且不含控制字符"),
        Entry(
            "license.reason.unlessPerpetual", "must be given unless the license is perpetual, and only then",
            "除永久许可证外必须填写，永久许可证则不得填写"),
        Entry("license.reason.notLater", "must be later than validFrom", "必须晚于 validFrom"),
        Entry("license.reason.tooManyMachines", "must name at most {limit} machines", "最多列出 {limit} 台机器"),
        Entry(
            "license.reason.badParts", "must give four parts of {digits} hexadecimal digits, or empty ones",
            "必须给出四个部件，每个为 {digits} 位十六进制数字或为空"),
        Entry(
            "license.reason.tooFewParts", "must give at least {needed} parts of a machine",
            "每台机器至少给出 {needed} 个部件"),
        Entry("license.detail.notJSON", "Its content is not valid JSON.", "其内容不是有效的 JSON。"),
        Entry(
            "license.detail.badValue", "The field '{member}' has a value of the wrong kind.",
            "字段“{member}”的值类型不正确。"),
        Entry("license.detail.doubled", "The field '{member}' is given twice.", "字段“{member}”出现了两次。"),
        Entry("license.detail.unknown", "Unknown field '{member}'.", "未知字段“{member}”。"),
        Entry("license.detail.missing", "The field '{member}' is missing.", "缺少字段“{member}”。"),
        Entry(
            "license.inactive.expired", "the license expired at {time} and its time of grace is over",
            "许可证已于 {time} 过期，宽限期也已结束"),
        Entry("license.inactive.notYetValid", "the license is not valid before {time}", "许可证在 {time} 之前无效"),
        Entry(
            "license.inactive.trialOver", "the trial ended at {time} and no license is installed",
            "试用期已于 {time} 结束，且未安装许可证"),
        Entry(
            "license.inactive.otherHardware",
            "the license is for other machines ({found} of them are here, {needed} are needed)",
            "许可证用于其他机器（此处只有其中 {found} 台，需要 {needed} 台）"),
    ]

    /// What the API refuses because of the license.
    private static let licenseErrors: [Entry] = [
        Entry("error.licenseRefused", "Refused: {problem}", "已拒绝：{problem}"),
        Entry(
            "error.licenseLimit",
            "No further node: the license, or the trial without one, allows {limit}, and {present} are present.",
            "不能再增加节点：许可证（或无许可证时的试用）允许 {limit} 个，现有 {present} 个。"),
        Entry(
            "error.licenseInactive", "No further node: {reason}. Everything that is protected goes on.",
            "不能再增加节点：{reason}。已有的保护继续运行。"),
        Entry(
            "error.validatorSilent", "The license validator of this node does not answer, so nothing was changed.",
            "本节点的许可证校验程序没有应答，因此没有做任何更改。"),
    ]

    private static let licenseWarnings: [Entry] = [
        Entry(
            "license.warning.otherHardware",
            "The license is for other machines: {found} of them are here, {needed} are needed.",
            "许可证用于其他机器：此处只有其中 {found} 台，需要 {needed} 台。"),
        Entry(
            "license.warning.tooManyNodes", "Nodes: the license allows {limit}, the cluster has {present}.",
            "集群有 {present} 个节点；许可证允许 {limit} 个。"),
        Entry(
            "license.warning.tooManyHosts", "Protected hosts: the license allows {limit}, there are {present}.",
            "受保护的主机有 {present} 台；许可证允许 {limit} 台。"),
        Entry(
            "license.warning.tooMuchData", "Protected data: the license allows {limit} TiB, there are {present} TiB.",
            "受保护的数据为 {present} TiB；许可证允许 {limit} TiB。"),
        Entry(
            "license.warning.refused", "The stored license is not accepted, as if there were none: {problem}",
            "已存储的许可证不被接受，视同没有许可证：{problem}"),
        Entry(
            "license.warning.clockSetBack",
            "The clock is behind {seen}, which this cluster has already seen: set it right.",
            "时钟早于本集群已见过的时间 {seen}：请校正时钟。"),
    ]

    private static let licenseEvents: [Entry] = [
        Entry(
            "event.licenseInstalled", "{who} installed the license {id} for {customer}.",
            "{who} 为 {customer} 安装了许可证 {id}。"),
        Entry("event.licenseRemoved", "{who} removed the license.", "{who} 移除了许可证。"),
        Entry(
            "event.licenseGrace", "The license {id} has expired; nodes and hosts can be added until {time}.",
            "许可证 {id} 已过期；在 {time} 之前仍可增加节点和主机。"),
        Entry(
            "event.licenseExpired",
            "The license {id} expired at {time}: no nodes or hosts can be added; what is protected goes on.",
            "许可证 {id} 已于 {time} 过期：不能再增加节点和主机；已有的保护继续运行。"),
        Entry(
            "event.trialEnded", "The trial ended at {time}: no nodes or hosts can be added; what is protected goes on.",
            "试用期已于 {time} 结束：不能再增加节点和主机；已有的保护继续运行。"),
        Entry(
            "event.licenseOtherHardware",
            "The license is for other machines: {found} of them are here, {needed} are needed.",
            "许可证用于其他机器：此处只有其中 {found} 台，需要 {needed} 台。"),
        Entry(
            "event.clockSetBack", "The clock of {node} is behind {seen}, which this cluster has already seen.",
            "{node} 的时钟早于本集群已见过的时间 {seen}。"),
    ]

    /// What the command line prints.
    private static let licenseWords: [Entry] = [
        Entry("license.phase.none", "none; the trial ended at {time}", "无；试用期已于 {time} 结束"),
        Entry("license.phase.trial", "none; trial until {time}", "无；试用至 {time}"),
        Entry("license.phase.notYetValid", "not valid before {time}", "在 {time} 之前无效"),
        Entry("license.phase.valid", "valid until {time}", "有效期至 {time}"),
        Entry("license.phase.validForEver", "valid for ever", "永久有效"),
        Entry("license.phase.grace", "expired; additions are possible until {time}", "已过期；{time} 之前仍可增加"),
        Entry("license.phase.expired", "expired at {time}", "已于 {time} 过期"),
        Entry("license.phase.unknown", "installed; not judged yet", "已安装；尚未校验"),
        Entry("license.state", "License", "许可证"),
        Entry("license.customer", "Customer", "客户"),
        Entry("license.kind", "Kind", "类型"),
        Entry("license.kind.trial", "trial", "试用"),
        Entry("license.kind.subscription", "subscription", "订阅"),
        Entry("license.kind.perpetual", "perpetual", "永久"),
        Entry("license.limits", "Limits", "限额"),
        Entry("license.limit.nodes", "nodes: {count}", "{count} 个节点"),
        Entry("license.limit.hosts", "hosts: {count}", "{count} 台主机"),
        Entry("license.limit.tebibytes", "TiB: {count}", "{count} TiB"),
        Entry("license.limit.none", "none", "无"),
        Entry("license.bound", "Machines", "机器"),
        Entry("license.bound.any", "any", "不限"),
        Entry("license.features", "Features", "功能"),
        Entry("license.usage", "In use", "已使用"),
        Entry("license.additions", "Additions", "可否增加"),
        Entry(
            "license.validatorSilent", "The license validator does not answer; this is its last word.",
            "许可证校验程序没有应答；以上是其最近的结论。"),
        Entry("license.notInstallable", "It would not be installed here: {problem}", "不能在此安装：{problem}"),
        Entry("license.founding", "The founding of the cluster", "集群创建"),
        Entry("license.removed", "The license was removed.", "许可证已移除。"),
    ]
}
