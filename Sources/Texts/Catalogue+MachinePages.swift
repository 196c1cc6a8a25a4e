extension Catalogue {
    /// The console's pages of protected machines.
    static let machinePages: [Entry] = machinePageWords + machineVerbs + machineJudgements

    private static let machinePageWords: [Entry] = [
        Entry("navigation.machines", "Protected machines", "受保护的机器"),
        Entry("machinePage.lag", "RPO now", "当前 RPO"),
        Entry("machinePage.behind", "Not safe yet", "尚未安全"),
        Entry("machinePage.unsafe", "Oldest byte that is not safe", "最早未安全的数据"),
        Entry("machinePage.nothingUnsafe", "everything is safe", "全部数据均已安全"),
        Entry("machinePage.copy", "Copy or resync", "复制或同步"),
        Entry("machinePage.copied", "{done} of {total}, {percent} %", "{done} / {total}，{percent} %"),
        Entry("machinePage.left", "{time} left", "剩余 {time}"),
        Entry("machinePage.receiver", "Receiver", "接收节点"),
        Entry("machinePage.second", "Second copy", "第二副本"),
        Entry("machinePage.rate", "Rate", "速率"),
        Entry("machinePage.level", "Data counts as", "数据视为"),
        Entry("machinePage.newest", "Newest point", "最新时间点"),
        Entry("machinePage.oldest", "Oldest point", "最早时间点"),
        Entry("machinePage.retention", "Every point is kept for", "全部时间点保留"),
        Entry("machinePage.held", "held: nothing is thinned", "已锁定：不清理任何时间点"),
        Entry("machinePage.journal", "Journal", "日志"),
        Entry("machinePage.base", "Base image", "基础镜像"),
        Entry("machinePage.seconds", "{count} seconds", "{count} 秒"),
        Entry(
            "machinePage.notEnrolled", "Its source has not enrolled yet: start it there with the enrolment token.",
            "源端尚未注册：请在源端使用注册令牌启动。"),
        Entry("machinePage.timeline", "Points in time", "时间点"),
        Entry("machinePage.points", "The newest {count} points", "最新的 {count} 个时间点"),
        Entry("machinePage.exports", "What is being served", "正在提供的导出"),
        Entry("machinePage.node", "Node", "节点"),
        Entry("machinePage.writableShort", "Writable", "可写"),
        Entry("machinePage.end", "End it", "结束"),
        Entry("machinePage.verification", "Last check", "最近一次校验"),
        Entry("machinePage.sound", "Everything is as it was written.", "全部数据完好。"),
        Entry("machinePage.volumeTable", "Volumes", "卷"),
        Entry("machinePage.size", "Size", "大小"),
        Entry("machinePage.block", "Block size", "块大小"),
        Entry("machinePage.protect", "Protect a machine", "保护一台机器"),
        Entry(
            "machinePage.protectHow",
            "Name the machine and its disks. Its source then enrols with a token that is shown once.",
            "填写机器名称及其磁盘。随后源端使用仅显示一次的令牌注册。"),
        Entry("machinePage.volumes", "Disks, one on a line", "磁盘，每行一个"),
        Entry(
            "machinePage.volumesHint", "NAME=SIZE, as root=20G; with blocks of 4096 bytes: data=1T/4096",
            "名称=大小，例如 root=20G；块大小为 4096 字节时：data=1T/4096"),
        Entry("machinePage.lagTarget", "Alarm when more than so many seconds are not safe", "未安全的数据超过多少秒时告警"),
        Entry("machinePage.keep", "Kept longer", "更久保留"),
        Entry(
            "machinePage.keepRules", "One point of each span that is kept longer, as 1h/7d, 1d/90d",
            "更久保留：每个时段一个时间点，例如 1h/7d, 1d/90d"),
        Entry("machinePage.retentionHours", "Hours for which every point is kept", "全部时间点保留的小时数"),
        Entry("machinePage.retentionSeconds", "Seconds for which every point is kept", "全部时间点保留的秒数"),
        Entry("machinePage.replicated", "Data is safe only when it is on two nodes", "数据在两个节点上才视为安全"),
        Entry("machinePage.hold", "Hold: nothing is thinned or folded", "锁定：不清理、不合并"),
        Entry("machinePage.writable", "A branch that can be written to", "可写分支"),
        Entry("machinePage.deleteData", "Delete journal, base and branches on all nodes", "删除所有节点上的日志、基础镜像和分支"),
        Entry("machinePage.bookmarkText", "Text of the bookmark", "书签文字"),
        Entry("machinePage.tokenMade", "The machine is protected as soon as its source has enrolled.", "源端注册后即开始保护。"),
        Entry("machinePage.tokenHow", "This token is shown once. Give it to the source.", "该令牌仅显示一次，请提供给源端。"),
        Entry("machinePage.token", "Enrolment token", "注册令牌"),
        Entry("machinePage.tokenExpires", "Good until", "有效期至"),
        Entry("machinePage.fingerprint", "Fingerprint of the cluster's authority", "集群颁发机构的指纹"),
        Entry(
            "reason.keepRule", "must have rules of the form EVERY/FOR, as 1h/7d, not '{value}'",
            "规则必须为“间隔/时长”，例如 1h/7d，而不是“{value}”"),
        Entry(
            "reason.volumeLine", "must have lines of the form NAME=SIZE, not '{value}'",
            "每行必须为“名称=大小”，而不是“{value}”"),
        Entry("reason.machineTyped", "must be the machine's name, {machine}", "必须是机器名称 {machine}"),
    ]

    private static let machineVerbs: [Entry] = [
        Entry("machineVerb.release", "Release", "释放"),
        Entry("machineVerb.bookmark", "Make a bookmark", "创建书签"),
        Entry("machineVerb.pause", "Pause", "暂停"),
        Entry("machineVerb.resume", "Resume", "恢复"),
        Entry("machineVerb.export", "Open", "打开"),
        Entry("machineVerb.verify", "Check everything", "全部校验"),
        Entry("machineVerb.change", "Change", "修改"),
        Entry("machineVerb.enrol", "New enrolment token", "新的注册令牌"),
        Entry("machineVerb.unprotect", "End the protection", "结束保护"),
        Entry("machineQuestion.release", "Shall this bookmark of {machine} be kept no more?", "不再保留 {machine} 的这个书签吗？"),
        Entry("machineQuestion.bookmark", "Which name shall this moment of {machine} have?", "为 {machine} 的当前时刻命名："),
        Entry("machineQuestion.pause", "Shall the stream of {machine} be paused?", "要暂停 {machine} 的数据流吗？"),
        Entry("machineQuestion.resume", "Shall the stream of {machine} go on?", "要恢复 {machine} 的数据流吗？"),
        Entry("machineQuestion.export", "Shall this point of {machine} be opened?", "要打开 {machine} 的这个时间点吗？"),
        Entry(
            "machineQuestion.verify", "Shall everything of {machine} be read and checked?", "要读取并校验 {machine} 的全部数据吗？"),
        Entry("machineQuestion.change", "What of {machine} shall be otherwise?", "修改 {machine} 的设置："),
        Entry("machineQuestion.enrol", "Shall the source of {machine} get a new token?", "要为 {machine} 的源端创建新令牌吗？"),
        Entry("machineQuestion.unprotect", "Shall the protection of {machine} end?", "要结束对 {machine} 的保护吗？"),
        Entry(
            "machineConsequence.release",
            "Its point ages like any other: it can be opened until the time for which every point of {machine} is kept has passed.",
            "其时间点将与其他时间点一样过期：在 {machine} 的保留时长内仍可打开。"),
        Entry(
            "machineConsequence.bookmark", "It is done when the point of {machine} is durable.",
            "{machine} 的该时间点落盘后即完成。"),
        Entry(
            "machineConsequence.pause", "Production of {machine} goes on; what it writes meanwhile is not safe.",
            "{machine} 的业务继续运行；期间写入的数据不受保护。"),
        Entry(
            "machineConsequence.resume", "What has changed on {machine} is brought, then the stream goes on.",
            "将同步 {machine} 上的变更，然后恢复数据流。"),
        Entry(
            "machineConsequence.export", "A node serves {machine} over NBD. Production is not touched.",
            "节点将通过 NBD 提供 {machine}；不影响业务。"),
        Entry(
            "machineConsequence.verify", "The disks of the nodes that keep {machine} are busy meanwhile.",
            "期间保存 {machine} 的节点磁盘会较忙。"),
        Entry(
            "machineConsequence.change", "With a shorter time, older points of {machine} go.",
            "缩短保留时间会清除 {machine} 更早的时间点。"),
        Entry(
            "machineConsequence.enrol", "The token of {machine} that was made before is of no use any more.",
            "{machine} 之前创建的令牌将失效。"),
        Entry(
            "machineConsequence.unprotect",
            "What {machine} writes is not kept any more. If its data is deleted, no point can be opened again.",
            "{machine} 之后的写入不再保存。若删除数据，任何时间点都无法再打开。"),
        Entry("done.machineRelease", "The bookmark is kept no more.", "书签不再保留。"),
        Entry("done.machineBookmark", "The bookmark is durable.", "书签已落盘。"),
        Entry("done.machinePause", "The stream is paused.", "数据流已暂停。"),
        Entry("done.machineResume", "The stream goes on.", "数据流已恢复。"),
        Entry("done.machineExport", "The point is being served.", "该时间点已开始提供。"),
        Entry("done.machineExportEnded", "The export is over.", "导出已结束。"),
        Entry("done.machineVerify", "Everything is being read and checked.", "正在读取并校验全部数据。"),
        Entry("done.machineChange", "Saved.", "已保存。"),
        Entry("done.machineUnprotect", "The protection has ended.", "保护已结束。"),
    ]

    private static let machineJudgements: [Entry] = [
        Entry("judgement.machine.lagOverTarget", "{machine} is further behind than its target.", "{machine} 落后超出目标。"),
        Entry("judgement.machine.stalled", "The stream of {machine} does not move.", "{machine} 的数据流没有进展。"),
        Entry("judgement.machine.secondMissing", "{machine} has one copy instead of two.", "{machine} 只有一个副本，而非两个。"),
        Entry("judgement.machine.journalFull", "The journal of {machine} is full.", "{machine} 的日志已满。"),
        Entry(
            "judgement.machine.faulted", "The disk under the journal of {machine} has failed.", "{machine} 的日志所在磁盘已故障。"),
        Entry(
            "judgement.machine.splitBrain", "Two copies of {machine} hold what the other does not know.",
            "{machine} 的两个副本各有对方没有的数据。"),
        Entry("judgement.machine.damaged", "A copy of {machine} is damaged.", "{machine} 的一个副本已损坏。"),
        Entry(
            "judgement.machine.streamStopped", "Nothing is heard of the source of {machine}.", "未收到 {machine} 源端的任何数据。"),
    ]
}
