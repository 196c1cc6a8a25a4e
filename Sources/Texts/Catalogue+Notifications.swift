extension Catalogue {
    /// Messages to targets, and what the command line says about targets.
    static let notifications: [Entry] = [
        Entry("notification.subject", "[{cluster}] {level}: {sentence}", "[{cluster}] {level}：{sentence}"),
        Entry(
            "notification.digest", "[{cluster}] {count} events, the worst of level {level}",
            "[{cluster}] {count} 个事件，最高级别：{level}"),
        Entry("notification.repeated", " ({count} times)", "（{count} 次）"),
        Entry(
            "notification.details", "event {kind}, node {node}, number {sequence}",
            "事件 {kind}，节点 {node}，编号 {sequence}"),
        Entry(
            "notification.footer", "Sent by the Keelson cluster {cluster}.", "由 Keelson 集群 {cluster} 发送。"),
        Entry(
            "event.notificationTest", "This is a test message that {who} asked for.", "这是应 {who} 要求发送的测试消息。"),
        Entry(
            "event.notificationLost", "Messages do not reach the target {target}, the first was given up: {reason}.",
            "消息无法送达目标 {target}，首条已放弃：{reason}。"),
        Entry("event.notificationChanged", "{who} changed the target {target}.", "{who} 修改了通知目标 {target}。"),
        Entry("event.notificationRemoved", "{who} removed the target {target}.", "{who} 删除了通知目标 {target}。"),
        Entry("error.unknownTarget", "There is no notification target '{target}'.", "没有通知目标“{target}”。"),
        Entry(
            "reason.plainText", "must be {low} to {high} bytes without control characters",
            "必须为 {low} 到 {high} 字节，且不含控制字符"),
        Entry("reason.atMost", "must be at most {high}", "最多 {high} 个"),
        Entry("reason.otherKind", "does not belong to a target of kind '{kind}'", "不属于“{kind}”类型的目标"),
        Entry("reason.host", "must be a host name or an address", "必须是主机名或地址"),
        Entry("reason.mailAddress", "must be a mail address as name@example.com", "必须是 name@example.com 形式的邮件地址"),
        Entry("reason.mailAddresses", "must list {low} to {high} addresses", "必须列出 {low} 到 {high} 个地址"),
        Entry(
            "reason.clearPassword", "must be starttls or tls: a password does not go over the wire in the clear",
            "必须是 starttls 或 tls：密码不能明文传输"),
        Entry("reason.httpsURL", "must be an https URL without a user name", "必须是不含用户名的 https 网址"),
        Entry(
            "reason.visible", "must be {low} to {high} visible ASCII characters", "必须为 {low} 到 {high} 个可见 ASCII 字符"),
        Entry(
            "reason.targetName", "must be 1 to 64 letters, digits, '-' or '_', and not 'undelivered'",
            "必须由 1 到 64 个字母、数字、“-”或“_”组成，且不能是“undelivered”"),
        Entry("reason.certificates", "must be certificates in PEM", "必须是 PEM 格式的证书"),
        Entry("reason.oneTooMany", "is one too many: there may be {high}", "超出数量：最多 {high} 个"),
        Entry("notify.set", "The target '{target}' is set.", "已设置目标“{target}”。"),
        Entry("notify.removed", "The target '{target}' was removed.", "已删除目标“{target}”。"),
        Entry("notify.delivered", "The test message was delivered in {time} ms.", "测试消息已送达，用时 {time} 毫秒。"),
        Entry("notify.none", "There are no notification targets.", "没有通知目标。"),
        Entry("column.kind", "KIND", "类型"),
        Entry("column.level", "FROM LEVEL", "起始级别"),
        Entry("column.enabled", "ENABLED", "启用"),
        Entry("column.pending", "WAITING", "待发"),
        Entry("column.delivered", "DELIVERED", "已送达"),
        Entry("column.failed", "GIVEN UP", "已放弃"),
        Entry("column.error", "LAST ERROR", "最近错误"),
    ]
}
