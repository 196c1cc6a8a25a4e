extension Catalogue {
    /// What the console's pages for administrators and security officers say.
    static let administration: [Entry] =
        accountPage + usersPage + auditPage + licensePage + notificationPage + supportPage

    private static let accountPage: [Entry] = [
        Entry("account.secondFactor", "Second factor", "双重验证"),
        Entry("account.secondFactorOn", "in use", "已启用"),
        Entry(
            "account.secondFactorText",
            "With a second factor a stolen password is not enough: an authenticator on your phone shows six digits.",
            "启用双重验证后，仅凭被盗的密码无法登录：手机上的身份验证器会显示六位数字。"),
        Entry("account.mustEnrol", "Set up a second factor to go on.", "请设置双重验证以继续。"),
        Entry("account.enrol", "Set it up", "设置"),
        Entry(
            "account.scan", "Put this secret into your authenticator, then type in the six digits that it shows.",
            "将此密钥添加到身份验证器，然后输入它显示的六位数字。"),
        Entry("account.secret", "Secret", "密钥"),
        Entry("account.uri", "As a link", "链接形式"),
        Entry("account.confirm", "Confirm", "确认"),
        Entry("account.removeSecondFactor", "Remove the second factor", "移除双重验证"),
        Entry("account.recoveryCodes", "Recovery codes", "恢复代码"),
        Entry(
            "account.recoveryCodesText",
            "Each works once when the authenticator is lost. They are shown only now: keep them in a safe place.",
            "丢失身份验证器时，每个代码可使用一次。代码只显示这一次：请妥善保管。"),
        Entry("account.changePassword", "Change the password", "修改密码"),
        Entry("account.oldPassword", "Present password", "当前密码"),
        Entry("account.newPassword", "New password", "新密码"),
        Entry("done.password", "The password was changed; other sessions have ended.", "密码已修改；其他会话已结束。"),
        Entry("done.secondFactorRemoved", "The second factor was removed.", "双重验证已移除。"),
    ]

    private static let usersPage: [Entry] = [
        Entry("users.active", "active", "有效"),
        Entry("users.disabled", "disabled", "已停用"),
        Entry("users.locked", "locked after wrong passwords", "因密码错误而锁定"),
        Entry("users.lastLogin", "Last login", "最近登录"),
        Entry("users.lastUsed", "Last used", "最近使用"),
        Entry("users.change", "Change", "修改"),
        Entry("users.remove", "Remove", "移除"),
        Entry("users.add", "Add a user", "添加用户"),
        Entry("users.resetSecondFactor", "Remove the second factor", "移除双重验证"),
        Entry("users.sessions", "Sessions", "会话"),
        Entry("users.endSession", "End", "结束"),
        Entry("users.rules", "Rules", "规则"),
        Entry(
            "users.rulesByOfficer",
            "A security officer sets the rules (four eyes, second factor, length of sessions) and reads the audit trail.",
            "规则（四眼原则、双重验证、会话时长）由安全官设置，审计记录也由安全官查看。"),
        Entry("users.fourEyes", "A second person approves what destroys", "破坏性操作须由第二人批准"),
        Entry("users.requireSecondFactor", "Everybody needs a second factor", "所有人必须启用双重验证"),
        Entry("users.sessionMinutes", "A session ends after so many minutes", "会话在多少分钟后结束"),
        Entry("users.idleMinutes", "An unused session ends after so many minutes", "闲置会话在多少分钟后结束"),
        Entry("done.userAdded", "The user was added.", "用户已添加。"),
        Entry("done.userRemoved", "The user was removed.", "用户已移除。"),
        Entry("done.sessionEnded", "The session has ended.", "会话已结束。"),
    ]

    private static let auditPage: [Entry] = [
        Entry("auditPage.intact", "Whole: {entries} entries, each fits the one before", "完整：{entries} 条记录，前后相符"),
        Entry("auditPage.broken", "Damaged from entry {number} on", "自第 {number} 条起已损坏"),
        Entry("audit.export", "Download it", "下载"),
        Entry("audit.older", "Older entries", "更早的记录"),
        Entry("audit.number", "Number", "编号"),
        Entry("audit.who", "Who", "操作者"),
        Entry("audit.action", "Action", "操作"),
        Entry("audit.target", "On what", "对象"),
        Entry("audit.outcome", "Outcome", "结果"),
        Entry("approvals.text", "What destroys waits here until another person has agreed.", "破坏性操作在此等待另一人同意。"),
        Entry("auditPage.nothingWaits", "Nothing waits.", "没有等待的操作。"),
        Entry("approvals.expires", "Expires", "到期"),
        Entry("approvals.reject", "Reject", "拒绝"),
        Entry("done.requestApproved", "It was approved and done.", "已批准并执行。"),
        Entry("done.requestRejected", "It was rejected.", "已拒绝。"),
    ]

    private static let licensePage: [Entry] = [
        Entry(
            "licensePage.silent", "The license validator of this node does not answer; this is what it said last.",
            "本节点的许可证校验器无应答；以下为其最近的结论。"),
        Entry("licensePage.additions", "More may be added", "可继续添加"),
        Entry("licensePage.customer", "Customer", "客户"),
        Entry("licensePage.kind", "Kind", "类型"),
        Entry("licensePage.id", "Number", "编号"),
        Entry("licensePage.issued", "Issued", "签发"),
        Entry("licensePage.expires", "Expires", "到期"),
        Entry("licensePage.features", "Features", "功能"),
        Entry("licensePage.bound", "Bound to machines", "绑定的机器数"),
        Entry("licensePage.key", "Signed with", "签名密钥"),
        Entry("licensePage.usage", "What is used", "使用情况"),
        Entry("licensePage.used", "Used", "已用"),
        Entry("licensePage.limit", "Limit", "上限"),
        Entry("licensePage.unlimited", "none", "无"),
        Entry("licensePage.nodes", "Nodes", "节点"),
        Entry("licensePage.hosts", "Protected machines", "受保护的机器"),
        Entry("licensePage.tebibytes", "Protected data, TiB", "受保护的数据（TiB）"),
        Entry("licensePage.install", "Install a license", "安装许可证"),
        Entry("licensePage.request", "Download the request for the vendor", "下载供应商申请文件"),
        Entry("done.license", "The license was installed.", "许可证已安装。"),
    ]

    private static let notificationPage: [Entry] = [
        Entry("notifications.targets", "Who is told", "通知对象"),
        Entry("notifications.kind", "Kind", "类型"),
        Entry("notifications.kind.smtp", "mail", "邮件"),
        Entry("notifications.kind.webhook", "webhook", "Webhook"),
        Entry("notifications.kind.syslog", "syslog", "Syslog"),
        Entry("notifications.security", "Encryption", "加密"),
        Entry("notifications.security.starttls", "STARTTLS", "STARTTLS"),
        Entry("notifications.security.tls", "TLS", "TLS"),
        Entry("notifications.security.none", "none", "无"),
        Entry("notifications.where", "Where", "目标"),
        Entry("notifications.from", "From level", "最低级别"),
        Entry("notifications.delivered", "Delivered", "已送达"),
        Entry("notifications.pending", "Waiting", "等待"),
        Entry("notifications.good", "works", "正常"),
        Entry("notifications.failing", "cannot deliver", "无法送达"),
        Entry("notifications.off", "off", "关闭"),
        Entry("notifications.test", "Test", "测试"),
        Entry("notifications.remove", "Remove", "移除"),
        Entry("notifications.none", "Nobody is told yet.", "尚无通知对象。"),
        Entry("notifications.addMail", "Add mail", "添加邮件"),
        Entry("notifications.addWebhook", "Add a webhook", "添加 Webhook"),
        Entry("notifications.addSyslog", "Add syslog over TLS", "添加 TLS Syslog"),
        Entry("notifications.host", "Host", "主机"),
        Entry("notifications.port", "Port", "端口"),
        Entry("notifications.sender", "Sender's address", "发件人地址"),
        Entry("notifications.receivers", "Receivers' addresses", "收件人地址"),
        Entry("notifications.secret", "Secret for the signature", "签名密钥"),
        Entry("notifications.tested", "The test reached {target} in {time}.", "测试已送达 {target}，用时 {time}。"),
        Entry("notifications.testFailed", "The test did not reach {target}: {reason}", "测试未送达 {target}：{reason}"),
        Entry("done.removed", "Removed.", "已移除。"),
    ]

    private static let supportPage: [Entry] = [
        Entry(
            "support.text",
            "Everything that support needs to understand this cluster; passwords, keys and tokens are left out.",
            "支持人员了解本集群所需的一切；密码、密钥和令牌已去除。"),
        Entry("support.download", "Download the bundle", "下载支持包"),
        Entry("support.contents", "What is in it", "内容"),
        Entry("support.size", "Size", "大小"),
        Entry("support.link", "For the vendor's support", "供应商支持"),
    ]
}
