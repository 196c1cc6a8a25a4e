extension Catalogue {
    /// Protected machines: errors, events, what the command line and the audit trail say.
    static let machines: [Entry] =
        machineErrors + machineReasons + machineEvents + machineActions + machineWords + machineColumns

    private static let machineErrors: [Entry] = [
        Entry("error.unknownMachine", "There is no protected machine '{machine}'.", "没有受保护的机器“{machine}”。"),
        Entry(
            "error.duplicateMachine", "Another protected machine is called '{machine}'.", "已有名为“{machine}”的受保护机器。"),
        Entry(
            "error.tooManyMachines", "A cluster protects {limit} machines at most.", "一个集群最多保护 {limit} 台机器。"),
        Entry(
            "error.noPlaceForMachine",
            "There is no node that could keep it: all are silent, drained, or keep no data.",
            "没有可用于保存数据的节点：节点均无应答、维护中或不保存数据。"),
        Entry(
            "error.volumeShrinks",
            "The volume '{volume}' cannot become smaller: it has {size} bytes, and {value} were asked for.",
            "卷“{volume}”不能变小：现有 {size} 字节，请求为 {value} 字节。"),
        Entry(
            "error.unknownPoint",
            "There is no such point: it was never there, or it is older than what is kept ({reason}).",
            "没有该时间点：它从未存在，或已超出保留期（{reason}）。"),
        Entry("error.unknownExport", "There is no export '{export}' of this machine.", "该机器没有导出“{export}”。"),
        Entry(
            "error.sourceAway", "The source of '{machine}' does not answer; try again when it is back.",
            "“{machine}”的源端没有应答；请在其恢复后重试。"),
        Entry(
            "error.captureSilent", "The capture daemon of {node} does not answer.", "{node} 的捕获服务没有应答。"),
        Entry(
            "error.captureRefused", "The capture daemon of {node} did not do it: {reason}.",
            "{node} 的捕获服务未执行该操作：{reason}。"),
        Entry(
            "error.enrolmentRefused",
            "The enrolment was refused: the token is wrong, expired, or was used by another source.",
            "注册被拒绝：令牌错误、已过期或已被其他源端使用。"),
    ]

    private static let machineReasons: [Entry] = [
        Entry("reason.count", "must list {low} to {high}, not {value}", "必须列出 {low} 到 {high} 个，而不是 {value} 个"),
        Entry("reason.sameNames", "lists two of the same name", "有重名项"),
        Entry(
            "reason.multiple", "must be a multiple of {unit} and more than 0, not {value}",
            "必须是 {unit} 的倍数且大于 0，而不是 {value}"),
        Entry("reason.tooLarge", "must be at most {high}, not {value}", "最大为 {high}，而不是 {value}"),
        Entry("reason.atLeast", "must be at least {low}, not {value}", "最小为 {low}，而不是 {value}"),
        Entry(
            "reason.moment", "must be a time as 2026-11-23T12:25:06.123Z, not '{value}'",
            "必须是形如 2026-11-23T12:25:06.123Z 的时间，而不是“{value}”"),
        Entry("reason.blockSizeFixed", "cannot change: it is {value}", "不能更改：现为 {value}"),
        Entry(
            "reason.noNodeOfMachine", "must be one of the machine's two nodes, not '{value}'",
            "必须是该机器的两个节点之一，而不是“{value}”"),
        Entry("capture.malformed", "it did not understand the question", "它不理解该请求"),
        Entry("capture.unknownMachine", "it does not keep this machine", "它不保存该机器"),
        Entry("capture.staleEpoch", "it was told a newer assignment", "它已收到更新的分配"),
        Entry("capture.busy", "it is busy with the same", "它正在执行相同的操作"),
        Entry("capture.full", "its disk is full", "其磁盘已满"),
        Entry("capture.faulted", "its disk has failed", "其磁盘已故障"),
    ]

    private static let machineEvents: [Entry] = [
        Entry(
            "event.machineProtected", "{who} protected {machine}; it is kept on {receiver} and {second}.",
            "{who} 已保护 {machine}；保存在 {receiver} 和 {second}。"),
        Entry("event.machineUnprotected", "{who} ended the protection of {machine}.", "{who} 已结束对 {machine} 的保护。"),
        Entry("event.machineChanged", "{who} changed {what} of {machine}.", "{who} 修改了 {machine} 的 {what}。"),
        Entry("event.machinePaused", "{who} paused the stream of {machine}.", "{who} 已暂停 {machine} 的数据流。"),
        Entry("event.machineResumed", "{who} resumed the stream of {machine}.", "{who} 已恢复 {machine} 的数据流。"),
        Entry("event.machineEnrolled", "The source of {machine} was enrolled.", "{machine} 的源端已注册。"),
        Entry(
            "event.bookmarkReleased", "{who} released the bookmark “{text}” of {machine}.",
            "{who} 已释放 {machine} 的书签“{text}”。"),
        Entry("event.bookmarked", "{who} made the bookmark “{text}” of {machine}.", "{who} 为 {machine} 创建了书签“{text}”。"),
        Entry(
            "event.pointExported", "{who} opened {machine} as of {time} on {other}.",
            "{who} 在 {other} 上打开了 {machine} 于 {time} 的状态。"),
        Entry(
            "event.exportEnded", "{who} ended the export {export} of {machine}.", "{who} 已结束 {machine} 的导出 {export}。"),
        Entry(
            "event.receiverReplaced",
            "{lost} is lost to {machine}: {receiver} receives its stream now, the second copy is on {second}.",
            "{machine} 失去了 {lost}：现由 {receiver} 接收其数据流，第二副本在 {second}。"),
        Entry(
            "event.secondReplaced",
            "{lost} is lost to {machine}: its second copy is built on {second} now.",
            "{machine} 失去了 {lost}：现在 {second} 上建立第二副本。"),
        Entry(
            "event.secondLost",
            "{lost} is lost to {machine} and no other node can take its place: there is one copy, on {receiver}.",
            "{machine} 失去了 {lost}，且没有其他节点可以替代：仅剩 {receiver} 上的一个副本。"),
        Entry(
            "event.secondFound", "{machine} gets a second copy, on {second}.", "{machine} 将在 {second} 上获得第二副本。"),
        Entry(
            "event.secondLevel", "The second copy of {machine}, on {second}, is complete.",
            "{machine} 在 {second} 上的第二副本已完整。"),
        Entry(
            "event.streamDrained",
            "The stream of {machine} leaves {lost}: {receiver} receives it, the second copy is on {second}.",
            "{machine} 的数据流离开 {lost}：由 {receiver} 接收，第二副本在 {second}。"),
        Entry(
            "event.lagOverTarget", "{machine} is {seconds} s behind; its target is {target} s.",
            "{machine} 已落后 {seconds} 秒；目标为 {target} 秒。"),
        Entry(
            "event.lagOverTargetOver", "{machine} is within its target of {target} s again.",
            "{machine} 已恢复到 {target} 秒的目标之内。"),
        Entry("event.stalled", "The stream of {machine} does not move.", "{machine} 的数据流没有进展。"),
        Entry("event.stalledOver", "The stream of {machine} moves again.", "{machine} 的数据流恢复进展。"),
        Entry("event.secondMissing", "{machine} has one copy instead of two.", "{machine} 只有一个副本，而非两个。"),
        Entry("event.secondMissingOver", "{machine} has two copies again.", "{machine} 已恢复为两个副本。"),
        Entry(
            "event.journalFull",
            "The journal of {machine} takes no more: the disk is full. What was acknowledged is kept.",
            "{machine} 的日志已无法写入：磁盘已满。已确认的数据均已保留。"),
        Entry("event.journalFullOver", "The journal of {machine} takes data again.", "{machine} 的日志恢复写入。"),
        Entry("event.streamFaulted", "The disk under the journal of {machine} has failed.", "{machine} 的日志所在磁盘已故障。"),
        Entry("event.streamFaultedOver", "The journal of {machine} works again.", "{machine} 的日志恢复正常。"),
        Entry("event.streamStopped", "Nothing is heard of the source of {machine}.", "未收到 {machine} 源端的任何数据。"),
        Entry("event.streamStoppedOver", "The source of {machine} is heard again.", "已恢复收到 {machine} 源端的数据。"),
        Entry(
            "event.splitBrain",
            "The two nodes of {machine} hold generations that the other does not know; both are kept, a person must decide.",
            "{machine} 的两个节点各有对方没有的代次；两者均已保留，须由人决定。"),
        Entry("event.splitBrainOver", "The two nodes of {machine} hold the same again.", "{machine} 的两个节点已恢复一致。"),
        Entry(
            "event.copyDamaged", "Something of {machine} is damaged on a disk and could not be repaired.",
            "{machine} 在某个磁盘上的数据已损坏且无法修复。"),
        Entry("event.copyDamagedOver", "All copies of {machine} are sound again.", "{machine} 的所有副本已恢复完好。"),
        Entry("machine.nobody", "no other node", "无其他节点"),
    ]

    private static let machineActions: [Entry] = [
        Entry("auditAction.POST /v1/machines", "Protected a machine", "保护机器"),
        Entry("auditAction.PUT /v1/machines/{id}", "Changed a protected machine", "修改受保护的机器"),
        Entry("auditAction.DELETE /v1/machines/{id}", "Ended the protection of a machine", "结束对机器的保护"),
        Entry("auditAction.POST /v1/machines/{id}/pause", "Paused a machine's stream", "暂停机器的数据流"),
        Entry("auditAction.POST /v1/machines/{id}/resume", "Resumed a machine's stream", "恢复机器的数据流"),
        Entry("auditAction.DELETE /v1/machines/{id}/bookmarks", "Released a bookmark", "释放书签"),
        Entry("auditAction.POST /v1/machines/{id}/bookmarks", "Made a bookmark", "创建书签"),
        Entry("auditAction.POST /v1/machines/{id}/exports", "Opened a point in time", "打开时间点"),
        Entry("auditAction.DELETE /v1/machines/{id}/exports/{name}", "Ended an export", "结束导出"),
        Entry("auditAction.POST /v1/machines/{id}/verifications", "Had a machine's copies checked", "校验机器的副本"),
        Entry("auditAction.POST /v1/machines/{id}/enrolment-token", "Made an enrolment token", "创建注册令牌"),
    ]

    private static let machineWords: [Entry] = [
        Entry("machineState.waiting", "waits for the source", "等待源端"),
        Entry("machineState.copying", "first copy under way", "正在进行首次复制"),
        Entry("machineState.streaming", "streaming", "实时复制中"),
        Entry("machineState.resyncing", "bringing what has changed", "正在同步变更"),
        Entry("machineState.building", "getting the other node's copy", "正在获取另一节点的副本"),
        Entry("machineState.paused", "paused", "已暂停"),
        Entry("machineState.disconnected", "the source is away", "源端已断开"),
        Entry("machineState.full", "the journal is full", "日志已满"),
        Entry("machineState.faulted", "the journal's disk has failed", "日志磁盘故障"),
        Entry("machineState.unknown", "not known", "未知"),
        Entry("alarm.lagOverTarget", "behind its target", "落后于目标"),
        Entry("alarm.stalled", "nothing moves", "没有进展"),
        Entry("alarm.secondMissing", "one copy instead of two", "只有一个副本"),
        Entry("alarm.journalFull", "the journal is full", "日志已满"),
        Entry("alarm.faulted", "the journal's disk has failed", "日志磁盘故障"),
        Entry("alarm.splitBrain", "its two copies differ", "两个副本不一致"),
        Entry("alarm.damaged", "a copy is damaged", "副本已损坏"),
        Entry("alarm.streamStopped", "nothing is heard of the source", "未收到源端数据"),
        Entry("safety.durable", "safe on one node", "一个节点落盘即安全"),
        Entry("safety.replicated", "safe on two nodes", "两个节点落盘才安全"),
        Entry("pointKind.barrier", "point", "时间点"),
        Entry("pointKind.cut", "cut over all volumes", "全卷一致点"),
        Entry("pointKind.bookmark", "bookmark", "书签"),
        Entry("job.verify", "Checking the copies of a machine", "校验机器的副本"),
        Entry("step.verified", "everything was read and checked", "已全部读取并校验"),
        Entry("machines.level", "SAFE WHEN", "安全级别"),
        Entry("machines.target", "TARGET", "目标"),
        Entry("machines.retention", "RETENTION", "保留时长"),
        Entry("machines.keep", "KEPT LONGER", "更久保留"),
        Entry("machines.hold", "HELD", "已锁定"),
        Entry("machines.unsafe", "OLDEST UNSAFE", "最早未安全写入"),
        Entry("machines.oldest", "OLDEST POINT", "最早时间点"),
        Entry("machines.journal", "JOURNAL", "日志"),
        Entry("machines.base", "BASE", "基础镜像"),
        Entry("machines.volume", "VOLUME", "卷"),
        Entry("machines.none", "No machine is protected yet.", "尚无受保护的机器。"),
        Entry("machines.noPoints", "There are no points yet.", "尚无时间点。"),
        Entry("machines.noExports", "Nothing is being served.", "没有正在提供的导出。"),
        Entry(
            "machines.protected", "'{machine}' is protected; its identity is {id}.", "“{machine}”已受保护；其标识为 {id}。"),
        Entry(
            "machines.enrol", "Enrol its source with this token, shown this once: {token}", "请用此令牌注册其源端，仅显示一次：{token}"),
        Entry(
            "machines.enrolBy",
            "The token is good until {time}. The cluster's authority has the fingerprint {fingerprint}.",
            "令牌有效期至 {time}。集群颁发机构的指纹为 {fingerprint}。"),
        Entry("machines.changed", "'{machine}' was changed.", "已修改“{machine}”。"),
        Entry("machines.paused", "The stream of '{machine}' is paused.", "“{machine}”的数据流已暂停。"),
        Entry("machines.resumed", "The stream of '{machine}' goes on.", "“{machine}”的数据流已恢复。"),
        Entry(
            "machines.released", "The bookmark of '{machine}' is kept no more.", "“{machine}”的书签不再保留。"),
        Entry("machines.bookmarked", "The bookmark of '{machine}' is durable.", "“{machine}”的书签已落盘。"),
        Entry(
            "machines.exported", "Served on {node}, as of {time}: nbd+unix:///{export}?socket={socket}",
            "已在 {node} 上提供，时间为 {time}：nbd+unix:///{export}?socket={socket}"),
        Entry("machines.withdrawn", "The export {export} is over.", "导出 {export} 已结束。"),
        Entry(
            "machines.verifying", "Everything of '{machine}' is being read: job {job}.",
            "正在读取“{machine}”的全部数据：任务 {job}。"),
        Entry("machines.sound", "Everything of '{machine}' is as it was written.", "“{machine}”的全部数据完好。"),
        Entry("machines.damaged", "{count} damages were found in '{machine}'.", "在“{machine}”中发现 {count} 处损坏。"),
        Entry("machines.unprotected", "'{machine}' is no longer protected.", "“{machine}”已不再受保护。"),
    ]

    private static let machineColumns: [Entry] = [
        Entry("column.lag", "LAG", "延迟"),
        Entry("column.behind", "BEHIND", "未同步"),
        Entry("column.receiver", "RECEIVER", "接收节点"),
        Entry("column.second", "SECOND", "第二节点"),
        Entry("column.newest", "NEWEST POINT", "最新时间点"),
        Entry("column.alarms", "ALARMS", "告警"),
        Entry("column.generation", "GENERATION", "代次"),
        Entry("column.sequence", "SEQUENCE", "序号"),
        Entry("column.text", "TEXT", "文字"),
        Entry("column.export", "EXPORT", "导出"),
        Entry("column.node", "NODE", "节点"),
        Entry("column.socket", "SOCKET", "套接字"),
        Entry("column.writable", "WRITABLE", "可写"),
    ]
}
