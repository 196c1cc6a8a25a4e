extension Catalogue {
    /// What the setup wizard says.
    static let wizard: [Entry] = steps + wizardFields + wizardChecks + wizardStart

    private static let steps: [Entry] = [
        Entry("setup.steps", "Steps", "步骤"),
        Entry("setup.welcome", "Welcome to Keelson", "欢迎使用 Keelson"),
        Entry(
            "setup.welcomeText", "Seven short steps turn this server into a cluster. Each is saved as it is done.",
            "七个简短的步骤即可将本服务器变为集群。每一步完成后都会保存。"),
        Entry("setup.setupCode", "Setup code", "设置代码"),
        Entry("setup.administrator", "Administrator", "管理员"),
        Entry("setup.license", "License", "许可证"),
        Entry("setup.cluster", "Name and time", "名称与时间"),
        Entry("setup.network", "Virtual address", "虚拟地址"),
        Entry("setup.nodes", "Nodes", "节点"),
        Entry("setup.start", "Start", "启动"),
        Entry("setup.next", "Save and go on", "保存并继续"),
        Entry("setup.begin", "Begin", "开始"),
        Entry("setup.back", "Back", "返回"),
        Entry("setup.check", "Check", "检查"),
    ]

    private static let wizardFields: [Entry] = [
        Entry("setup.codeLabel", "Setup code", "设置代码"),
        Entry(
            "setup.codeHint", "The server shows it on its own screen, for example K7QM-2XRT.",
            "服务器在自己的屏幕上显示此代码，例如 K7QM-2XRT。"),
        Entry(
            "setup.administratorText", "This person may do everything. Further users are made in the console.",
            "此人拥有全部权限。其他用户可在控制台中添加。"),
        Entry(
            "setup.passwordHint", "At least 12 characters. A sentence is easier to remember than signs.",
            "至少 12 个字符。一句话比符号更容易记住。"),
        Entry("setup.passwordKept", "One is saved; leave this empty to keep it.", "已保存密码；留空则保持不变。"),
        Entry("setup.passwordAgain", "Password once more", "再次输入密码"),
        Entry("setup.passwordsDiffer", "is not the same as the first one", "与第一次输入的不同"),
        Entry(
            "setup.licenseText", "Protection never stops because of a license; it only limits what can be added.",
            "保护绝不会因许可证而停止；许可证只限制可添加的内容。"),
        Entry("setup.licenseKind", "License", "许可证"),
        Entry("setup.trial", "Trial of 30 days", "30 天试用"),
        Entry("setup.licenseGiven", "License file", "许可证文件"),
        Entry("setup.licenseFile", "Text of the license file", "许可证文件内容"),
        Entry("setup.licenseHint", "Paste it, or drop the file here.", "粘贴内容，或将文件拖放到此处。"),
        Entry("setup.clusterName", "Name of the cluster", "集群名称"),
        Entry("setup.clusterNameHint", "Letters, digits, '.', '-' and '_'.", "字母、数字、“.”、“-”和“_”。"),
        Entry("setup.dns", "Name servers", "域名服务器"),
        Entry("setup.ntp", "Time servers", "时间服务器"),
        Entry("setup.listHint", "Several are separated by commas; may be empty.", "多个以逗号分隔；可留空。"),
        Entry("setup.timeZone", "Time zone", "时区"),
        Entry(
            "setup.networkText", "Users reach the cluster at this address, whichever node is the master.",
            "无论哪个节点是主节点，用户都通过此地址访问集群。"),
        Entry("setup.gateway", "Gateway", "网关"),
        Entry(
            "setup.nodesText",
            "Start the other servers as nodes. Each shows six digits; type them in here to approve it. "
                + "You can also add nodes later.",
            "将其他服务器作为节点启动。每个节点显示六位数字；在此输入以批准。也可以稍后添加节点。"),
        Entry("setup.approved", "approved", "已批准"),
        Entry("setup.nobodyWaits", "No node waits at the moment.", "目前没有等待的节点。"),
        Entry("setup.rack", "Rack mode", "机架模式"),
        Entry(
            "setup.rackText", "Accepts the next nodes for 30 minutes without comparing digits. For a closed network.",
            "在 30 分钟内无需核对数字即接受后续节点。适用于封闭网络。"),
        Entry("setup.rackCount", "How many nodes", "节点数量"),
        Entry("setup.rackOpenIt", "Open rack mode", "开启机架模式"),
        Entry("setup.rackOpen", "Rack mode is open for {nodes} more nodes.", "机架模式已开启，还可接受 {nodes} 个节点。"),
        Entry("setup.onlyThis", "this server only, for the time being", "暂时只有本服务器"),
    ]

    private static let wizardChecks: [Entry] = [
        Entry("setup.checks", "What the network says", "网络检查结果"),
        Entry("setup.checkName", "Check", "检查项"),
        Entry("setup.checkSubject", "Asked", "对象"),
        Entry("setup.clockOffset", "clock offset {offset}", "时钟偏差 {offset}"),
        Entry("reason.noAddress", "must be an IP address, not '{value}'", "必须是 IP 地址，而不是“{value}”"),
        Entry(
            "reason.noSubnet", "must be an address with a prefix length, as 192.0.2.50/24, not '{value}'",
            "必须是带前缀长度的地址，例如 192.0.2.50/24，而不是“{value}”"),
        Entry("check.vipInSubnet", "lies in this server's network", "位于本服务器的网络中"),
        Entry("check.vipNotNode", "is not a server's own address", "不是服务器自身的地址"),
        Entry("check.vipFree", "is used by nobody", "未被占用"),
        Entry("check.gateway", "The gateway answers", "网关有应答"),
        Entry("check.ntp", "The time server answers", "时间服务器有应答"),
        Entry("check.dns", "The name server answers", "域名服务器有应答"),
        Entry("check.passed", "good", "通过"),
        Entry("check.failed", "not good", "未通过"),
    ]

    private static let wizardStart: [Entry] = [
        Entry("setup.startIt", "Start the cluster", "启动集群"),
        Entry("setup.starting", "The cluster starts", "集群正在启动"),
        Entry("setup.startingText", "This takes some seconds.", "需要几秒钟。"),
        Entry("setup.restarting", "The server starts its services as a member.", "服务器正在以成员身份启动服务。"),
        Entry(
            "setup.brokenOff", "The start was broken off. Nothing is lost: go on where it was.",
            "启动已中断。没有任何内容丢失：可从中断处继续。"),
        Entry("setup.goOn", "Go on", "继续"),
        Entry("setup.phases", "Phases", "阶段"),
        Entry("setup.phase", "Phase", "阶段"),
        Entry("setup.finishedText", "The cluster runs.", "集群已运行。"),
        Entry("setup.toConsole", "To the console", "打开控制台"),
        Entry("setup.kit", "Download the recovery kit", "下载恢复包"),
        Entry(
            "setup.kitText",
            "Keep the recovery kit outside the cluster: it tells how to bring the cluster back when everything is gone.",
            "请将恢复包保存在集群之外：它说明在一切丢失时如何恢复集群。"),
    ]
}
