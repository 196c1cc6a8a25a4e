extension Catalogue {
    /// The wizard's API.
    static let setupWizard: [Entry] = [
        Entry(
            "error.setupCodeWrong", "This is not the setup code; {left} tries are left.",
            "设置代码不正确；还可以尝试 {left} 次。"),
        Entry(
            "error.setupCodeRenewed",
            "That was the last try: the node has a new setup code now, on its own console.",
            "尝试次数已用完：本节点已生成新的设置代码，请在节点控制台上查看。"),
        Entry(
            "error.draftChanged",
            "Somebody else saved the draft meanwhile (revision {revision}, not {offered}): look at it and save again. "
                + "Nothing was overwritten.",
            "其他人已同时保存了草稿（版本 {revision}，而非 {offered}）：请查看后重新保存。没有覆盖任何内容。"),
        Entry(
            "error.ntpSilent", "The time server {server} does not answer: {reason}.",
            "时间服务器 {server} 没有应答：{reason}。"),
        Entry(
            "error.ntpUnsynchronized", "The time server {server} does not give the time: {reason}.",
            "时间服务器 {server} 不提供时间：{reason}。"),
        Entry(
            "error.dnsSilent", "The name server {server} does not answer: {reason}.",
            "域名服务器 {server} 没有应答：{reason}。"),
        Entry(
            "error.clockSkew",
            "The clock of the node '{node}' is {seconds} s away from the cluster's: set it, and the node goes on by itself.",
            "节点“{node}”的时钟与集群相差 {seconds} 秒：请校准，之后节点会自动继续。"),
        Entry(
            "event.rackModeOpened", "{who} opened rack mode: the next {nodes} nodes are accepted until {time}.",
            "{who} 开启了机架模式：{time} 之前接受接下来的 {nodes} 个节点。"),
        Entry("event.rackModeClosed", "{who} closed rack mode.", "{who} 关闭了机架模式。"),
        Entry("reason.isVirtualAddress", "is the virtual address {address}", "就是虚拟地址 {address}"),
        Entry("reason.tooMany", "must list at most {limit}, not {value}", "最多列出 {limit} 个，而不是 {value} 个"),
        Entry("reason.twice", "lists something twice", "有重复项"),
        Entry("reason.server", "must be host or host:port, not '{value}'", "必须是“主机”或“主机:端口”，而不是“{value}”"),
        Entry(
            "reason.timeZone", "must be a name as Europe/Zurich, not '{value}'", "必须是 Europe/Zurich 这样的名称，而不是“{value}”"),
        Entry(
            "reason.unknownTimeZone", "names a time zone that this system does not know: '{value}'",
            "是本系统不认识的时区：“{value}”"),
        Entry("reason.setupCode", "must be 8 letters and digits", "必须是 8 个字母和数字"),
        Entry("reason.trial", "must be true, or a license must be given", "必须为 true，否则必须提供许可证"),
        Entry("reason.notWith", "cannot be given together with '{other}'", "不能与“{other}”同时给出"),
        Entry(
            "reason.hostAddress", "must be the address of one host, which {address} is not", "必须是单台主机的地址，而 {address} 不是"
        ),
        Entry(
            "reason.tooWide", "is wider ({address}) than this node's network {subnet}", "（{address}）比本节点的网络 {subnet} 更宽"
        ),
        Entry("reason.ownAddress", "is this node's own address", "是本节点自己的地址"),
        Entry("server.nothingCame", "nothing came within {seconds} s", "{seconds} 秒内没有收到应答"),
        Entry("server.unknownName", "its name is not known", "无法解析其名称"),
        Entry("server.refuses", "it refuses with {code}", "它以 {code} 拒绝"),
        Entry(
            "server.notSet", "its own clock is not set (stratum {stratum}, leap {leap})",
            "它自己的时钟未校准（stratum {stratum}，leap {leap}）"),
        Entry("server.notTheAnswer", "it answers something else", "它答非所问"),
        Entry("auditAction.PUT /v1/setup/draft", "Saved a step of the setup", "保存设置步骤"),
        Entry("auditAction.POST /v1/setup/start", "Started the cluster", "启动集群"),
        Entry("auditAction.PUT /v1/rack-mode", "Opened or closed rack mode", "开启或关闭机架模式"),
        Entry("setup.codeIs", "Setup code: {code}", "设置代码：{code}"),
        Entry("setup.codeURL", "Open {url} in a browser.", "请在浏览器中打开 {url}。"),
        Entry(
            "setup.codeFingerprint", "Fingerprint of its certificate (SHA-256): {fingerprint}",
            "证书指纹（SHA-256）：{fingerprint}"),
        Entry("draft.step", "Step {step} of 7, revision {revision}", "第 {step} 步（共 7 步），版本 {revision}"),
        Entry("draft.language", "Language", "语言"),
        Entry("draft.administrator", "Administrator", "管理员"),
        Entry("draft.license", "License", "许可证"),
        Entry("draft.license.trial", "trial", "试用"),
        Entry("draft.license.file", "given", "已提供"),
        Entry("draft.name", "Cluster", "集群"),
        Entry("draft.dns", "Name servers", "域名服务器"),
        Entry("draft.ntp", "Time servers", "时间服务器"),
        Entry("draft.timeZone", "Time zone", "时区"),
        Entry("draft.vip", "Address", "虚拟地址"),
        Entry("draft.gateway", "Gateway", "网关"),
        Entry("draft.profile", "Profile", "切换档位"),
        Entry("draft.approved", "Approved", "已批准"),
        Entry(
            "rack.open", "Rack mode: the next {nodes} nodes are accepted until {time}.",
            "机架模式：{time} 之前接受接下来的 {nodes} 个节点。"),
        Entry("rack.closed", "Rack mode is closed.", "机架模式已关闭。"),
        Entry(
            "kit.saved", "The recovery kit is in {file}. Store it away from the cluster.", "恢复资料已保存到 {file}。请存放在集群之外。"),
    ]

    /// The recovery kit, in the order in which it is read.
    static let recoveryKit: [Entry] = [
        Entry("kit.title", "Recovery kit of the Keelson cluster '{name}'", "Keelson 集群“{name}”的恢复资料"),
        Entry(
            "kit.intro",
            "Print it or store it where the cluster is not. It holds no password and no private key. Made at {time}.",
            "请打印或存放在集群之外。其中不含密码和私钥。生成时间：{time}。"),
        Entry("kit.id", "Cluster identity: {id}", "集群标识：{id}"),
        Entry("kit.vip", "Virtual addresses: {addresses}", "虚拟地址：{addresses}"),
        Entry("kit.gateway", "Gateway: {gateway}", "网关：{gateway}"),
        Entry(
            "kit.epoch", "Generation {generation}, epoch {epoch} when this was made", "生成时：代次 {generation}，纪元 {epoch}"),
        Entry("kit.nodes", "Nodes (name, address, role, identity):", "节点（名称、地址、角色、标识）："),
        Entry("kit.authority", "The cluster's certificate authority, for checking who answers:", "集群的证书机构，用于核对应答者："),
        Entry("kit.fingerprint", "SHA-256 fingerprint: {fingerprint}", "SHA-256 指纹：{fingerprint}"),
        Entry("kit.use", "When to use it", "何时使用"),
        Entry(
            "kit.oneLost",
            "One node is lost: the others go on. Set up a new machine, let it join, then 'keelson nodes replace DEAD NEW'.",
            "丢失一个节点：其余节点继续运行。请设置新机器并加入集群，然后执行 keelson nodes replace 旧节点 新节点。"),
        Entry(
            "kit.majorityLost",
            "The majority is lost for good: make sure that the lost nodes are off and stay off. On the surviving voter run "
                + "'keelson-supervisor recover'. It asks for the cluster's name: {name}. See docs/operations.md, "
                + "guided recovery.",
            "多数节点永久丢失：请确认丢失的节点已关机且不会再启动。在幸存的投票节点上运行 keelson-supervisor recover。"
                + "它会询问集群名称：{name}。参见 docs/operations.md 中的引导恢复。"),
        Entry(
            "kit.afterwards",
            "Afterwards the generation must be higher than the one above. Then make a new recovery kit.",
            "恢复之后，代次必须高于上面的数值。然后请重新生成恢复资料。"),
    ]
}
