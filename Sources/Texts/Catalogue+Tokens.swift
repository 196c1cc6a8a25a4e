extension Catalogue {
    /// What the console's pages of tokens, jobs and rack mode say.
    static let tokensAndJobs: [Entry] = [
        Entry("navigation.tokens", "Tokens", "令牌"),
        Entry("navigation.jobs", "Jobs", "任务"),
        Entry("tokens.api", "API tokens, for programs", "API 令牌（供程序使用）"),
        Entry("tokens.noAPI", "There is no API token.", "没有 API 令牌。"),
        Entry("tokens.addAPI", "Make an API token", "创建 API 令牌"),
        Entry("tokens.nameHint", "What it is for, as monitoring.", "用途，例如 monitoring。"),
        Entry("tokens.scopes", "What it may be used for", "可用范围"),
        Entry(
            "tokens.scopesHint",
            "Parts of the API, by the first word of their paths. None chosen: all that the role may.",
            "API 的各个部分，以路径的第一个词表示。不选择则为该角色的全部权限。"),
        Entry("tokens.allScopes", "all", "全部"),
        Entry("tokens.days", "Days until it expires", "有效天数"),
        Entry("tokens.daysHint", "Empty: until it is revoked.", "留空：直至吊销。"),
        Entry("tokens.untilRevoked", "when revoked", "吊销时"),
        Entry("tokens.join", "Join tokens, for nodes", "加入令牌（供节点使用）"),
        Entry("tokens.noJoin", "There is no join token.", "没有加入令牌。"),
        Entry("tokens.addJoin", "Make a join token", "创建加入令牌"),
        Entry(
            "tokens.joinHow",
            "A node that has the token in its answer file joins without anybody comparing a code.",
            "应答文件中带有令牌的节点无需任何人核对代码即可加入。"),
        Entry("tokens.hours", "Hours until it expires", "有效小时数"),
        Entry("tokens.uses", "For how many nodes", "可用于多少个节点"),
        Entry("tokens.usesLeft", "Nodes left", "剩余节点数"),
        Entry("tokens.revoke", "Revoke", "吊销"),
        Entry("tokens.revoked", "revoked", "已吊销"),
        Entry("tokens.usable", "usable", "可用"),
        Entry("tokens.created", "The new token", "新令牌"),
        Entry(
            "tokens.shownOnce", "It is shown only now: the cluster keeps no copy of it.",
            "令牌只显示这一次：集群不保存其副本。"),
        Entry("done.tokenRevoked", "The token was revoked.", "令牌已吊销。"),
        Entry("jobs.text", "Actions that go on after their request, and how far they are.", "在请求之后继续执行的操作及其进度。"),
        Entry("jobs.steps", "Steps", "步骤"),
        Entry(
            "nodes.rackText", "Accepts the next nodes without comparing digits. For a closed network.",
            "无需核对数字即接受后续节点。适用于封闭网络。"),
        Entry("nodes.rackMinutes", "For how many minutes", "持续多少分钟"),
        Entry("nodes.rackClose", "Close rack mode", "关闭机架模式"),
        Entry("nodes.reject", "Reject", "拒绝"),
        Entry("done.rackOpened", "Rack mode is open.", "机架模式已开启。"),
        Entry("done.rackClosed", "Rack mode is closed.", "机架模式已关闭。"),
        Entry(
            "console.noHeir", "There is no spare node that could take its place: add one first.", "没有可接替的备用节点：请先添加一个。"),
    ]
}
