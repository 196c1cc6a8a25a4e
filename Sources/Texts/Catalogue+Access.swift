extension Catalogue {
    /// Users, sessions, the audit trail, approvals.
    static let access: [Entry] = accessErrors + accessEvents + accessSentences + accessWords + auditActions

    private static let accessEvents: [Entry] = [
        Entry(
            "event.loginLocked", "Too many wrong passwords for the user '{who}': logins wait longer and longer.",
            "用户“{who}”的密码多次输入错误：登录等待时间将逐渐延长。"),
        Entry(
            "event.approvalAsked", "{who} asks for the approval of another user: {what}, {target}.",
            "{who} 请求另一名用户批准：{what}，{target}。"),
    ]

    private static let accessErrors: [Entry] = [
        Entry("error.loginRefused", "The name, the password or the code is wrong.", "用户名、密码或验证码错误。"),
        Entry(
            "error.codeNeeded", "The code of your authenticator, or a recovery code, is needed as well.",
            "还需要身份验证器的验证码或恢复码。"),
        Entry(
            "error.outOfScope", "The token of {caller} is not made for '{group}'.", "{caller} 的令牌不能用于“{group}”。"),
        Entry(
            "error.secondFactorNeeded", "Set up a second factor first: this cluster demands one.",
            "请先设置第二验证因素：本集群要求使用。"),
        Entry(
            "error.sessionNeeded", "Only a user who has logged in can do this, not a token and not root.",
            "只有已登录的用户才能执行此操作，令牌和 root 不能。"),
        Entry("error.passwordWrong", "The password is wrong.", "密码错误。"),
        Entry(
            "error.codeRefused", "The code is wrong or too old: enter the one that is shown now.",
            "验证码错误或已过期：请输入当前显示的验证码。"),
        Entry("error.passwordTooShort", "The password must have at least {least} characters.", "密码至少需要 {least} 个字符。"),
        Entry("error.passwordTooLong", "The password must have at most {most} characters.", "密码最多 {most} 个字符。"),
        Entry("error.passwordIsName", "The password must not be the user's name.", "密码不能与用户名相同。"),
        Entry(
            "error.passwordTooCommon", "The password is one of those that everybody tries first: choose another.",
            "该密码过于常见，容易被猜到：请换一个。"),
        Entry("error.unknownUser", "There is no user '{user}'.", "没有用户“{user}”。"),
        Entry("error.duplicateUser", "There is a user with the name '{name}' already.", "已有名为“{name}”的用户。"),
        Entry(
            "error.lastAdministrator", "'{user}' is the last administrator: make another one first.",
            "“{user}”是最后一名管理员：请先添加另一名管理员。"),
        Entry("error.unknownSession", "There is no session '{session}'.", "没有会话“{session}”。"),
        Entry(
            "error.unknownApproval", "No request '{approval}' waits for approval; it was decided, or its time is over.",
            "没有等待批准的请求“{approval}”；它已处理或已过期。"),
        Entry(
            "error.ownApproval", "Another administrator or security officer must approve what you have asked for.",
            "您提出的请求必须由另一名管理员或安全官批准。"),
    ]

    private static let accessSentences: [Entry] = [
        Entry("users.added", "'{name}' was added as {role}.", "已添加“{name}”，角色为{role}。"),
        Entry("users.changed", "'{name}' was changed; its sessions have ended.", "已修改“{name}”；其会话已结束。"),
        Entry("users.removed", "'{name}' was removed.", "已移除“{name}”。"),
        Entry(
            "users.secondFactorReset", "The second factor of '{name}' was removed; its sessions have ended.",
            "已移除“{name}”的第二验证因素；其会话已结束。"),
        Entry("users.password", "New password for {name}: ", "{name} 的新密码："),
        Entry("users.passwordAgain", "The same again: ", "请再次输入："),
        Entry("users.passwordsDiffer", "The two passwords are not the same.", "两次输入的密码不一致。"),
        Entry(
            "users.noTerminal", "There is no terminal to ask on: use --password-file.", "没有可供输入的终端：请使用 --password-file。"
        ),
        Entry("session.ended", "The session {session} was ended.", "会话 {session} 已结束。"),
        Entry("audit.intact", "The audit trail is intact: {entries} entries.", "审计记录完整：共 {entries} 条。"),
        Entry(
            "audit.broken", "The audit trail is broken at entry {number}: {reason}.",
            "审计记录在第 {number} 条处被破坏：{reason}。"),
        Entry("approvals.held", "This waits for the approval of another user: {approval}", "此操作等待另一名用户批准：{approval}"),
        Entry("approvals.none", "Nothing waits for approval.", "没有等待批准的请求。"),
        Entry("approvals.approved", "{approval} was approved and done.", "{approval} 已批准并执行。"),
        Entry("approvals.rejected", "{approval} was rejected.", "{approval} 已拒绝。"),
    ]

    private static let accessWords: [Entry] = [
        Entry("userRole.securityOfficer", "security officer", "安全官"),
        Entry("column.disabled", "DISABLED", "已停用"),
        Entry("column.secondFactor", "SECOND FACTOR", "第二因素"),
        Entry("column.lastLogin", "LAST LOGIN", "上次登录"),
        Entry("column.lockedUntil", "LOCKED UNTIL", "锁定至"),
        Entry("column.lastUsed", "LAST USED", "最近使用"),
        Entry("column.client", "CLIENT", "客户端"),
        Entry("column.groups", "GROUPS", "范围"),
        Entry("column.number", "NUMBER", "编号"),
        Entry("column.who", "WHO", "操作者"),
        Entry("column.action", "ACTION", "操作"),
        Entry("column.target", "TARGET", "对象"),
        Entry("column.outcome", "OUTCOME", "结果"),
        Entry("security.fourEyes", "Four eyes", "双人批准"),
        Entry("security.requireSecondFactor", "Second factor for everybody", "强制第二因素"),
        Entry("security.sessionMinutes", "Sessions end after, minutes", "会话最长时间（分钟）"),
        Entry("security.idleMinutes", "Unused sessions end after, minutes", "会话空闲超时（分钟）"),
        Entry("auditOutcome.done", "done", "完成"),
        Entry("auditOutcome.held", "waits for approval", "等待批准"),
        Entry("auditReason.changed", "it was changed", "内容被修改"),
        Entry("auditReason.missing", "it is missing", "记录缺失"),
        Entry("auditReason.reordered", "it is not in its place", "顺序被打乱"),
        Entry("auditReason.inserted", "it was inserted", "记录被插入"),
        Entry("auditReason.broken", "it does not continue the one before", "与前一条不衔接"),
    ]
}
