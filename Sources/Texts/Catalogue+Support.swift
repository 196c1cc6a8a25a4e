extension Catalogue {
    /// What is in a support bundle.
    static let support: [Entry] = [
        Entry("bundle.versions", "Versions of the programs and of the kernel.", "程序与内核的版本。"),
        Entry("bundle.configuration", "The configuration, without secrets.", "配置，不含机密。"),
        Entry("bundle.status", "The cluster's status.", "集群状态。"),
        Entry("bundle.events", "The latest events.", "最近的事件。"),
        Entry("bundle.failovers", "The latest changes of master.", "最近的主节点切换。"),
        Entry("bundle.membership", "The node's membership.", "本节点的成员信息。"),
        Entry("bundle.epochs", "The epochs that the node has seen.", "本节点见过的纪元。"),
        Entry("bundle.logs", "Output of a daemon of this node, with secrets removed.", "本节点守护进程的输出，机密已移除。"),
        Entry("bundle.kernel", "What the kernel says of load, memory and pressure.", "内核报告的负载、内存与压力。"),
        Entry("bundle.disks", "Disks and file systems.", "磁盘与文件系统。"),
        Entry("bundle.network", "Interfaces, routes and neighbours.", "网口、路由与邻居。"),
        Entry("support.written", "{bytes} written to {file}.", "已将 {bytes} 写入 {file}。"),
        Entry("column.file", "FILE", "文件"),
        Entry("column.bytes", "SIZE", "大小"),
        Entry("column.what", "WHAT", "内容"),
    ]
}
